import { MandateError } from "../../../src/core/errors.ts";

/** Something that must hold whatever a hostile model does, did not. */
export class BreachError extends MandateError {
  constructor(what: string) {
    super("BREACH", what, { remedy: "Play the sequence again with its seed and path." });
  }
}

/** @throws {BreachError} it does not hold. */
export function holds(truth: boolean, what: string): void {
  if (!truth) throw new BreachError(what);
}
