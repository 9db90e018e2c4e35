import { Decimal, ONE, ZERO } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";

/** From a position's notional value on, the highest leverage that the venue allows. */
export interface MarginTier {
  /** USD. The first tier's is zero. */
  readonly lower_bound: Decimal;
  readonly max_leverage: number;
}

/** The tiers of a market that has one rule for every size. */
export function flatTiers(maxLeverage: number): readonly MarginTier[] {
  return [{ lower_bound: ZERO, max_leverage: maxLeverage }];
}

/** The highest leverage of a position of this notional value, USD. */
export function maxLeverageAt(notional: Decimal, tiers: readonly MarginTier[]): number {
  return tierAt(notional, rated(tiers)).max_leverage;
}

/** What must back a position when it is opened, USD: notional value over leverage. */
export function initialMargin(notional: Decimal, leverage: number): Decimal {
  return notional.abs().div(leverage);
}

/**
 * Below this much equity a position is liquidated, USD: half the initial margin at the tier's highest leverage,
 * continuous over the tiers (each counts for what lies above its bound).
 */
export function maintenanceMargin(notional: Decimal, tiers: readonly MarginTier[]): Decimal {
  const size = notional.abs();
  const { rate, deduction } = tierAt(size, rated(tiers));
  return size.times(rate).minus(deduction);
}

export interface LiquidationInput {
  /** Signed, in the base coin. */
  readonly size: Decimal;
  /** The price that `equity` is measured at, USD. */
  readonly price: Decimal;
  /**
   * What backs the position at that price, USD, its own unrealised profit included: its isolated margin, or for a
   * cross position the account's value less the maintenance margin of every other one.
   */
  readonly equity: Decimal;
  readonly tiers: readonly MarginTier[];
}

/** The mark price at which equity meets maintenance margin; null where no positive price does that. */
export function liquidationPrice({ size, price, equity, tiers }: LiquidationInput): Decimal | null {
  if (size.isZero()) return null;
  const held = size.abs();
  const ladder = rated(tiers);
  for (const [i, { lower_bound, rate, deduction }] of ladder.entries()) {
    // equity + size·(p − price) = held·p·rate − deduction
    const found = size
      .times(price)
      .minus(equity)
      .minus(deduction)
      .div(size.minus(held.times(rate)));
    const notional = held.times(found);
    const next = ladder[i + 1]?.lower_bound;
    if (notional.gte(lower_bound) && (next === undefined || notional.lt(next))) return found.gt(0) ? found : null;
  }
  return null;
}

interface RatedTier extends MarginTier {
  readonly rate: Decimal;
  readonly deduction: Decimal;
}

function rated(tiers: readonly MarginTier[]): readonly RatedTier[] {
  let deduction = ZERO;
  let before = ZERO;
  return tiers.map((tier) => {
    const rate = ONE.div(2 * tier.max_leverage);
    deduction = deduction.plus(tier.lower_bound.times(rate.minus(before)));
    before = rate;
    return { ...tier, rate, deduction };
  });
}

function tierAt(notional: Decimal, tiers: readonly RatedTier[]): RatedTier {
  const size = new Decimal(notional).abs();
  const found = tiers.findLast(({ lower_bound }) => size.gte(lower_bound));
  if (found === undefined) throw new InvariantError("a market's margin tiers begin at zero");
  return found;
}
