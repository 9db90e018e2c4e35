import type { Clock, Instant } from "../core/clock.ts";
import { type Decimal, ZERO } from "../core/decimal.ts";
import type { NearBudgetTerms } from "../mandate/terms.ts";
import type { Answer, ModelCall, ModelFailure, ModelPort, Question } from "./model-port.ts";

export interface RoutedModelOptions {
  readonly primary: ModelPort;
  /** Asked in turn when the one before cannot be reached or used. */
  readonly fallbacks?: readonly ModelPort[];
  /** Asked where a question says why a stronger one should be. */
  readonly stronger?: ModelPort;
  readonly nearBudget?: {
    readonly terms: Pick<NearBudgetTerms, "cheaper_below_pct" | "slower_every" | "slower_below_pct" | "hold_below_pct">;
    readonly cheaper?: ModelPort;
    /** What is left of the day's budget, in percent. */
    left(): Promise<Decimal>;
  };
  readonly clock: Clock;
}

/** Failures of a model's endpoint or of its price, which another model may not have. */
const PASSED_ON: ReadonlySet<ModelFailure> = new Set<ModelFailure>([
  "MODEL_UNREACHABLE",
  "MODEL_RATE_LIMITED",
  "MODEL_KEY_REFUSED",
  "MODEL_UNKNOWN",
  "MODEL_STALLED",
  "MODEL_DEADLINE",
  "MODEL_ERROR",
  "MODEL_BUDGET",
]);

/**
 * Several models as one: the usual one, a stronger one where a question asks for it, others where one does not
 * answer; and as the day's budget runs out first the cheaper one, then fewer questions, then none. The calls of all of them
 * are the answer's calls.
 */
export function routedModel(options: RoutedModelOptions): ModelPort {
  let asked: Instant | null = null;
  return {
    model: options.primary.model,
    async ask<T>(question: Question<T>): Promise<Answer<T>> {
      const left = await options.nearBudget?.left();
      const now = await options.clock.now();
      const saving = left === undefined ? null : savingBecause(options, left, now, asked);
      if (saving !== null) return { ok: false, code: "MODEL_BUDGET", detail: saving, raw: "", calls: [] };
      asked = now;
      const calls: ModelCall[] = [];
      let last: Answer<T> | undefined;
      for (const model of route(options, question, left)) {
        const answer = await model.ask(question);
        calls.push(...answer.calls);
        last = { ...answer, calls };
        if (answer.ok || !PASSED_ON.has(answer.code) || question.signal?.aborted) break;
      }
      return last ?? { ok: false, code: "MODEL_ERROR", detail: "no model to ask", raw: "", calls };
    },
  };
}

/** Who is asked, in order. */
function route(options: RoutedModelOptions, question: Pick<Question<unknown>, "stronger">, left?: Decimal): readonly ModelPort[] {
  const { primary, fallbacks = [], stronger, nearBudget } = options;
  const cheaper = nearBudget?.cheaper;
  const near = left !== undefined && nearBudget !== undefined && left.lt(nearBudget.terms.cheaper_below_pct);
  if (near && cheaper) return [cheaper, ...fallbacks];
  const strong = !near && stronger && typeof question.stronger === "string" ? [stronger] : [];
  return [...strong, primary, ...fallbacks, ...(cheaper ? [cheaper] : [])];
}

/** Why nothing is asked now; null: something is. */
function savingBecause({ nearBudget }: RoutedModelOptions, left: Decimal, now: Instant, asked: Instant | null): string | null {
  if (!nearBudget) return null;
  const { slower_every, slower_below_pct, hold_below_pct } = nearBudget.terms;
  const rest = `${left.toDecimalPlaces(1).toFixed()} % of the day's model budget is left`;
  if (hold_below_pct.gt(ZERO) && left.lt(hold_below_pct)) return `${rest}: below ${hold_below_pct.toFixed()} % nothing is asked`;
  if (slower_every === null || asked === null || !left.lt(slower_below_pct) || now - asked >= slower_every) return null;
  return `${rest}: below ${slower_below_pct.toFixed()} % the model is asked every ${slower_every / 60_000} minutes at most`;
}
