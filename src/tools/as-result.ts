import { MandateError, messageOf } from "../core/errors.ts";
import { toJson } from "../core/json.ts";
import { GatewayError } from "../gateway/gateway-error.ts";
import { RpcError } from "../protocols/json-rpc.ts";
import { IntentError, type IntentProblem } from "../venues/venue.ts";
import { outsideText } from "./outside-text.ts";
import type { ToolAnswer } from "./tool.ts";
import { ToolError, type ToolErrorCode } from "./tool-error.ts";
import { failed, type ToolResult } from "./tool-result.ts";

const PROBLEMS: Readonly<Partial<Record<IntentProblem, ToolErrorCode>>> = {
  NOT_AN_INTENT: "validation_error",
  UNKNOWN_ASSET: "token_not_allowed",
  UNKNOWN_CHAIN: "chain_not_allowed",
  UNKNOWN_ACCOUNT: "account_not_allowed",
  NO_POOL: "insufficient_liquidity",
  NO_PRICE: "no_price",
  NO_POSITION: "invalid_position",
  NO_VAULT: "unsupported",
  NO_ROUTER: "unsupported",
};

/** The envelope around what a tool's code answers or throws. */
export async function asResult(tool: string, work: () => Promise<ToolAnswer<unknown> | ToolResult>): Promise<ToolResult> {
  let answer: ToolAnswer<unknown> | ToolResult;
  try {
    answer = await work();
  } catch (error) {
    return failureOf(tool, error);
  }
  if ("error" in answer) return answer;
  const { status = "success", data, verdict = null, hints = [], explanation } = answer;
  return { status, tool, data: toJson(data), verdict, error: null, decision_hints: hints, explanation: outsideText(explanation) };
}

function failureOf(tool: string, thrown: unknown): ToolResult {
  if (thrown instanceof ToolError) return failed(tool, thrown.code, thrown.message, { suggestion: thrown.remedy ?? null });
  if (thrown instanceof IntentError) {
    return failed(tool, PROBLEMS[thrown.problem] ?? "compilation_failed", thrown.message, { suggestion: thrown.remedy ?? null });
  }
  if (thrown instanceof RpcError) return failed(tool, "rpc_failed", thrown.message, { suggestion: "Try again." });
  if (thrown instanceof GatewayError) {
    return failed(tool, "gateway_error", `${thrown.code}: ${thrown.message}`, { suggestion: thrown.remedy ?? null });
  }
  const code = thrown instanceof MandateError && thrown.code.startsWith("HYPERLIQUID_") ? "rpc_failed" : "internal_error";
  return failed(tool, code, messageOf(thrown), { suggestion: thrown instanceof MandateError ? (thrown.remedy ?? null) : null });
}
