import { failureRemedy } from "./failure-remedy.ts";
import { ModelConfigError } from "./model-config-error.ts";
import type { ModelEndpoint } from "./model-endpoint.ts";
import { keyVariables } from "./providers.ts";
import { watchedFetch } from "./watched-fetch.ts";

export interface TryKeyParameters {
  readonly provider: string;
  readonly id: string;
  readonly endpoint: ModelEndpoint;
  readonly apiKey: string;
}

/** Longer than this, the first question will tell. */
const PATIENCE_MS = 10_000;
/** A key may be good for questions and not for the list of models. */
const NARROW_KEY = /scope|permission/i;

/**
 * Asks an endpoint for its list of models, which costs nothing, so that a key that it refuses, or an address where
 * nobody is, is told before anything starts. Only a clear no counts: not every endpoint has such a list.
 *
 * @throws {ModelConfigError} MODEL_KEY_REFUSED, MODEL_UNREACHABLE
 */
export async function tryKey({ provider, id, endpoint: { api, baseUrl }, apiKey }: TryKeyParameters): Promise<void> {
  const list = new URL(baseUrl);
  list.pathname = `${baseUrl.pathname.replace(/\/+$/, "")}${api === "messages" ? "/v1/models" : "/models"}`;
  const headers =
    api === "messages" ? { "x-api-key": apiKey, "anthropic-version": "2023-06-01" } : { authorization: `Bearer ${apiKey}` };
  const { fetch: ask, wire } = watchedFetch(() => undefined);
  const nobody = await ask(list, { headers, signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    async (response) => {
      await response.body?.cancel();
      return false;
    },
    () => !wire.sent,
  );
  if (nobody) {
    throw new ModelConfigError("MODEL_UNREACHABLE", `nobody answers at ${baseUrl.host} (${wire.failure ?? "no answer"})`, {
      remedy: failureRemedy("MODEL_UNREACHABLE", { provider, id }),
    });
  }
  if (wire.status === 401 && !NARROW_KEY.test(wire.errorBody)) {
    throw new ModelConfigError("MODEL_KEY_REFUSED", `${provider} refuses the key`, {
      remedy: failureRemedy("MODEL_KEY_REFUSED", { provider, id }),
      details: { variable: keyVariables(provider)[0] ?? "AGENT_LLM_API_KEY" },
    });
  }
}
