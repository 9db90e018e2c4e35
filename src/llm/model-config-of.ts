import type { ModelTerms } from "../mandate/terms.ts";
import type { ModelConfig } from "./resolve-model.ts";

/** A mandate's `model:` as {@link resolveModel} takes it. */
export function modelConfigOf({ prices, ...model }: ModelTerms): ModelConfig {
  if (!prices) return model;
  const { input, output, cache_read, cache_write } = prices;
  return {
    ...model,
    prices: {
      input: input.toFixed(),
      output: output.toFixed(),
      cache_read: cache_read?.toFixed(),
      cache_write: cache_write?.toFixed(),
    },
  };
}
