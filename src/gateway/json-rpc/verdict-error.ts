import type { Hash } from "../../core/hex.ts";
import { toJson } from "../../core/json.ts";
import type { Verdict } from "../../mandate/verdict.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/**
 * A refusal as a JSON-RPC client prints it: every reason in the message, the verdict in `data`. Effects are left out,
 * for they are long; the journal has them.
 *
 * @param key - the request's name in the journal; null where nothing was recorded.
 */
export function verdictError(verdict: Exclude<Verdict, { kind: "allow" }>, key: Hash | null): JsonRpcError {
  const { effects: _effects, kind, ...rest } = verdict;
  const reasons = verdict.kind === "deny" ? verdict.violations : verdict.because;
  const said = reasons.map(({ code, message }) => `${code}: ${message}`).join("; ");
  const head = verdict.kind === "deny" ? "denied by mandate" : "needs the operator's approval";
  const data = toJson({ verdict: kind, key, ...rest });
  return new JsonRpcError(RPC_CODE.rejected, "REFUSED", `${head}: ${said}`.slice(0, 4_000), { data });
}
