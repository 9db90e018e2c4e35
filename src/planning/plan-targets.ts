import { BPS, type Decimal, max, min, ONE, ratio, roundDown, roundUp, sum, ZERO } from "../core/decimal.ts";
import { UsageError } from "../core/errors.ts";
import { splitAssetId } from "../protocols/effects.ts";
import { percentOf, usd } from "./figures.ts";
import type { Cap, Clipped, Plan, PlanHolding, PlannedSwap, PlanRules, PlanStep, Skipped, SkipReason } from "./plan.ts";
import { checkTargets, holdingKey, type Targets } from "./targets.ts";

type Priced = PlanHolding & { readonly price_usd: Decimal };

/** A holding whose value is not what the targets say. */
interface Gap {
  readonly holding: Priced;
  readonly value: Decimal;
  readonly target: Decimal;
  /** Target less current value, in USD, signed. */
  readonly usd: Decimal;
}

/**
 * Turns targets into swaps against the numeraire: sells first, the largest deviation first, then buys out of
 * the cash that the sells' floors leave for certain.
 *
 * Sizes are rounded down to lots, floors up, so that neither a sale beyond what is held nor a loss beyond
 * `slippage_bps` can come of rounding. What is left alone or made smaller is said in `skipped` and `clipped`.
 *
 * @throws {TargetsError} for targets that do not hold together.
 */
export function planTargets(targets: Targets, holdings: readonly PlanHolding[], rules: PlanRules): Plan<PlannedSwap> {
  checkTargets(targets, new Set(holdings.map(({ account, asset }) => holdingKey(account, asset))));
  const weights = new Map(targets.map(({ account, asset, weight }) => [holdingKey(account, asset), weight]));
  const cash = holdings.find((holding) => isNumeraire(holding, rules));
  if (!cash) throw new UsageError(`the numeraire ${rules.numeraire.asset} is not among the holdings`);
  const priceless = holdings.filter(({ amount, price_usd }) => price_usd === null && !amount.isZero());
  if (!isPriced(cash) || priceless.length > 0) return cannotPlan(isPriced(cash) ? priceless : [cash]);

  const total = sum(holdings.map(worth));
  const draft = new Draft(cash, total, rules);
  const gaps: Gap[] = [];
  for (const holding of holdings) {
    if (holding === cash) continue;
    const target = total.times(weights.get(holdingKey(holding.account, holding.asset)) ?? ZERO);
    if (isPriced(holding)) gaps.push({ holding, value: worth(holding), target, usd: target.minus(worth(holding)) });
    else if (!target.isZero()) draft.skip({ holding, usd: null }, "no-price", "there is no price to buy at");
  }
  const acting = gaps.filter((gap) => !gap.usd.isZero() && draft.acts(gap));
  const inOrder = acting.toSorted((a, b) => b.usd.abs().cmp(a.usd.abs()) || (a.holding.asset < b.holding.asset ? -1 : 1));
  for (const gap of inOrder) if (gap.usd.isNegative()) draft.sell(gap);
  for (const gap of inOrder) if (gap.usd.isPositive()) draft.buy(gap);
  return draft.finish();
}

/** A plan while it is being made: what is left of cash and caps, and what was said so far. */
class Draft {
  readonly #steps: PlanStep<PlannedSwap>[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #clipped: Clipped[] = [];
  readonly #said: string[] = [];
  readonly #numeraire: Priced;
  readonly #total: Decimal;
  readonly #rules: PlanRules;
  #sold = ZERO;
  #bought = ZERO;
  /** Numeraire that is there for certain after the sells so far, in whole tokens. */
  #cash: Decimal;

  constructor(numeraire: Priced, total: Decimal, rules: PlanRules) {
    this.#numeraire = numeraire;
    this.#total = total;
    this.#rules = rules;
    this.#cash = max(ZERO, numeraire.amount.minus(rules.reserve_usd.div(numeraire.price_usd)));
  }

  /** Whether a gap is to be traded at all; says why not. */
  acts(gap: Gap): boolean {
    const { threshold_points, numeraire } = this.#rules;
    const { holding } = gap;
    if (gap.usd.abs().times(100).lt(threshold_points.times(this.#total))) {
      const points = percentOf(gap.usd.abs(), this.#total).replace(" %", "");
      return this.skip(gap, "below-threshold", `${points} of ${threshold_points.toFixed()} points`);
    }
    if (holding.account !== numeraire.account)
      return this.skip(gap, "other-account", `no ${numeraire.asset} in ${holding.account}`);
    if (holding.trade === "none") return this.skip(gap, "not-tradable", "there is no pool of the book to trade it in");
    if (holding.trade === "exit" && gap.usd.isPositive()) return this.skip(gap, "exit-only", "it may only be sold");
    return true;
  }

  sell(gap: Gap): void {
    const { holding } = gap;
    const wanted = gap.usd.abs();
    const room = tightest(this.#rules.caps.sells, this.#sold, wanted);
    const all = gap.target.isZero() && room.usd.eq(wanted);
    const amount = all ? holding.amount : min(holding.amount, roundDown(room.usd.div(holding.price_usd), holding.decimals));
    const value = amount.times(holding.price_usd);
    const swap = this.#swap(holding, this.#numeraire, amount);
    if (!this.#worthIt(gap, value, swap, room, holding.market && amount.times(holding.market.sell_usd))) return;
    this.#sold = this.#sold.plus(value);
    this.#cash = this.#cash.plus(swap.floor);
    this.#add(gap, swap, value, wanted, room);
  }

  buy(gap: Gap): void {
    const { holding } = gap;
    const { caps } = this.#rules;
    const extra: Cap[] = [{ limit: "cash", left_usd: this.#cash.times(this.#numeraire.price_usd) }];
    if (caps.max_position_usd !== "unlimited") {
      extra.push({
        limit: "max_position_size_usd",
        left_usd: max(ZERO, caps.max_position_usd.minus(gap.value).minus(holding.beside_usd)),
      });
    }
    const room = tightest(caps.buys, this.#bought, gap.usd, extra);
    const amount = min(this.#cash, roundDown(room.usd.div(this.#numeraire.price_usd), this.#numeraire.decimals));
    const value = amount.times(this.#numeraire.price_usd);
    const swap = this.#swap(this.#numeraire, holding, amount);
    const expected = holding.market && value.times(holding.price_usd).div(holding.market.buy_usd);
    if (!this.#worthIt(gap, value, swap, room, expected)) return;
    this.#bought = this.#bought.plus(value);
    this.#cash = this.#cash.minus(amount);
    this.#add(gap, swap, value, gap.usd, room);
  }

  /** Records why a deviation is left; always false. */
  skip(gap: { readonly holding: PlanHolding; readonly usd: Decimal | null }, reason: SkipReason, detail: string): false {
    const { account, asset } = gap.holding;
    this.#skipped.push({ account, asset, reason, detail, deviation: gap.usd && ratio(gap.usd, this.#total) });
    return false;
  }

  finish(): Plan<PlannedSwap> {
    const left = this.#skipped.map(({ asset, detail }) => `${splitAssetId(asset).symbol} ${detail}`);
    const idle = this.#total.isZero() ? "nothing is held" : left.length > 0 ? left.join("; ") : "on target";
    return {
      steps: this.#steps,
      skipped: this.#skipped,
      clipped: this.#clipped,
      value_usd: this.#total,
      cost_usd: sum(this.#steps.map(({ cost_usd }) => cost_usd ?? ZERO)),
      line: this.#said.length > 0 ? this.#said.join("; ") : `Nothing to trade: ${idle}`,
    };
  }

  #swap(sold: Priced, bought: Priced, amount: Decimal): PlannedSwap {
    const keep = ONE.minus(this.#rules.slippage_bps.div(BPS));
    const floor = roundUp(amount.times(sold.price_usd).times(keep).div(bought.price_usd), bought.decimals);
    return { kind: "swap", account: sold.account, sell: sold.asset, buy: bought.asset, amount, floor };
  }

  /** `expected`: what the market would give, in USD at pinned prices. */
  #worthIt(gap: Gap, value: Decimal, swap: PlannedSwap, room: Room, expected: Decimal | null): boolean {
    const { min_trade_usd, slippage_bps } = this.#rules;
    if (value.lt(min_trade_usd) || swap.amount.isZero() || swap.floor.isZero()) {
      if (room.limit === "cash") return this.skip(gap, "no-cash", `${usd(room.usd)} of cash`);
      if (room.limit !== null) return this.skip(gap, "limit", `${usd(room.usd)} of room under ${room.limit}`);
      return this.skip(gap, "below-minimum", `${usd(value)} < ${usd(min_trade_usd)} a trade`);
    }
    if (expected?.lt(value.times(ONE.minus(slippage_bps.div(BPS))))) {
      const away = ratio(value.minus(expected).times(BPS), value).toDecimalPlaces(1).toFixed();
      return this.skip(
        gap,
        "market-away",
        `the market gives ${away} bps less than the pinned price, the floor allows ${slippage_bps.toFixed()}`,
      );
    }
    return true;
  }

  #add(gap: Gap, intent: PlannedSwap, value_usd: Decimal, wanted_usd: Decimal, room: Room): void {
    const { account, asset, fee_bps } = gap.holding;
    const after = gap.usd.isNegative() ? gap.value.minus(value_usd) : gap.value.plus(value_usd);
    const verb = gap.usd.isPositive() ? "Raise" : after.isZero() ? "Close" : "Reduce";
    const clip = room.limit !== null && room.usd.lt(wanted_usd);
    const way = `${percentOf(gap.value, this.#total)} → ${percentOf(after, this.#total)}`;
    const towards = clip ? ` (of ${percentOf(gap.target, this.#total)}: ${room.limit})` : "";
    const reason = `${verb} ${splitAssetId(asset).symbol}: ${way}${towards}`;
    const cost_usd = value_usd.times(fee_bps).div(BPS).plus(this.#rules.gas_usd);
    this.#steps.push({ intent, reason, direction: gap.usd.isPositive() ? "buy" : "sell", cost_usd, value_usd });
    this.#said.push(reason);
    if (clip) this.#clipped.push({ account, asset, reason: room.limit ?? "cash", wanted_usd, planned_usd: value_usd });
  }
}

interface Room {
  readonly usd: Decimal;
  /** The limit that makes it smaller than wanted. */
  readonly limit: string | null;
}

function tightest(caps: readonly Cap[], used: Decimal, wanted: Decimal, more: readonly Cap[] = []): Room {
  let room: Room = { usd: wanted, limit: null };
  for (const { limit, left_usd } of [
    ...caps.map((cap) => ({ ...cap, left_usd: max(ZERO, cap.left_usd.minus(used)) })),
    ...more,
  ]) {
    if (left_usd.lt(room.usd)) room = { usd: left_usd, limit };
  }
  return room;
}

function cannotPlan(priceless: readonly PlanHolding[]): Plan<PlannedSwap> {
  const detail = "without its price the portfolio has no value";
  return {
    steps: [],
    skipped: priceless.map(({ account, asset }) => ({ account, asset, reason: "no-price", detail, deviation: null })),
    clipped: [],
    value_usd: null,
    cost_usd: ZERO,
    line: `Cannot plan: no price for ${priceless.map(({ asset }) => splitAssetId(asset).symbol).join(", ")}`,
  };
}

function isPriced(holding: PlanHolding): holding is Priced {
  return holding.price_usd?.gt(ZERO) ?? false;
}

function worth({ amount, price_usd }: PlanHolding): Decimal {
  return price_usd === null ? ZERO : amount.times(price_usd);
}

function isNumeraire({ account, asset }: PlanHolding, { numeraire }: PlanRules): boolean {
  return account === numeraire.account && asset === numeraire.asset;
}
