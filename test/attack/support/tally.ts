import { type Decimal, ZERO } from "../../../src/core/decimal.ts";

export type Figure = "per_trade" | "per_day" | "in_all";

/** What an attack has come to so far. */
export interface Tally {
  sequences: number;
  tried: number;
  allowed: number;
  readonly allowedOf: Record<string, number>;
  /** Most of a printed figure that was lost, by figure. */
  readonly worst: Record<Figure, Decimal>;
}

export function newTally(): Tally {
  return { sequences: 0, tried: 0, allowed: 0, allowedOf: {}, worst: { per_trade: ZERO, per_day: ZERO, in_all: ZERO } };
}
