import fc from "fast-check";
import { messageOf } from "../../../src/core/errors.ts";

/** Where a sequence is found again. */
export interface Origin {
  readonly seed: number;
  readonly path?: string;
}

/** The smallest sequence that breaks something that must hold. */
export interface Breach {
  readonly origin: Required<Origin>;
  readonly what: string;
  readonly moves: string;
}

export function breachOf<P>(found: fc.RunDetails<[P]>, origin: Required<Origin>): Breach | null {
  if (!found.failed) return null;
  const { counterexample, errorInstance } = found;
  const what = errorInstance instanceof Error && errorInstance.stack ? errorInstance.stack : messageOf(errorInstance);
  return { origin, what, moves: fc.stringify(counterexample) };
}
