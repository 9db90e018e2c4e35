import type { ThinkingLevel } from "@earendil-works/pi-ai";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { ModelBudget } from "./budget.ts";
import { findInCatalogue, loadCatalogue } from "./catalogue.ts";
import { findPrice, type PriceFile, type PriceOverride } from "./find-price.ts";
import { ModelConfigError } from "./model-config-error.ts";
import { DEFAULT_BASE_URL, type Environment, filled, modelEndpoint, modelKey, readBaseUrl } from "./model-endpoint.ts";
import type { ModelApi } from "./model-port.ts";
import type { ToolModel } from "./model-turn.ts";
import { piLiteral } from "./pi-literal.ts";
import { piModel } from "./pi-model.ts";
import type { ModelHooks } from "./pi-rounds.ts";
import { providerAt } from "./providers.ts";
import type { RetryPolicy } from "./retry-delay.ts";
import type { Structured } from "./structured-payload.ts";
import { tryKey } from "./try-key.ts";

/** `model:` of a mandate, or a `--model` flag. */
export interface ModelConfig {
  readonly provider: string;
  readonly id: string;
  readonly api?: ModelApi;
  readonly base_url?: string;
  /** Default 0.3. Not sent where the endpoint refuses it. */
  readonly temperature?: number;
  /** Tokens of an answer. Default 4,096. */
  readonly max_tokens?: number;
  readonly reasoning?: ThinkingLevel;
  /** Milliseconds for one question with its retries. Default 180,000. */
  readonly deadline?: number;
  readonly prices?: PriceOverride;
}

export interface ResolveModelOptions {
  /** Absent: AGENT_LLM_MODEL at AGENT_LLM_BASE_URL, when AGENT_LLM_API_KEY or AGENT_LLM_BASE_URL is set. */
  readonly config?: ModelConfig;
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: Random;
  /** Mandate's own version: the user agent is "mandate/VERSION". */
  readonly version: string;
  readonly budget?: ModelBudget;
  readonly priceFile?: PriceFile;
  readonly structured?: Structured;
  readonly stallMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly think?: number;
  readonly hooks?: ModelHooks;
  /** Try the key at the endpoint before anything starts. Default false. */
  readonly tryKeys?: boolean;
}

/**
 * The port to the model that a mandate names. Asks nobody unless `tryKeys` says so: else a key is only tried by the first question.
 *
 * @throws {ModelConfigError} naming the variable and the line to type
 */
export async function resolveModel(options: ResolveModelOptions): Promise<ToolModel> {
  const { env } = options;
  const config = options.config ?? fromEnvironment(env);
  const { provider, id, api, base_url, temperature = 0.3, max_tokens = 4_096, reasoning, deadline, prices } = config;
  const catalogue = await loadCatalogue(provider);
  const known = findInCatalogue(catalogue, id);
  const endpoint = modelEndpoint({ provider, api, base_url, known, catalogue });
  const apiKey = modelKey({ provider, endpoint, env, general: options.config === undefined });
  if (options.tryKeys) await tryKey({ provider, id, endpoint, apiKey });
  const price = findPrice({
    provider,
    id,
    catalogue,
    ...(prices ? { mandate: prices } : {}),
    ...(options.priceFile ? { file: options.priceFile } : {}),
  });
  return piModel({
    identity: { provider, id, api: endpoint.api, price },
    model: piLiteral({ provider, id, endpoint, reasoning: reasoning !== undefined, maxTokens: max_tokens, known }),
    apiKey,
    clock: options.clock,
    random: options.random,
    userAgent: `mandate/${options.version}`,
    temperature,
    maxTokens: max_tokens,
    ...(options.budget ? { budget: options.budget } : {}),
    ...(options.structured ? { structured: options.structured } : {}),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(options.retry ? { retry: options.retry } : {}),
    ...(options.think === undefined ? {} : { think: options.think }),
    ...(options.hooks ? { hooks: options.hooks } : {}),
  });
}

/** Any compatible endpoint by AGENT_LLM_API_KEY, AGENT_LLM_BASE_URL and AGENT_LLM_MODEL. */
function fromEnvironment(env: Environment): ModelConfig {
  const url = filled(env.AGENT_LLM_BASE_URL);
  if (url === undefined && filled(env.AGENT_LLM_API_KEY) === undefined) {
    throw new ModelConfigError("MODEL_NOT_CHOSEN", "no model is chosen", {
      remedy: "Write model: { provider, id } in the mandate, or: export AGENT_LLM_API_KEY=…",
      details: { variable: "AGENT_LLM_API_KEY" },
    });
  }
  const base_url = url ?? DEFAULT_BASE_URL;
  return {
    provider: providerAt(readBaseUrl(base_url)) ?? "custom",
    id: filled(env.AGENT_LLM_MODEL) ?? "gpt-4o",
    base_url,
    api: "chat",
  };
}
