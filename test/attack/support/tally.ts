import { type Decimal, ZERO } from "../../../src/core/decimal.ts";

export type Figure = "per_trade" | "per_day" | "in_all";

/** How often something was tried, and how often it was let through. */
export interface Tried {
  tried: number;
  allowed: number;
}

/** What an attack has come to so far. */
export interface Tally {
  sequences: number;
  tried: number;
  allowed: number;
  readonly allowedOf: Record<string, number>;
  /** By kind of move, of fate, of door, and of what an accomplice does. */
  readonly moves: Record<string, Tried>;
  /** Most of a printed figure that was lost, by figure. */
  readonly worst: Record<Figure, Decimal>;
}

export function newTally(): Tally {
  return {
    sequences: 0,
    tried: 0,
    allowed: 0,
    allowedOf: {},
    moves: {},
    worst: { per_trade: ZERO, per_day: ZERO, in_all: ZERO },
  };
}

export function countMove({ moves }: Tally, kind: string, allowed: boolean): void {
  moves[kind] ??= { tried: 0, allowed: 0 };
  moves[kind].tried += 1;
  if (allowed) moves[kind].allowed += 1;
}
