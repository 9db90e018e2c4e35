import { MandateError, type MandateErrorOptions } from "../../core/errors.ts";

export type SandboxErrorCode =
  /** This is no Linux, or a processor that the filter of system calls is not written for. */
  | "SANDBOX_UNSUPPORTED"
  /** A program that the sandbox is made of is not installed. */
  | "SANDBOX_MISSING"
  /** The machine does not let bubblewrap make a sandbox. */
  | "SANDBOX_FORBIDDEN"
  /** The mandate says `shell: off`. */
  | "SHELL_OFF"
  /** A host that may not be fetched from. */
  | "FETCH_HOST"
  /** The workspace cannot be used as one. */
  | "WORKSPACE_UNUSABLE";

/** Nothing is run where this is thrown: there is no shell without its sandbox. */
export class SandboxError extends MandateError {
  declare readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options: MandateErrorOptions = {}) {
    super(code, message, options);
  }
}
