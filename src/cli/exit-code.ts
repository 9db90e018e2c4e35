/** What the process ends with. Scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The command line or the mandate file is wrong. */
  usage: 2,
  /** The mandate's limits refused it; nothing was signed. */
  refused: 3,
  /** The operator must approve it first. */
  needsApproval: 4,
  /** What is on record and what is on chain differ, or cannot be told: look before anything else is done. */
  mustReconcile: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usage,
  MANDATE_FILE: EXIT.usage,
  AX_NOT_CONFIRMED: EXIT.usage,
  PROMPT_FILE: EXIT.usage,
  STRATEGY_FILE: EXIT.usage,
  MODEL_SCRIPT: EXIT.usage,
  REFUSED: EXIT.refused,
  NEEDS_APPROVAL: EXIT.needsApproval,
  TERMS_CHANGED: EXIT.needsApproval,
  KILLED: EXIT.refused,
  STANDING_MOVED: EXIT.mustReconcile,
  PENDING_TRANSACTIONS: EXIT.mustReconcile,
  STOPPED: EXIT.mustReconcile,
  UNRESOLVED: EXIT.mustReconcile,
  UNEXPLAINED_DECREASE: EXIT.mustReconcile,
  NONCE_MISMATCH: EXIT.mustReconcile,
  FOREIGN_TRANSACTION: EXIT.mustReconcile,
  OUT_OF_BOUNDS: EXIT.mustReconcile,
};

/** The exit code for an error's code: 1 unless it is one that says more. */
export function exitCodeFor(code: string): ExitCode {
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? EXIT.failed) : EXIT.failed;
}
