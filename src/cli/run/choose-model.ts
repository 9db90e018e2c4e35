import type { Clock } from "../../core/clock.ts";
import type { Decimal } from "../../core/decimal.ts";
import { seededRandom } from "../../core/random.ts";
import { memoryModelBudget } from "../../llm/budget.ts";
import { modelConfigOf } from "../../llm/model-config-of.ts";
import type { ModelPort } from "../../llm/model-port.ts";
import { parseModelFlag } from "../../llm/parse-model-flag.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { version } from "../version.ts";

/**
 * The model that `--model provider/id` names, else the mandate's, with the mandate's budget on it.
 *
 * @param spent - USD spent within the last day, as the journal has it.
 * @throws {ModelConfigError} naming the variable to export.
 */
export async function chooseModel(mandate: Mandate, clock: Clock, flag: string | undefined, spent?: Decimal): Promise<ModelPort> {
  const { max_llm_usd_per_day: limit } = mandate.terms.limits;
  const now = await clock.now();
  return resolveModel({
    config:
      flag === undefined
        ? modelConfigOf(mandate.brief.model)
        : { ...modelConfigOf(mandate.brief.model), ...parseModelFlag(flag) },
    env: process.env,
    clock,
    random: seededRandom(`${now} ${process.pid}`),
    version: version(),
    ...(limit === "unlimited"
      ? {}
      : { budget: memoryModelBudget({ limit, clock, ...(spent ? { spent: [{ at: now, usd: spent }] } : {}) }) }),
  });
}
