import { ModelConfigError } from "./model-config-error.ts";

/**
 * Reads `--model provider/id`. The id may hold slashes ("openrouter/anthropic/claude-sonnet-4.5").
 *
 * @throws {ModelConfigError} MODEL_NAME
 */
export function parseModelFlag(flag: string): { readonly provider: string; readonly id: string } {
  const [, provider, id] = /^([a-z0-9][a-z0-9.-]*)\/(\S+)$/.exec(flag.trim()) ?? [];
  if (provider === undefined || id === undefined) {
    throw new ModelConfigError("MODEL_NAME", `${JSON.stringify(flag)} names no model`, {
      remedy: "Write provider/id, for example --model anthropic/claude-sonnet-4-5.",
    });
  }
  return { provider, id };
}
