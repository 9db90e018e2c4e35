import type { Clock, Instant } from "../core/clock.ts";
import { type Decimal, max, ZERO } from "../core/decimal.ts";
import type { NearBudgetTerms } from "../mandate/terms.ts";
import { costOfCalls } from "./cost-of-calls.ts";
import type { ModelCall, ModelFailure } from "./model-port.ts";
import type { ToolModel } from "./model-turn.ts";

export interface RoutedModelOptions {
  readonly primary: ToolModel;
  /** Asked in turn when the one before cannot be reached or used. */
  readonly fallbacks?: readonly ToolModel[];
  /** Asked where a question says why a stronger one should be. */
  readonly stronger?: ToolModel;
  readonly nearBudget?: {
    readonly terms: Pick<NearBudgetTerms, "cheaper_below_pct" | "slower_every" | "slower_below_pct" | "hold_below_pct">;
    readonly cheaper?: ToolModel;
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
export function routedModel(options: RoutedModelOptions): ToolModel {
  let asked: Instant | null = null;

  /** The first answer of those that may be asked; undefined: none may, for the reason given. */
  const routed = async <A extends Failing>(
    question: Asked,
    ask: (model: ToolModel, before: readonly ModelCall[]) => Promise<A>,
  ): Promise<A | string> => {
    const left = await options.nearBudget?.left();
    const now = await options.clock.now();
    // A conversation that has begun is one question: its turns are not made to wait for each other.
    const saving = left === undefined ? null : savingBecause(options, left, now, question.goesOn ? null : asked);
    if (saving !== null) return saving;
    asked = now;
    const calls: ModelCall[] = [];
    let last: A | undefined;
    for (const model of route(options, question, left)) {
      const answer = await ask(model, calls);
      calls.push(...answer.calls);
      last = { ...answer, calls };
      if (answer.ok || answer.code === undefined || !PASSED_ON.has(answer.code) || question.signal?.aborted) break;
    }
    return last ?? "no model to ask";
  };

  return {
    model: options.primary.model,
    async ask(question) {
      const answer = await routed({ ...question, goesOn: false }, (model) => model.ask(question));
      return typeof answer === "string" ? { ok: false, code: "MODEL_BUDGET", detail: answer, raw: "", calls: [] } : answer;
    },
    async turn(request) {
      const { most, goesOn = false } = request;
      const answer = await routed({ ...request, goesOn }, (model, before) =>
        model.turn(most === undefined ? request : { ...request, most: max(ZERO, most.minus(costOfCalls(before))) }),
      );
      return typeof answer === "string" ? { ok: false, code: "MODEL_BUDGET", detail: answer, calls: [] } : answer;
    },
  };
}

interface Asked {
  readonly stronger?: string | null;
  readonly signal?: AbortSignal;
  readonly goesOn: boolean;
}

interface Failing {
  readonly ok: boolean;
  readonly code?: ModelFailure;
  readonly calls: readonly ModelCall[];
}

/** Who is asked, in order. */
function route(options: RoutedModelOptions, question: Pick<Asked, "stronger">, left?: Decimal): readonly ToolModel[] {
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
