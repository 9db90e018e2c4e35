import { type Decimal, decimal, ONE, sum, ZERO } from "../core/decimal.ts";
import { MandateError } from "../core/errors.ts";
import type { AccountId, AssetId } from "../protocols/effects.ts";

/** A wish for one holding: its signed share of portfolio value, 1 being the whole. A short is negative. */
export interface Target {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly weight: Decimal;
}

/** What the portfolio should look like. Holdings that are left out should be gone. */
export type Targets = readonly Target[];

export type TargetsProblem = "DOUBLE_KEY" | "NOT_FINITE" | "SHORT" | "PERCENT_SCALE" | "SUM_OUT_OF_RANGE" | "UNKNOWN_ASSET";

/** Targets that nothing should be done about. `details.problem` is a {@link TargetsProblem}. */
export class TargetsError extends MandateError {
  readonly problem: TargetsProblem;

  constructor(problem: TargetsProblem, message: string, remedy: string) {
    super("TARGETS_NOT_VALID", message, { remedy, details: { problem } });
    this.problem = problem;
  }
}

/** What targets may ask for beyond a portfolio that is long and paid in full. */
export interface TargetsMay {
  /** Keys of the holdings whose weight may be negative. */
  readonly shorts: ReadonlySet<string>;
  /** The most that weights may sum to without their signs, cash included: 1 without leverage. */
  readonly most: Decimal;
}

const LEAST_SUM = decimal("0.99");
const TOLERANCE = decimal("0.01");
const LONG_AND_PAID: TargetsMay = { shorts: new Set(), most: ONE };

/**
 * Checks targets: known holdings, each named once, weights that are shares of one and sum, without their signs
 * and with cash, to 0.99 to 1.01 (both ends included; the upper end is `most` and 0.01 where leverage is allowed).
 *
 * @throws {TargetsError}
 */
export function checkTargets(targets: Targets, known: ReadonlySet<string>, may: TargetsMay = LONG_AND_PAID): void {
  const seen = new Set<string>();
  for (const { account, asset, weight } of targets) {
    const key = holdingKey(account, asset);
    if (!known.has(key)) {
      throw new TargetsError(
        "UNKNOWN_ASSET",
        `${asset} in ${account} is no holding of this mandate`,
        "Name holdings of the observation only.",
      );
    }
    if (seen.has(key))
      throw new TargetsError("DOUBLE_KEY", `${asset} in ${account} has two weights`, "Give each holding one weight.");
    seen.add(key);
    if (!weight.isFinite()) {
      throw new TargetsError("NOT_FINITE", `the weight of ${asset} is no number`, 'Write weights as plain decimals: "0.5".');
    }
  }
  const total = sum(targets.map(({ weight }) => weight.abs()));
  const most = may.most.plus(TOLERANCE);
  if (total.gte(LEAST_SUM.times(100)) && total.lte(most.times(100))) {
    throw new TargetsError(
      "PERCENT_SCALE",
      `the weights sum to ${total.toFixed()}: they look like percent`,
      'Weights are shares of one: "0.5" is half.',
    );
  }
  const short = targets.find(({ account, asset, weight }) => weight.lt(ZERO) && !may.shorts.has(holdingKey(account, asset)));
  if (short) {
    throw new TargetsError(
      "SHORT",
      `${short.asset} cannot have a weight of ${short.weight.toFixed()}: it can only be held, not shorted`,
      'The least weight is "0".',
    );
  }
  if (total.lt(LEAST_SUM) || total.gt(most)) {
    throw new TargetsError(
      "SUM_OUT_OF_RANGE",
      `the weights sum to ${total.toFixed()}, not to ${may.most.eq(ONE) ? ONE.toFixed() : `between 1 and ${may.most.toFixed()}`}`,
      `Weights with cash, shorts without their sign, must sum to ${LEAST_SUM.toFixed()} to ${most.toFixed()}.`,
    );
  }
}

/** The one text by which a holding is looked up. */
export function holdingKey(account: AccountId, asset: AssetId): string {
  return `${account} ${asset}`;
}
