import { MandateError, type MandateErrorOptions } from "../../core/errors.ts";

export type CodeErrorCode =
  /** The module cannot be loaded: its syntax, an import of its own, or what runs while it is loaded. */
  | "CODE_NOT_LOADED"
  /** The module exports no function `decide`. */
  | "CODE_NO_DECIDE"
  /** `decide` threw. */
  | "CODE_FAILED"
  /** `decide` did not answer in time. */
  | "CODE_STALLED"
  /** What `decide` returned is no answer, or an intent in it is none of the venue's. */
  | "CODE_ANSWER";

/** A strategy in code that cannot be used. */
export class CodeError extends MandateError {
  declare readonly code: CodeErrorCode;

  constructor(code: CodeErrorCode, message: string, options: MandateErrorOptions = {}) {
    super(code, message, options);
  }
}
