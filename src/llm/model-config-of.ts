import type { ModelPlan } from "../mandate/terms.ts";
import type { ModelConfig } from "./resolve-model.ts";

/** A mandate's `model:` as {@link resolveModel} takes it: that one model, without those that are asked instead of it. */
export function modelConfigOf({ prices, fallbacks: _, near_budget: __, escalate: ___, ...model }: ModelPlan): ModelConfig {
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
