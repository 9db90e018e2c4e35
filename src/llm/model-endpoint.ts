import { closest, distance } from "fastest-levenshtein";
import type { CatalogueModel } from "./catalogue.ts";
import { ModelConfigError } from "./model-config-error.ts";
import type { ModelApi } from "./model-port.ts";
import { isLocal, keyVariables, PROVIDERS } from "./providers.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a model is asked, in which protocol. */
export interface ModelEndpoint {
  readonly api: ModelApi;
  readonly baseUrl: URL;
}

export interface ModelEndpointParameters {
  readonly provider: string;
  readonly api: ModelApi | undefined;
  readonly base_url: string | undefined;
  /** The model's own entry, when the catalogue has it. */
  readonly known: CatalogueModel | undefined;
  readonly catalogue: readonly CatalogueModel[];
}

/** @throws {ModelConfigError} MODEL_BASE_URL, MODEL_PROVIDER_UNKNOWN */
export function modelEndpoint({ provider, api, base_url, known, catalogue }: ModelEndpointParameters): ModelEndpoint {
  const listed = PROVIDERS[provider];
  const wanted = api ?? listed?.api ?? (known && protocolOf(known));
  if (base_url !== undefined) {
    const url = readBaseUrl(base_url);
    const own = listed?.baseUrl !== undefined && new URL(listed.baseUrl).host === url.host;
    // An endpoint that only resembles a provider speaks chat completions if anything.
    const assumed = own || wanted === "messages" ? (wanted ?? "chat") : "chat";
    return endpoint(api ?? assumed, url);
  }
  if (!listed) throw unknownProvider(provider);
  const fitting = [known, ...catalogue].find(
    (model) => model && protocolOf(model) !== undefined && (!wanted || protocolOf(model) === wanted),
  );
  const chosen = wanted ?? (fitting && protocolOf(fitting)) ?? "chat";
  const address = listed.baseUrl && chosen === listed.api ? listed.baseUrl : (fitting?.baseUrl ?? listed.baseUrl);
  if (address === undefined) throw unknownProvider(provider);
  return endpoint(chosen, readBaseUrl(address));
}

export interface ModelKeyParameters {
  readonly provider: string;
  readonly endpoint: ModelEndpoint;
  readonly env: Environment;
  /** The endpoint itself was read from AGENT_LLM_*. */
  readonly general: boolean;
}

/**
 * The key for an endpoint: the provider's own variable, or AGENT_LLM_API_KEY when AGENT_LLM_BASE_URL is this
 * very endpoint. A local endpoint is never sent a provider's key.
 *
 * @throws {ModelConfigError} MODEL_KEY_MISSING, MODEL_KEY_UNFIT, MODEL_BASE_URL
 */
export function modelKey({ provider, endpoint: { baseUrl }, env, general }: ModelKeyParameters): string {
  const generalUrl = readBaseUrl(filled(env.AGENT_LLM_BASE_URL) ?? DEFAULT_BASE_URL);
  const own = isLocal(baseUrl) || general ? [] : keyVariables(provider);
  const shared = generalUrl.origin === baseUrl.origin ? ["AGENT_LLM_API_KEY"] : [];
  const key = [...own, ...shared].map((name) => filled(env[name])).find((value) => value !== undefined);
  if (key?.startsWith("sk-ant-oat")) {
    throw new ModelConfigError("MODEL_KEY_UNFIT", "this is a subscription's token, not an API key", {
      remedy: "Make an API key at console.anthropic.com, then: export ANTHROPIC_API_KEY=sk-ant-api…",
    });
  }
  if (isLocal(baseUrl)) return key ?? "local";
  const name = own[0] ?? "AGENT_LLM_API_KEY";
  if (key === undefined) {
    throw new ModelConfigError("MODEL_KEY_MISSING", `${name} is not set, and ${provider} answers nobody without a key`, {
      remedy: `export ${name}=…`,
      details: { variable: name },
    });
  }
  if (baseUrl.protocol !== "https:") {
    throw new ModelConfigError("MODEL_BASE_URL", `${baseUrl.host} would be sent a key without encryption`, {
      remedy: `Write base_url: https://${baseUrl.host}${baseUrl.pathname}`,
    });
  }
  return key;
}

export const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** @throws {ModelConfigError} MODEL_BASE_URL */
export function readBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new ModelConfigError("MODEL_BASE_URL", `${JSON.stringify(text)} is no address of a model`, {
      remedy: "Write http(s)://host/path, for example https://api.openai.com/v1, without key or query.",
    });
  }
  return url;
}

export function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

/** The Anthropic SDK adds /v1 itself, OpenAI's does not. */
function endpoint(api: ModelApi, url: URL): ModelEndpoint {
  const path = url.pathname.replace(/\/+$/, "");
  const baseUrl = new URL(url);
  baseUrl.pathname = api === "messages" ? path.replace(/\/v1$/, "") : path;
  return { api, baseUrl };
}

export function protocolOf({ api }: CatalogueModel): ModelApi | undefined {
  if (api === "openai-completions") return "chat";
  if (api === "openai-responses") return "responses";
  return api === "anthropic-messages" ? "messages" : undefined;
}

function unknownProvider(provider: string): ModelConfigError {
  const names = Object.keys(PROVIDERS);
  const near = closest(provider, names);
  const hint = distance(provider, near) <= 3 ? `Did you mean ${near}? ` : "";
  return new ModelConfigError("MODEL_PROVIDER_UNKNOWN", `${JSON.stringify(provider)} is no provider that is known by name`, {
    remedy: `${hint}Known: ${names.join(", ")}. Any other endpoint: write model.base_url.`,
  });
}
