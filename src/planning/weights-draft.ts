import { BPS, type Decimal, decimal, max, ONE, ratio, sum, ZERO } from "../core/decimal.ts";
import { splitAssetId } from "../protocols/effects.ts";
import { percent, percentOf, usd } from "./figures.ts";
import type { Mode, Trade } from "./mode.ts";
import { moveMoney } from "./move-money.ts";
import type { Cap, Clipped, Plan, PlanHolding, PlanRules, PlanStep, Skipped, SkipReason } from "./plan.ts";
import type { Gap } from "./plan-weights.ts";

/** Less than this is not worth a transfer, and no order could be made of it. */
const LEAST_MOVE_USD = decimal(10);

/** A plan while it is being made: what is left of purses and caps, and what was said so far. */
export class WeightsDraft<L extends PlanHolding, I, P extends string> {
  readonly #steps: PlanStep<I>[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #clipped: Clipped[] = [];
  readonly #said: string[] = [];
  readonly #rules: PlanRules;
  readonly #mode: Mode<L, I, P>;
  readonly #total: Decimal;
  /** USD of each purse that is there for certain after the steps so far. */
  readonly #purses: Map<P, Decimal>;
  readonly #closed = new Set<Gap<L>>();
  #reduced = ZERO;
  #increased = ZERO;

  /** `total`: what the portfolio is worth in USD, at least 0. */
  constructor(rules: PlanRules, mode: Mode<L, I, P>, total: Decimal) {
    this.#total = total;
    this.#rules = rules;
    this.#mode = mode;
    this.#purses = new Map(mode.purses);
  }

  /** Whether a gap is to be traded at all; says why not. */
  acts(gap: Gap<L>): boolean {
    const { threshold_points } = this.#rules;
    const { account, trade } = gap.line;
    const { cash } = this.#mode;
    if (gap.usd.abs().times(100).lt(threshold_points.times(this.#total))) {
      const points = percentOf(gap.usd.abs(), this.#total).replace(" %", "");
      return this.#leave(gap, "below-threshold", `${points} of ${threshold_points.toFixed()} points`);
    }
    if (account !== cash.account) return this.#leave(gap, "other-account", `no ${cash.asset} in ${account}`);
    if (trade === "none") return this.#leave(gap, "not-tradable", "nothing of the mandate's book trades it");
    if (trade === "exit" && gap.reduction.isZero()) return this.#leave(gap, "exit-only", "it may only be reduced");
    return true;
  }

  reduce(gap: Gap<L>): void {
    const { line, reduction } = gap;
    const after = gap.value.abs().minus(reduction);
    const room = tightest(this.#rules.caps.sells, this.#reduced, reduction);
    const whole = after.isZero() && room.usd.eq(reduction);
    const trade = this.#mode.reduce(line, room.usd, whole);
    if (!this.#worthIt(gap, trade, room)) return;
    this.#reduced = this.#reduced.plus(trade.value_usd);
    if (whole) this.#closed.add(gap);
    const left = gap.value.isNegative() ? gap.value.plus(trade.value_usd) : gap.value.minus(trade.value_usd);
    this.#add(gap, trade, "sell", { before: gap.value, after: left, wanted: reduction, room });
  }

  /** What turns round has to be gone first. */
  mayIncrease(gap: Gap<L>): boolean {
    if (gap.line.trade === "exit") return this.#leave(gap, "exit-only", "it may only be reduced");
    if (gap.reduction.isZero() || this.#closed.has(gap)) return true;
    return this.#leave(gap, "not-closed", "it is turned round after it is closed");
  }

  /** Brings money to where the increases need it. */
  moveMoney(increases: readonly Gap<L>[]): void {
    if (this.#purses.size < 2 || increases.length === 0) return;
    const needs = new Map<P, Decimal>();
    let together = max(ZERO, sum(this.#purses.values()));
    let left = this.#capLeft();
    for (const gap of increases) {
      // What the first ones need is theirs: shared out, it would move back and forth while they are traded one by one.
      const cash: Cap = { limit: "cash", left_usd: max(ZERO, this.#mode.affords(gap.line, together)) };
      const { usd: wanted } = tightest([], ZERO, gap.increase, [cash, ...this.#positionCap(gap), ...left]);
      const trade = this.#mode.increase(gap.line, wanted, gap.target.isNegative() ? "short" : "long");
      // For what would not be traded anyway, no money is moved.
      if (trade === null || trade.value_usd.lt(this.#least(trade)) || this.#isAway(trade)) continue;
      left = left.map((cap) => ({ ...cap, left_usd: max(ZERO, cap.left_usd.minus(trade.value_usd)) }));
      together = together.plus(trade.money_usd);
      const purse = this.#mode.purseOf(gap.line);
      needs.set(purse, (needs.get(purse) ?? ZERO).minus(trade.money_usd));
    }
    if (needs.size === 0) return;
    for (const { from, to, usd: moved } of moveMoney(this.#purses, needs, LEAST_MOVE_USD)) {
      const transfer = this.#mode.transfer;
      const { account, asset } = this.#mode.cash;
      if (!transfer) {
        const detail = `${usd(moved)} of ${from} cash would have to move to ${to}, and no key here may do that`;
        this.#skipped.push({ account, asset, reason: "no-transfer", detail, deviation: null });
        continue;
      }
      this.#purses.set(from, (this.#purses.get(from) ?? ZERO).minus(moved));
      this.#purses.set(to, (this.#purses.get(to) ?? ZERO).plus(moved));
      const reason = `Move ${usd(moved)} from ${from} to ${to}`;
      this.#steps.push({ intent: transfer(to, moved), reason, direction: null, cost_usd: ZERO, value_usd: moved });
      this.#said.push(reason);
    }
  }

  increase(gap: Gap<L>): void {
    const { line, increase, target } = gap;
    const purse = this.#purses.get(this.#mode.purseOf(line)) ?? ZERO;
    const cash: Cap = { limit: "cash", left_usd: max(ZERO, this.#mode.affords(line, purse)) };
    const room = tightest(this.#rules.caps.buys, this.#increased, increase, [cash, ...this.#positionCap(gap)]);
    const trade = this.#mode.increase(line, room.usd, target.isNegative() ? "short" : "long");
    if (!this.#worthIt(gap, trade, room)) return;
    this.#increased = this.#increased.plus(trade.value_usd);
    const before = this.#closed.has(gap) ? ZERO : gap.value;
    const after = target.isNegative() ? before.minus(trade.value_usd) : before.plus(trade.value_usd);
    this.#add(gap, trade, "buy", { before, after, wanted: increase, room });
  }

  /** Records why a deviation is left; always false. */
  skip({ account, asset }: PlanHolding, deviation: Decimal | null, reason: SkipReason, detail: string): false {
    this.#skipped.push({ account, asset, reason, detail, deviation });
    return false;
  }

  finish(): Plan<I> {
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

  #leave(gap: Gap<L>, reason: SkipReason, detail: string): false {
    return this.skip(gap.line, share(gap.usd, this.#total), reason, detail);
  }

  #capLeft(): readonly Cap[] {
    return this.#rules.caps.buys.map((cap) => ({ ...cap, left_usd: max(ZERO, cap.left_usd.minus(this.#increased)) }));
  }

  #positionCap(gap: Gap<L>): readonly Cap[] {
    const { max_position_usd } = this.#rules.caps;
    if (max_position_usd === "unlimited") return [];
    const held = this.#closed.has(gap) ? ZERO : gap.value.abs();
    return [{ limit: "max_position_size_usd", left_usd: max(ZERO, max_position_usd.minus(held).minus(gap.line.beside_usd)) }];
  }

  #least(trade: Trade<I> | null): Decimal {
    return trade?.least_usd === null ? ZERO : max(this.#rules.min_trade_usd, trade?.least_usd ?? ZERO);
  }

  /** Whether the market gives less for it than the slippage allows. */
  #isAway({ expected_usd, value_usd }: Trade<I>): boolean {
    const keep = ONE.minus(this.#rules.slippage_bps.div(BPS));
    return expected_usd?.lt(value_usd.times(keep)) ?? false;
  }

  #worthIt(gap: Gap<L>, trade: Trade<I> | null, room: Room): trade is Trade<I> {
    const { slippage_bps } = this.#rules;
    const value = trade?.value_usd ?? room.usd;
    const least = this.#least(trade);
    if (trade === null || value.lt(least)) {
      if (room.limit === "cash") return this.#leave(gap, "no-cash", `${usd(room.usd)} of cash`);
      if (room.limit !== null) return this.#leave(gap, "limit", `${usd(room.usd)} of room under ${room.limit}`);
      const what = trade === null ? `${usd(value)} is less than a lot` : `${usd(value)} < ${usd(least)} a trade`;
      return this.#leave(gap, "below-minimum", what);
    }
    if (trade.expected_usd !== null && this.#isAway(trade)) {
      const away = ratio(value.minus(trade.expected_usd).times(BPS), value).toDecimalPlaces(1).toFixed();
      return this.#leave(
        gap,
        "market-away",
        `the market gives ${away} bps less than the pinned price, the floor allows ${slippage_bps.toFixed()}`,
      );
    }
    return true;
  }

  #add(gap: Gap<L>, trade: Trade<I>, direction: "buy" | "sell", { before, after, wanted, room }: Change): void {
    const { account, asset } = gap.line;
    const purse = this.#mode.purseOf(gap.line);
    this.#purses.set(purse, (this.#purses.get(purse) ?? ZERO).plus(trade.money_usd));
    const clip = room.limit !== null && room.usd.lt(wanted);
    const towards = clip ? ` (of ${percent(share(gap.target, this.#total))}: ${room.limit})` : "";
    const way = `${percent(share(before, this.#total))} → ${percent(share(after, this.#total))}`;
    const reason = `${verb(direction, before, after)} ${splitAssetId(asset).symbol}: ${way}${towards}`;
    this.#steps.push({ intent: trade.intent, reason, direction, cost_usd: trade.cost_usd, value_usd: trade.value_usd });
    this.#said.push(reason);
    if (clip) {
      const [wanted_usd, planned_usd] = [wanted, trade.value_usd];
      this.#clipped.push({ account, asset, reason: room.limit ?? "cash", wanted_usd, planned_usd });
    }
  }
}

/** A holding before and after a step, in USD with its sign; what was wanted of it, and what there was room for. */
interface Change {
  readonly before: Decimal;
  readonly after: Decimal;
  readonly wanted: Decimal;
  readonly room: Room;
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

/** Of nothing, nothing is a share. */
function share(part: Decimal, whole: Decimal): Decimal {
  return whole.isZero() ? ZERO : ratio(part, whole);
}

function verb(direction: "buy" | "sell", before: Decimal, after: Decimal): string {
  if (direction === "sell") return after.isZero() ? "Close" : "Reduce";
  if (after.isNegative()) return before.isZero() ? "Short" : "Raise short";
  return "Raise";
}
