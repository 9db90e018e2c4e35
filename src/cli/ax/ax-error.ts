import { MandateError } from "../../core/errors.ts";

export type AxErrorCode =
  /** The model answered in words, or not at all. */
  | "AX_NO_CALL"
  /** The model wants more than one thing. */
  | "AX_SEVERAL_CALLS"
  | "AX_UNKNOWN_TOOL"
  /** Arguments that are no JSON object, or that hold characters which show as something else. */
  | "AX_BAD_ARGUMENTS"
  /** It moves money, nobody can be asked, and --yes was not given. */
  | "AX_NOT_CONFIRMED";

/** What was asked in words did not become one call of one tool. Nothing was done. */
export class AxError extends MandateError {
  declare readonly code: AxErrorCode;

  constructor(code: AxErrorCode, message: string, remedy: string, cause?: unknown) {
    super(code, message, { remedy, ...(cause === undefined ? {} : { cause }) });
  }
}
