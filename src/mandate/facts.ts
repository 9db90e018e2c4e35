import type { Instant } from "../core/clock.ts";
import { sumIsAbove, sumTimesIsAbove } from "../core/compare-decimals.ts";
import { atLeast0, BPS, type Decimal, minus, negated, plus, times, ZERO } from "../core/decimal.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import {
  type AssetId,
  type DecodedCall,
  type Delta,
  type Effects,
  type Holding,
  type Price,
  type Prices,
  priceIn,
  type UnknownCode,
} from "../protocols/effects.ts";
import { type AssetTerms, assetsOf } from "./asset-terms.ts";
import { computeExchangeFacts, type ExchangeFacts } from "./exchange/exchange-facts.ts";
import { computeExposures, type Exposure, type Move, rises } from "./exposures.ts";
import { removesEnough } from "./least-reduction.ts";
import { simplifies } from "./simplifies.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { Limits, Terms } from "./terms.ts";
import type { AtWorst, Authority } from "./verdict.ts";

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
  readonly moves: readonly Move[];
  /** Outflow less what the bytes guarantee in return; payments to allowed recipients and what is unfloored left out. At least 0. */
  readonly loss_usd: Decimal;
  /** The part of the outflow that is traded, not paid. */
  readonly traded_usd: Decimal;
  readonly exposures: readonly Exposure[];
  /** Assets that are moved, allowed or burnt without a price that nothing can stand in for: a limit in units does where no feed is named, but for gas. */
  readonly unpriced: readonly AssetId[];
  readonly value_usd: Decimal | null;
  readonly standing: Standing;
  /** Null: the request is of a chain. */
  readonly exchange: ExchangeFacts | null;
}

export function priceOf(prices: Prices, asset: AssetId): Price | undefined {
  return priceIn(prices, asset);
}

export function computeFacts(
  terms: Terms,
  effects: Effects,
  known: Prices,
  budgets: Budgets,
  now: Instant,
  { operator = false }: Authority,
): Facts {
  const prices = operator ? withLastAnswers(known) : known;
  const assetOf = assetsOf(terms);
  const moves = movesOf(effects.deltas, prices, assetOf);
  const standing = standingOf(terms, effects, prices, budgets);
  const exchange = effects.exchange ? computeExchangeFacts(terms.limits, effects.exchange, prices, { operator }) : null;

  let outflow = ZERO;
  let floors = ZERO;
  for (const { least_usd } of moves) {
    if (least_usd.isNegative()) outflow = minus(outflow, least_usd);
    else floors = plus(floors, least_usd);
  }
  const given = givenAway(terms, effects, prices);
  const traded = given.isZero() ? outflow : atLeast0(minus(outflow, given));
  const loss = atLeast0(minus(traded, floors));
  let gas = ZERO;
  for (const { asset, most } of effects.gas) gas = plus(gas, worth(prices, asset, most));
  const coming = comingOf(budgets);
  const exposures = computeExposures(moves, effects.before, prices, assetOf, coming);
  const shape = classify(terms, effects, exposures, { loss, gas, outflow }, operator);
  const exitGas = shape === "reduce" && takesExitGas(terms, effects, budgets, gas, operator);
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
    spend_units: shape === "spend" ? unitsSpent(terms, moves, standing) : {},
    value_usd: worthOf(effects, prices, assetOf),
  };
  return {
    terms,
    effects,
    prices,
    budgets,
    now,
    operator,
    atWorst,
    moves,
    loss_usd: loss,
    traded_usd: traded,
    exposures,
    unpriced: unpricedOf(effects, moves, shape === "spend" ? standing : null, prices, assetOf),
    value_usd: atWorst.value_usd,
    standing,
    exchange,
  };
}

function movesOf(deltas: readonly Delta[], prices: Prices, assetOf: (asset: AssetId) => AssetTerms): readonly Move[] {
  return (deltas.every(isSome) ? deltas : deltas.filter(isSome)).map(({ account, asset, least, most }) => {
    const usd = priceIn(prices, asset)?.usd ?? null;
    return { account, asset, least, most, of: assetOf(asset), usd, least_usd: usd === null ? ZERO : times(least, usd) };
  });
}

function isSome({ least, most }: Delta): boolean {
  return !least.isZero() || most === "unbounded" || !most.isZero();
}

type Coming = Pick<Holding, "asset" | "amount">;

const NOTHING_COMES: readonly Coming[] = [];

/** What is under way to the accounts from other chains. */
function comingOf({ coming }: Budgets): readonly Coming[] {
  if (coming === undefined) return NOTHING_COMES;
  return Object.entries(coming).map(([asset, amount]) => ({ asset: asset as AssetId, amount }));
}

/** USD; 0 where there is no price. */
function worth(prices: Prices, asset: AssetId, amount: Decimal): Decimal {
  return times(amount, priceIn(prices, asset)?.usd ?? ZERO);
}

/** What leaves and is no trade: payments to allowed recipients, and what is given without a floor where the mandate allows that. */
function givenAway({ limits }: Terms, { payments, unfloored }: Effects, prices: Prices): Decimal {
  let given = ZERO;
  for (const { to, asset, amount } of payments) {
    if (limits.allowed_recipients.includes(to)) given = plus(given, worth(prices, asset, amount));
  }
  for (const { contract, asset, amount } of unfloored) {
    if (limits.allow_unfloored.includes(contract)) given = plus(given, worth(prices, asset, amount));
  }
  return given;
}

/** Whether a reduction's gas is taken from what is kept for getting home, since the day's pot has no room for it. */
function takesExitGas({ limits }: Terms, { calls }: Effects, budgets: Budgets, gas: Decimal, operator: boolean): boolean {
  const pot = limits.max_gas_usd_per_day;
  if (pot === "unlimited" || !sumIsAbove(budgets.gas_usd, gas, pot)) return false;
  // Neither unwrapping nor taking back what nobody was given gets anybody home.
  return !unwraps(calls) && (operator || !takesBack(calls));
}

function unpricedOf(
  { gas }: Effects,
  moves: readonly Move[],
  standing: Standing | null,
  prices: Prices,
  assetOf: (asset: AssetId) => AssetTerms,
): readonly AssetId[] {
  const unpriced: AssetId[] = [];
  for (const { asset, of, usd } of moves) if (usd === null && !of.needsNoPrice) unpriced.push(asset);
  for (const asset of standing?.assets ?? []) {
    if (!priceIn(prices, asset) && !assetOf(asset).needsNoPrice) unpriced.push(asset);
  }
  for (const { asset, most } of gas) if (!most.isZero() && !priceIn(prices, asset)) unpriced.push(asset);
  return unpriced.length > 1 ? [...new Set(unpriced)] : unpriced;
}

/**
 * Portfolio value before the request: allowed tokens at pinned prices; one that limits in units stand in for is worth
 * nothing. Null when nothing could be read, or when one that is held has a feed and no price.
 */
export function portfolioValue(terms: Terms, effects: Pick<Effects, "before">, prices: Prices): Decimal | null {
  return worthOf(effects, prices, assetsOf(terms));
}

function worthOf({ before }: Pick<Effects, "before">, prices: Prices, assetOf: (asset: AssetId) => AssetTerms): Decimal | null {
  if (before.length === 0) return null;
  let value = ZERO;
  for (const { asset, amount } of before) {
    if (amount.isZero()) continue;
    const of = assetOf(asset);
    if (!of.counts) continue;
    const price = priceIn(prices, asset);
    if (price) value = plus(value, times(amount, price.usd));
    else if (!of.needsNoPrice) return null;
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

/** What a chain's exit passes, since it is bounded all the same. */
export const PASSED_BY_EXITS: ReadonlySet<UnknownCode> = new Set<UnknownCode>(["VAULT_SILENT"]);

function classify(
  { limits }: Terms,
  effects: Effects,
  exposures: readonly Exposure[],
  { loss, gas, outflow }: { loss: Decimal; gas: Decimal; outflow: Decimal },
  operator: boolean,
): AtWorst["class"] {
  if (effects.payments.length > 0 || effects.unfloored.length > 0) return "spend";
  const widened = effects.allowances.some(({ before, after }) => after.gt(before));
  const known = effects.unknown.every(({ code }) => PASSED_BY_EXITS.has(code));
  // A person knows what gas a small position is worth; its pots bind all the same.
  const burnt = operator ? ZERO : gas;
  if (!widened && known && simplifies(effects.calls) && isCheap(limits, loss, burnt, outflow)) return "reduce";
  // What is allowed counts as spent until it is used or revoked.
  if (widened || exposures.some(rises)) return "spend";
  // What is under way to another chain is not safe yet.
  if (!known || dispatches(effects.calls)) return "trade";
  if (outflow.isZero() && effects.allowances.some(({ before, after }) => after.lt(before))) return "reduce";
  if (outflow.isZero() && takesBack(effects.calls)) return "reduce";
  if (unwraps(effects.calls)) return loss.isZero() && isCheap(limits, loss, burnt, outflow) ? "reduce" : "trade";
  let removed: Decimal | null = null;
  for (const { symbol, before, least, usd, least_usd } of exposures) {
    if (!least.isNegative() || least.isZero()) continue;
    // The least size keeps a model from burning the exit pots in crumbs; a person may sell what is left.
    if (!operator && !removesEnough(limits, negated(least), before, usd, limits.max_single_trade[symbol])) return "trade";
    removed = minus(removed ?? ZERO, least_usd);
  }
  return removed !== null && isCheap(limits, loss, burnt, removed) ? "reduce" : "trade";
}

/** Whether getting rid of so much costs no more than the mandate lets it. All in USD. */
function isCheap({ max_exit_cost_bps: most }: Limits, loss: Decimal, gas: Decimal, removed: Decimal): boolean {
  return most === "unlimited" || !sumTimesIsAbove(loss, gas, BPS, removed, most);
}

/** Nothing but withdrawals of wrapped native coin. */
function unwraps(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, function: name }) => kind === "weth9" && name === "withdraw");
}

/** Nothing but ends of what signatures gave others: Permit2 is called for nothing else. */
function takesBack(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, signs }) => kind === "permit2" && signs === undefined);
}

function dispatches(calls: readonly DecodedCall[]): boolean {
  return calls.some(({ kind }) => kind === "hyperlane-warp-route");
}

function leavesVault(calls: readonly DecodedCall[]): boolean {
  return calls.length > 0 && calls.every(({ kind, function: name }) => kind === "erc4626" && name === "withdraw");
}

/** Outflows and new allowances in whole tokens, of the assets that have a limit in their own units. */
function unitsSpent({ limits }: Terms, moves: readonly Move[], standing: Standing): Readonly<Record<string, Decimal>> {
  const spent: Record<string, Decimal> = {};
  for (const { least, of } of moves) {
    if (of.hasUnitLimit && least.isNegative()) spent[of.symbol] = minus(spent[of.symbol] ?? ZERO, least);
  }
  if (standing.assets.length === 0) return spent;
  for (const [symbol, { raised }] of Object.entries(standing.units)) {
    if (!raised.isZero() && Object.hasOwn(limits.max_daily_spend, symbol)) spent[symbol] = plus(spent[symbol] ?? ZERO, raised);
  }
  return spent;
}
