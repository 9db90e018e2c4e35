import { type Decimal, ratio, ZERO } from "../core/decimal.ts";
import type { Limit, ModelPlan, ModelTerms } from "../mandate/terms.ts";
import { memoryModelBudget } from "./budget.ts";
import { modelConfigOf } from "./model-config-of.ts";
import type { ToolModel } from "./model-turn.ts";
import { type ResolveModelOptions, resolveModel } from "./resolve-model.ts";
import { routedModel } from "./routed-model.ts";

export interface ResolveModelsOptions extends Omit<ResolveModelOptions, "config" | "budget"> {
  readonly plan: ModelPlan;
  /** USD that all models together may cost in any 24 hours. */
  readonly limit: Limit;
  /** USD spent within the last day, as the journal has it. */
  readonly spent?: Decimal | undefined;
  /** Every model is asked here instead: the scripted one of a rehearsal. */
  readonly at?: string | undefined;
}

/**
 * All models that a mandate names, as one, with one budget on them. Every key that is missing is said before
 * anything is asked.
 *
 * @throws {ModelConfigError}
 */
export async function resolveModels({ plan, limit, spent, at, ...options }: ResolveModelsOptions): Promise<ToolModel> {
  const { clock } = options;
  const day = limit === "unlimited" ? undefined : limit;
  const earlier = spent === undefined ? [] : [{ at: await clock.now(), usd: spent }];
  const budget = day === undefined ? undefined : memoryModelBudget({ limit: day, clock, spent: earlier });
  const port = (terms: ModelTerms) =>
    resolveModel({
      ...options,
      config: { ...modelConfigOf(terms), ...(at === undefined ? {} : { base_url: at }) },
      ...(budget ? { budget } : {}),
    });
  const primary = await port(plan);
  const { fallbacks = [], near_budget, escalate } = plan;
  if (fallbacks.length === 0 && !near_budget && !escalate) return primary;
  const cheaper = near_budget?.cheaper ? await port(near_budget.cheaper) : undefined;
  return routedModel({
    primary,
    fallbacks: await Promise.all(fallbacks.map(port)),
    clock,
    ...(escalate ? { stronger: await port(escalate.to) } : {}),
    ...(near_budget && budget && day
      ? {
          nearBudget: {
            terms: near_budget,
            ...(cheaper ? { cheaper } : {}),
            left: async () => (day.isZero() ? ZERO : ratio((await budget.left()).times(100), day)),
          },
        }
      : {}),
  });
}
