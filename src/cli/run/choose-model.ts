import type { Clock } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import { seededRandom } from "../../core/random.ts";
import type { ToolModel } from "../../llm/model-turn.ts";
import { parseModelFlag } from "../../llm/parse-model-flag.ts";
import { resolveModels } from "../../llm/resolve-models.ts";
import type { Mandate, ModelPlan } from "../../mandate/terms.ts";
import { version } from "../version.ts";

/**
 * The model that `--model provider/id` names, else the mandate's with those that are asked instead of it, with the
 * mandate's budget on it.
 *
 * @param spent - USD spent within the last day, as the journal has it.
 * @throws {ModelConfigError} naming the variable to export, also where the provider refuses its key.
 */
export async function chooseModel(mandate: Mandate, clock: Clock, flag: string | undefined, spent?: Decimal): Promise<ToolModel> {
  const { model } = mandate.brief;
  return resolveModels({
    plan: flag === undefined ? model : flagged(model, flag),
    limit: mandate.terms.limits.max_llm_usd_per_day,
    spent,
    env: process.env,
    clock,
    random: seededRandom(`${await clock.now()} ${process.pid}`),
    version: version(),
    tryKeys: true,
  });
}

/** That one model alone, with the mandate's settings. */
function flagged({ fallbacks: _, near_budget: __, escalate: ___, ...model }: ModelPlan, flag: string): ModelPlan {
  return { ...model, ...parseModelFlag(flag) };
}
