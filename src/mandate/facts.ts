import type { Instant } from "../core/clock.ts";
import { atLeast0, BPS, type Decimal, isAbove0, plus, sum, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import {
  type AssetId,
  type DecodedCall,
  type Effects,
  type Price,
  type Prices,
  priceIn,
  splitAssetId,
} from "../protocols/effects.ts";
import { isPositionSymbol } from "../protocols/uniswap-v3/position.ts";
import { computeExchangeFacts, type ExchangeFacts } from "./exchange/exchange-facts.ts";
import { leastReduction } from "./least-reduction.ts";
import { pricedAs } from "./priced-as.ts";
import { simplifies } from "./simplifies.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { Terms } from "./terms.ts";
import type { AtWorst, Authority } from "./verdict.ts";

/** How the request moves one underlying, native coin and its wrapped form (one for one) counted as one. */
export interface Exposure {
  readonly underlying: AssetId;
  readonly symbol: string;
  readonly cash: boolean;
  /** Whole tokens held before. */
  readonly before: Decimal;
  /** Signed change in whole tokens: what the bytes allow at worst, and what the simulation saw. */
  readonly least: Decimal;
  readonly most: Decimal | "unbounded";
  /** USD for a whole token; 0 where there is no price. */
  readonly usd: Decimal;
}

/** Everything that the rules read, computed once. */
export interface Facts {
  readonly terms: Terms;
  readonly effects: Effects;
  readonly prices: Prices;
  readonly budgets: Budgets;
  readonly now: Instant;
  /** Whether it is the operator's way home. */
  readonly operator: boolean;
  readonly atWorst: AtWorst;
  /** The most that leaves, at pinned prices, allowed payments included. */
  readonly outflow_usd: Decimal;
  /** The part of the outflow for which the bytes guarantee nothing, in calls that the mandate allows that for. */
  readonly unfloored_usd: Decimal;
  /** Outflow less what the bytes guarantee in return; payments to allowed recipients and what is unfloored left out. At least 0. */
  readonly loss_usd: Decimal;
  /** The part of the outflow that is traded, not paid. */
  readonly traded_usd: Decimal;
  readonly gas_usd: Decimal;
  readonly exposures: readonly Exposure[];
  /** Assets whose holdings the request can change, by id. */
  readonly touched: readonly AssetId[];
  /** Touched assets without a price that nothing can stand in for: a limit in units does where no feed is named. */
  readonly unpriced: readonly AssetId[];
  readonly value_usd: Decimal | null;
  readonly standing: Standing;
  /** Null: the request is of a chain. */
  readonly exchange: ExchangeFacts | null;
}

export function priceOf(prices: Prices, asset: AssetId): Price | undefined {
  return priceIn(prices, asset);
}

/** The asset that a holding is an exposure to: native coin is what it is priced as, shares are what they redeem. */
export function underlyingOf(terms: Terms, asset: AssetId): AssetId {
  const { chain, symbol } = splitAssetId(asset);
  const book = terms.book.chains[chain];
  return book ? `${chain}/${pricedAs(book, symbol)}` : asset;
}

/** An amount of an asset in whole tokens of its underlying. */
function throughTo(underlying: AssetId, prices: Prices, asset: AssetId, amount: Decimal): Decimal {
  const [own, other] = [priceOf(prices, asset), priceOf(prices, underlying)];
  return asset === underlying || !own || !other || other.usd.isZero() ? amount : amount.times(own.usd).div(other.usd);
}

export function computeFacts(
  terms: Terms,
  effects: Effects,
  known: Prices,
  budgets: Budgets,
  now: Instant,
  { operator = false }: Authority = {},
): Facts {
  const prices = operator ? withLastAnswers(known) : known;
  const usd = (asset: AssetId, amount: Decimal) => amount.times(priceOf(prices, asset)?.usd ?? ZERO);
  const moving = effects.deltas.filter(({ least, most }) => !least.isZero() || most === "unbounded" || !most.isZero());
  const touched = [...new Set(moving.map(({ asset }) => asset))];
  const standing = standingOf(terms, effects, prices, budgets);
  const exchange = effects.exchange ? computeExchangeFacts(terms.limits, effects.exchange, prices, { operator }) : null;

  const outflow = sum(moving.filter(({ least }) => least.isNegative()).map(({ asset, least }) => usd(asset, least.negated())));
  const floors = sum(moving.filter(({ least }) => least.isPositive()).map(({ asset, least }) => usd(asset, least)));
  const paid = sum(
    effects.payments
      .filter(({ to }) => terms.limits.allowed_recipients.includes(to))
      .map(({ asset, amount }) => usd(asset, amount)),
  );
  const unfloored = sum(
    effects.unfloored
      .filter(({ contract }) => terms.limits.allow_unfloored.includes(contract))
      .map(({ asset, amount }) => usd(asset, amount)),
  );
  const given = plus(paid, unfloored);
  const traded = given.isZero() ? outflow : atLeast0(outflow.minus(given));
  const loss = atLeast0(traded.minus(floors));
  const gas = sum(effects.gas.map(({ asset, most }) => usd(asset, most)));
  const exposures = computeExposures(terms, effects, prices);
  const shape = classify(terms, effects, exposures, { loss, gas, outflow }, operator);
  const counted = shape === "spend" ? [...new Set([...touched, ...standing.assets])] : touched;
  const unpriced = counted.filter((asset) => !priceOf(prices, asset) && !(hasUnitLimit(terms, asset) && !hasFeed(terms, asset)));
  const roomInGasPot =
    terms.limits.max_gas_usd_per_day === "unlimited" || budgets.gas_usd.plus(gas).lte(terms.limits.max_gas_usd_per_day);
  // Neither unwrapping nor taking back what nobody was given gets anybody home, so it may not use up the gas that is kept for getting home.
  const exitGas = shape === "reduce" && !roomInGasPot && !unwraps(effects.calls) && (operator || !takesBack(effects.calls));
  const atWorst: AtWorst = exchange?.atWorst ?? {
    class: shape,
    spend_usd: shape === "spend" ? plus(outflow, standing.usd.raised) : ZERO,
    loss_usd: shape === "reduce" ? ZERO : loss,
    exit_loss_usd: shape === "reduce" ? loss : ZERO,
    gas_usd: exitGas ? ZERO : gas,
    exit_gas_usd: exitGas ? gas : ZERO,
    buys_usd: shape === "spend" ? outflow : ZERO,
    // Shares leave a vault whole: withdraw says what must come out and not how many of them it may burn.
    sells_usd: shape === "spend" || (shape === "reduce" && leavesVault(effects.calls)) ? ZERO : outflow,
    spend_units: shape === "spend" ? unitsSpent(terms, effects, standing) : {},
    value_usd: portfolioValue(terms, effects, prices),
  };
  return {
    terms,
    effects,
    prices,
    budgets,
    now,
    operator,
    atWorst,
    outflow_usd: outflow,
    unfloored_usd: unfloored,
    loss_usd: loss,
    traded_usd: traded,
    gas_usd: gas,
    exposures,
    touched,
    unpriced,
    value_usd: atWorst.value_usd,
    standing,
    exchange,
  };
}

/** Portfolio value before the request: allowed tokens at pinned prices. Null when nothing could be read, or when one that is held has no price. */
export function portfolioValue(terms: Terms, effects: Pick<Effects, "before">, prices: Prices): Decimal | null {
  if (effects.before.length === 0) return null;
  let value = ZERO;
  for (const { asset, amount } of effects.before) {
    const { symbol } = splitAssetId(asset);
    if (amount.isZero() || !(isPositionSymbol(symbol) || terms.limits.allowed_tokens.includes(symbol))) continue;
    const price = priceOf(prices, asset);
    if (!price) return null;
    value = plus(value, amount.times(price.usd));
  }
  return value;
}

/** A price that is too old or off its peg stands in for itself where nothing else may get somebody home. */
function withLastAnswers(prices: Prices): Prices {
  return Object.fromEntries(
    Object.entries(prices).map(([asset, price]) => {
      if ("usd" in price || price.last_usd === undefined) return [asset, price];
      return [asset, { usd: price.last_usd, error_bps: ZERO, at: 0 }];
    }),
  );
}

function computeExposures(terms: Terms, effects: Effects, prices: Prices): readonly Exposure[] {
  const exposures = new Map<AssetId, Exposure>();
  for (const { asset, least, most } of effects.deltas) {
    const underlying = underlyingOf(terms, asset);
    const { symbol } = splitAssetId(underlying);
    const known = exposures.get(underlying) ?? {
      underlying,
      symbol,
      cash: symbol === terms.numeraire,
      before: sum(
        effects.before
          .filter((held) => underlyingOf(terms, held.asset) === underlying)
          .map((held) => throughTo(underlying, prices, held.asset, held.amount)),
      ),
      least: ZERO,
      most: ZERO,
      usd: priceOf(prices, underlying)?.usd ?? ZERO,
    };
    exposures.set(underlying, {
      ...known,
      least: plus(known.least, throughTo(underlying, prices, asset, least)),
      most:
        known.most === "unbounded" || most === "unbounded"
          ? "unbounded"
          : plus(known.most, throughTo(underlying, prices, asset, most)),
    });
  }
  return [...exposures.values()];
}

/** Whether an exposure can be higher after the request. */
export function rises({ cash, most }: Exposure): boolean {
  return !cash && (most === "unbounded" || isAbove0(most));
}

function classify(
  { limits }: Terms,
  effects: Effects,
  exposures: readonly Exposure[],
  { loss, gas, outflow }: { loss: Decimal; gas: Decimal; outflow: Decimal },
  operator: boolean,
): AtWorst["class"] {
  if (effects.payments.length > 0 || effects.unfloored.length > 0) return "spend";
  const widened = effects.allowances.some(({ before, after }) => after.gt(before));
  // A person knows what gas a small position is worth; its pots bind all the same.
  const cost = operator ? loss : loss.plus(gas);
  const cheap = limits.max_exit_cost_bps === "unlimited" || cost.times(BPS).lte(outflow.times(limits.max_exit_cost_bps));
  if (!widened && effects.unknown.length === 0 && cheap && simplifies(effects.calls)) return "reduce";
  // What is allowed counts as spent until it is used or revoked.
  if (widened || exposures.some(rises)) return "spend";
  if (effects.unknown.length > 0) return "trade";
  if (outflow.isZero() && effects.allowances.some(({ before, after }) => after.lt(before))) return "reduce";
  if (outflow.isZero() && takesBack(effects.calls)) return "reduce";
  if (unwraps(effects.calls)) return loss.isZero() && cheap ? "reduce" : "trade";
  const removed = exposures.filter(({ cash, least }) => !cash && least.isNegative());
  const enough = removed.every(({ before, least, usd }) => {
    const size = least.negated();
    return size.gte(before) || size.times(usd).gte(leastReduction(limits, before.times(usd)));
  });
  // The least size keeps a model from burning the exit pots in crumbs; a person may sell what is left.
  if (removed.length === 0 || !(enough || operator)) return "trade";
  if (limits.max_exit_cost_bps === "unlimited") return "reduce";
  const size = sum(removed.map(({ least, usd }) => least.negated().times(usd)));
  return cost.times(BPS).lte(size.times(limits.max_exit_cost_bps)) ? "reduce" : "trade";
}

/** Nothing but withdrawals of wrapped native coin. */
function unwraps(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, function: name }) => kind === "weth9" && name === "withdraw");
}

/** Nothing but ends of what signatures gave others: Permit2 is called for nothing else. */
function takesBack(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, signs }) => kind === "permit2" && signs === undefined);
}

function leavesVault(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, function: name }) => kind === "erc4626" && name === "withdraw");
}

function hasUnitLimit({ limits }: Terms, asset: AssetId): boolean {
  const { symbol } = splitAssetId(asset);
  return symbol in limits.max_single_trade && symbol in limits.max_daily_spend;
}

/** Whether the mandate names a price for it: while that is missing, nothing else will do. */
function hasFeed(terms: Terms, asset: AssetId): boolean {
  const { chain, symbol } = splitAssetId(underlyingOf(terms, asset));
  return terms.book.chains[chain]?.feeds[symbol] !== undefined;
}

/** Outflows and new allowances in whole tokens, of the assets that have a limit in their own units. */
function unitsSpent(terms: Terms, effects: Effects, standing: Standing): Readonly<Record<string, Decimal>> {
  const spent: Record<string, Decimal> = {};
  for (const { asset, least } of effects.deltas) {
    const { symbol } = splitAssetId(asset);
    if (!least.isNegative() || !(symbol in terms.limits.max_daily_spend)) continue;
    spent[symbol] = (spent[symbol] ?? ZERO).minus(least);
  }
  for (const [symbol, { raised }] of Object.entries(standing.units)) {
    if (raised.isZero() || !(symbol in terms.limits.max_daily_spend)) continue;
    spent[symbol] = (spent[symbol] ?? ZERO).plus(raised);
  }
  return spent;
}
