export interface MandateErrorOptions {
  /** What the reader can do about it: one sentence, or the line to type. */
  readonly remedy?: string;
  /** Facts that a program may want: JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The root of every error that Mandate throws on purpose.
 *
 * `code` is stable and meant for programs; `message` is one short sentence; `remedy` says what to do.
 */
export class MandateError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, { remedy, details, cause }: MandateErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = remedy;
    this.details = details;
  }

  toJSON(): { code: string; message: string; remedy?: string; details?: Readonly<Record<string, unknown>> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** The command or call was used wrongly: exit code 2. */
export class UsageError extends MandateError {
  constructor(message: string, options: MandateErrorOptions = {}) {
    super("USAGE", message, options);
  }
}

/** Something that the code takes for granted does not hold. Seeing one is a bug in Mandate. */
export class InvariantError extends MandateError {
  constructor(message: string, options: MandateErrorOptions = {}) {
    super("INVARIANT", message, { remedy: "This is a bug in Mandate. Please report it with the journal.", ...options });
  }
}

/** The message of anything that was thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
