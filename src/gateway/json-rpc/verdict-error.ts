import type { Hash } from "../../core/hex.ts";
import { toJson } from "../../core/json.ts";
import type { Verdict } from "../../mandate/verdict.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";

/** A refusal, with its effects or without. */
type Refusal<V = Exclude<Verdict, { kind: "allow" }>> = V extends { effects: unknown }
  ? Omit<V, "effects"> & Partial<Pick<V, "effects">>
  : never;

/**
 * A refusal as a JSON-RPC client prints it: every reason in the message, the verdict in `data`. Effects are left out,
 * for they are long; the journal has them.
 *
 * @param key - the request's name in the journal; null where nothing was recorded.
 */
export function verdictError(verdict: Refusal, key: Hash | null): JsonRpcError {
  const { effects: _effects, kind, ...rest } = verdict;
  const reasons = verdict.kind === "deny" ? verdict.violations : verdict.because;
  const said = [
    ...reasons.map(({ code, message }) => `${code}: ${message}`),
    ...(verdict.largest ? [verdict.largest.message] : []),
  ].join("; ");
  const head = verdict.kind === "deny" ? "denied by mandate" : "needs the operator's approval";
  const data = toJson({ verdict: kind, key, ...rest });
  return new JsonRpcError(RPC_CODE.rejected, "REFUSED", `${head}: ${said}`.slice(0, 4_000), { data });
}

/** What is answered where no contract is named that would be called. The request was not read further, nor put on record. */
export function creationDenied(): JsonRpcError {
  const message = "contracts are not created: what code may do that is not there yet cannot be told from the request's bytes";
  return verdictError({ kind: "deny", violations: [{ code: "CREATE_NOT_ALLOWED", message }] }, null);
}
