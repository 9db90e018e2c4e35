import type { ModelFailure, ModelIdentity } from "./model-port.ts";
import { keyVariables } from "./providers.ts";

/** What a person can do about a failure: one sentence, or the line to type. */
export function failureRemedy(code: ModelFailure, { provider, id }: Pick<ModelIdentity, "provider" | "id">): string {
  switch (code) {
    case "MODEL_KEY_REFUSED":
      return `The key is wrong, expired or not allowed to use ${id}: export ${keyVariables(provider)[0] ?? "AGENT_LLM_API_KEY"}=…`;
    case "MODEL_UNKNOWN":
      return `${provider} has no model ${id} for this key. Write another model.id, or --model provider/id.`;
    case "MODEL_UNREACHABLE":
      return "Check the network and model.base_url; a local server must be running.";
    case "MODEL_RATE_LIMITED":
      return `${provider} allows no more calls for now: wait, or raise your limits there.`;
    case "MODEL_BUDGET":
      return "Raise max_llm_usd_per_day, lower max_tokens, or wait: spending leaves the budget after 24 hours.";
    case "MODEL_LENGTH":
      return "Raise model.max_tokens.";
    case "MODEL_STALLED":
    case "MODEL_DEADLINE":
      return "Try again later, raise model.deadline, or choose a faster model.";
    case "MODEL_NOT_VALID":
    case "MODEL_REFUSED":
      return "Read the raw answer in the journal; a larger model may do better.";
    case "MODEL_ERROR":
      return `Read the provider's words and the status page of ${provider}.`;
    case "MODEL_ABORTED":
      return "Nothing is wrong: the call was ended from this side.";
  }
}
