import { MandateError, type MandateErrorOptions } from "../core/errors.ts";

/** What went wrong with a call of a tool, in the words that a model is told. */
export type ToolErrorCode =
  /** The arguments are not of the tool's input schema, or contradict each other. */
  | "validation_error"
  /** There is no tool of that name. */
  | "unknown_tool"
  /** The mandate does not let the agent call it. */
  | "tool_not_allowed"
  | "tool_rate_limit"
  /** The network has no such protocol, or the venue no such operation. */
  | "unsupported"
  /** The mandate's limits refuse it: the violations say why. */
  | "risk_blocked"
  /** The operator has to grant it first. */
  | "approval_required"
  /** The operator said no. */
  | "approval_denied"
  /** No bytes can say what is wanted. */
  | "compilation_failed"
  /** No token of the mandate's book. */
  | "token_not_allowed"
  | "chain_not_allowed"
  | "account_not_allowed"
  | "protocol_not_allowed"
  | "no_price"
  | "invalid_position"
  | "insufficient_liquidity"
  /** Too little is on record to compute it. */
  | "insufficient_history"
  | "simulation_failed"
  /** It was sent and did not come to pass. */
  | "execution_failed"
  /** It was sent, and what came of it cannot be told yet. */
  | "unresolved"
  | "bundle_not_found"
  /** It would now do worse than what was shown. */
  | "bundle_outdated"
  | "rpc_failed"
  | "gateway_error"
  | "state_load_failed"
  | "state_too_large"
  | "aborted"
  | "internal_error";

/** What may be done about it: try again, choose otherwise, or ask a person. */
export type ToolErrorCategory = "retryable" | "non_retryable" | "policy_violation" | "configuration" | "requires_human";

const CATEGORIES: Readonly<Record<ToolErrorCode, ToolErrorCategory>> = {
  validation_error: "non_retryable",
  unknown_tool: "non_retryable",
  tool_not_allowed: "policy_violation",
  tool_rate_limit: "policy_violation",
  unsupported: "configuration",
  risk_blocked: "policy_violation",
  approval_required: "requires_human",
  approval_denied: "requires_human",
  compilation_failed: "non_retryable",
  token_not_allowed: "policy_violation",
  chain_not_allowed: "policy_violation",
  account_not_allowed: "policy_violation",
  protocol_not_allowed: "policy_violation",
  no_price: "retryable",
  invalid_position: "non_retryable",
  insufficient_liquidity: "retryable",
  insufficient_history: "retryable",
  simulation_failed: "retryable",
  execution_failed: "non_retryable",
  unresolved: "requires_human",
  bundle_not_found: "non_retryable",
  bundle_outdated: "retryable",
  rpc_failed: "retryable",
  gateway_error: "retryable",
  state_load_failed: "requires_human",
  state_too_large: "non_retryable",
  aborted: "retryable",
  internal_error: "non_retryable",
};

export function categoryOf(code: ToolErrorCode): ToolErrorCategory {
  return CATEGORIES[code];
}

/** Whether the model itself can go on from it: with other arguments, or later. */
export function recoverable(code: ToolErrorCode): boolean {
  return (
    categoryOf(code) === "retryable" ||
    [
      "validation_error",
      "unknown_tool",
      "compilation_failed",
      "invalid_position",
      "risk_blocked",
      "tool_rate_limit",
      "bundle_not_found",
      "state_too_large",
    ].includes(code)
  );
}

/** A tool's call that ends in an error. Tools throw it; whoever calls a tool gets it as a result. */
export class ToolError extends MandateError {
  declare readonly code: ToolErrorCode;

  constructor(code: ToolErrorCode, message: string, options: MandateErrorOptions = {}) {
    super(code, message, options);
  }
}
