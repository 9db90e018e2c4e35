import type { Clock, Instant } from "../../core/clock.ts";
import { type Decimal, max, ZERO } from "../../core/decimal.ts";
import { costOfCalls } from "../../llm/cost-of-calls.ts";
import type { ModelCall } from "../../llm/model-port.ts";
import type { LoopTerms } from "../../mandate/terms.ts";

/** Why a cycle of a model with tools ended before the model ended it. */
export type LoopLimit = "LOOP_WALL" | "LOOP_TOOL_CALLS" | "LOOP_TOKENS" | "LOOP_USD";

export interface LoopOver {
  readonly code: LoopLimit;
  readonly detail: string;
}

/** What one cycle has used, held against what it may. */
export class LoopMeter {
  readonly #terms: LoopTerms;
  readonly #clock: Pick<Clock, "now">;
  readonly #began: Instant;
  #turns = 0;
  #calls = 0;
  /** Whether one was wanted beyond those that there are: who ends with the last of them has kept to the limit. */
  #refused = false;
  #tokens = 0;
  #usd = ZERO;

  constructor(terms: LoopTerms, clock: Pick<Clock, "now">, began: Instant) {
    this.#terms = terms;
    this.#clock = clock;
    this.#began = began;
  }

  get turns(): number {
    return this.#turns;
  }

  get toolCalls(): number {
    return this.#calls;
  }

  get tokens(): number {
    return this.#tokens;
  }

  get usd(): Decimal {
    return this.#usd;
  }

  /** USD that are left of the cycle. */
  get left(): Decimal {
    return max(ZERO, this.#terms.usd.minus(this.#usd));
  }

  /** A turn was taken, by these requests. */
  took(calls: readonly ModelCall[]): void {
    this.#turns += 1;
    this.#usd = this.#usd.plus(costOfCalls(calls));
    for (const { usage } of calls) if (usage) this.#tokens += usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
  }

  /** Takes one tool call; false: none is left. */
  call(): boolean {
    if (this.#calls >= this.#terms.tool_calls) {
      this.#refused = true;
      return false;
    }
    this.#calls += 1;
    return true;
  }

  /** What is used up. Null: nothing. */
  async over(): Promise<LoopOver | null> {
    const { wall, tool_calls, tokens, usd } = this.#terms;
    if ((await this.#clock.now()) - this.#began >= wall) {
      return { code: "LOOP_WALL", detail: `the cycle has taken its ${wall / 1_000} seconds` };
    }
    if (this.#refused) return { code: "LOOP_TOOL_CALLS", detail: `the cycle has used its ${tool_calls} tool calls` };
    if (this.#tokens >= tokens) return { code: "LOOP_TOKENS", detail: `the cycle has used its ${tokens} tokens` };
    if (this.#usd.gte(usd)) return { code: "LOOP_USD", detail: `the cycle has spent its $${usd.toFixed()} on the model` };
    return null;
  }
}
