import type { Api, Model } from "@earendil-works/pi-ai";
import type { CatalogueModel } from "./catalogue.ts";
import { type ModelEndpoint, protocolOf } from "./model-endpoint.ts";
import type { ModelApi } from "./model-port.ts";

const PI_API = {
  chat: "openai-completions",
  responses: "openai-responses",
  messages: "anthropic-messages",
} as const satisfies Record<ModelApi, string>;

/** Counted in pi-ai's own floats, which nothing reads: prices are ours. */
const NO_COST = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export interface PiLiteralParameters {
  readonly provider: string;
  readonly id: string;
  readonly endpoint: ModelEndpoint;
  readonly reasoning: boolean;
  readonly maxTokens: number;
  readonly known: CatalogueModel | undefined;
}

/** The model as pi-ai wants it described: the catalogue's entry where it fits, else what every endpoint understands. */
export function piLiteral({ provider, id, endpoint, reasoning, maxTokens, known }: PiLiteralParameters): Model<Api> {
  const { api, baseUrl } = endpoint;
  const common = {
    id,
    name: id,
    provider,
    api: PI_API[api],
    baseUrl: baseUrl.href.replace(/\/$/, ""),
    input: ["text" as const],
    cost: NO_COST,
    reasoning: known?.reasoning ?? reasoning,
    // No cut of our own by a context window: the provider says when a prompt is too long.
    contextWindow: 0,
    maxTokens: known?.maxTokens ?? maxTokens,
  };
  if (known && protocolOf(known) === api) {
    return {
      ...common,
      ...(known.thinkingLevelMap ? { thinkingLevelMap: known.thinkingLevelMap } : {}),
      ...(known.compat ? { compat: withoutFallbacks(known.compat) } : {}),
    };
  }
  const plain = api === "chat" && baseUrl.host !== "api.openai.com";
  if (!plain) return common;
  return { ...common, compat: { supportsStore: false, supportsDeveloperRole: false, maxTokensField: "max_tokens" } };
}

/** With fallbacks listed, a provider may let another model answer in the place of one that refuses. */
function withoutFallbacks<T extends object>(compat: T): Omit<T, "allowedFallbackModels"> {
  const { allowedFallbackModels: _, ...rest } = compat as T & { readonly allowedFallbackModels?: unknown };
  return rest;
}
