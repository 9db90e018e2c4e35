import { toJson } from "../core/json.ts";
import type { Note } from "../gateway/contract.ts";
import type { ModelCall } from "../llm/model-port.ts";

/** One request to a model, as it goes on record. */
export function callNote({ provider, model, api, attempt, retry, usage, cost_usd, cost_basis, stop }: ModelCall): Note {
  return {
    kind: "model-call",
    provider,
    model,
    api,
    attempt,
    retry,
    usage: toJson(usage),
    cost_usd: cost_usd.toFixed(),
    cost_basis,
    stop,
  };
}
