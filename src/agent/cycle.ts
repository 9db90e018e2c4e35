import type { Clock, Instant } from "../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../core/decimal.ts";
import { canonicalJson, toJson } from "../core/json.ts";
import type { Decider, DeciderStep, Decision } from "../deciders/decider.ts";
import type { Gateway, GatewayState, Note, Outcome, WalletId } from "../gateway/contract.ts";
import type { Mandate } from "../mandate/terms.ts";
import { planRules } from "../planning/plan-rules.ts";
import { TargetsError } from "../planning/targets.ts";
import { type Intent, IntentError, type Observation, type Venue } from "../venues/venue.ts";
import { Actor, type Attempt } from "./actor.ts";
import type { AgentEvent, EventBody } from "./events.ts";
import { callLine, type LogLine } from "./log-lines.ts";
import type { PriceHistory } from "./price-history.ts";
import type { Spans } from "./spans.ts";
import { stillWaits } from "./still-waits.ts";
import { pricesOf, type WakeMemory, wakeGate, weightsOf } from "./wake-gate.ts";
import { withDrawdown } from "./with-drawdown.ts";

export interface CycleParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly wallet: WalletId;
  readonly gateway: Gateway;
  readonly venue: Venue<I, S>;
  readonly decider: Decider<I, S>;
  readonly clock: Clock;
  readonly spans: Spans;
  /** What the last decision's cycle left behind. */
  readonly memory: WakeMemory | null;
  /** Prices of earlier cycles, for what a decider is told of their moves. */
  readonly history: PriceHistory;
  /** Grants that were tried already: what was refused then is not asked for in each cycle again. */
  readonly tried?: Set<string>;
  readonly on: (event: AgentEvent<I>) => void;
  /** Verdicts instead of signatures. */
  readonly dryRun: boolean;
  /** Longest wait for one request's outcome, in milliseconds. */
  readonly patience: number;
  readonly signal?: AbortSignal;
  /** Hears of every model call as a line of a log. */
  readonly log?: (line: LogLine) => void;
}

export interface CycleReport<I extends Intent = Intent> {
  readonly cycle: number;
  /** When the venue was first looked at, and what the portfolio was worth then. */
  readonly at: Instant;
  readonly value_usd: Decimal | null;
  /** Null: the wake gate held. */
  readonly decision: Decision<I> | null;
  readonly outcomes: readonly Outcome[];
  /** Actions that were requested, refused ones too. */
  readonly actions: number;
  /** The first plan that was made: its steps, and what they were to cost. Null: none was. */
  readonly planned: { readonly steps: number; readonly cost_usd: Decimal; readonly rebalances: boolean } | null;
  /** The strategy that a decider named. Null: none. */
  readonly strategy: string | null;
  readonly model_calls: number;
  readonly model_cost_usd: Decimal;
  readonly memory: WakeMemory | null;
}

/** Steps of one cycle, whatever the mandate says of actions. */
const MOST_STEPS = 10;

/**
 * One cycle: settle what is open, observe, decide if it is worth it, and do what was decided step by step, each
 * time from what is. Every stage is on the record before it is acted on.
 *
 * @throws {GatewayError} for calls that did not reach a verdict; the next cycle begins with what is then open.
 */
export async function runCycle<I extends Intent, S extends Observation>(
  parameters: CycleParameters<I, S>,
): Promise<CycleReport<I>> {
  const { gateway, wallet, spans } = parameters;
  const looked = await spans.run("settle", () => gateway.settle(wallet));
  const settled = looked.filter(({ kind }) => kind !== "open" && kind !== "unresolved");
  const opened = await spans.run("open", () => gateway.open(wallet));
  const state = await gateway.state(wallet);
  return await new Cycle(parameters, opened, state, settled).run();
}

class Cycle<I extends Intent, S extends Observation> {
  readonly #with: CycleParameters<I, S>;
  readonly #cycle: number;
  readonly #settled: readonly Outcome[];
  readonly #actor: Actor<I, S>;
  readonly #outcomes: Outcome[] = [];
  readonly #refused = new Set<string>();
  #state: GatewayState;
  #sent = false;
  #stillOpen = false;
  #retryAt: Instant | null = null;
  #traded = { buys_usd: ZERO, sells_usd: ZERO };
  #modelCalls = 0;
  #modelCost = ZERO;
  #planned: CycleReport["planned"] = null;
  #strategy: string | null = null;
  #unfinished = false;

  constructor(
    parameters: CycleParameters<I, S>,
    opened: { readonly lease: number; readonly cycle: number },
    state: GatewayState,
    settled: readonly Outcome[],
  ) {
    this.#with = parameters;
    this.#cycle = opened.cycle;
    this.#state = state;
    this.#settled = settled;
    this.#actor = new Actor({ ...parameters, ...opened, emit: (body) => this.#emit(body) });
  }

  async run(): Promise<CycleReport<I>> {
    const { mandate, memory } = this.#with;
    for (const outcome of this.#settled) await this.#emit({ kind: "settled", outcome });
    let seen = await this.#observe();
    const { at, value_usd } = seen;
    this.#with.history.add(seen.at, pricesOf(seen));
    await this.#emit({ kind: "cycle", value_usd: seen.value_usd });
    const open = this.#state.open.filter((outcome) => stillWaits(outcome, seen)).length;
    const granted = this.#granted();
    const gate = wakeGate({ seen, memory, settled: this.#settled.length, open, granted, terms: mandate.brief.wake });
    let decision: Decision<I> | null = null;
    if (gate.wake) {
      seen = await this.#useGrants(granted, seen);
      decision = await this.#decide(seen, gate.reason);
      if (this.#sent || decision.kind === "acted") seen = await this.#observe();
      // What went through the gateway's own endpoint is known by what it left open.
      if (decision.kind === "acted") this.#stillOpen ||= this.#state.open.some((outcome) => stillWaits(outcome, seen));
      seen = await this.#follow(decision, seen);
    } else {
      await this.#note([{ kind: "decided", by: "wake-gate", decision: { kind: "hold", why: gate.reason, code: null } }]);
      await this.#emit({ kind: "hold", why: gate.reason, code: null, called: false, cost_usd: ZERO });
    }
    if (open === 0 && !this.#stillOpen) seen = await this.#revokeLeftovers(seen);
    return {
      cycle: this.#cycle,
      at,
      value_usd,
      decision,
      outcomes: this.#outcomes,
      actions: this.#actor.actions,
      planned: this.#planned,
      strategy: this.#strategy,
      model_calls: this.#modelCalls,
      model_cost_usd: this.#modelCost,
      memory: this.#remember(decision, seen),
    };
  }

  #granted(): readonly string[] {
    return this.#state.permits.filter(({ status }) => status === "granted").map(({ id }) => id);
  }

  /** A grant is for what was asked, at the floor that was shown: the same intents again, not a new plan's. */
  async #useGrants(granted: readonly string[], first: S): Promise<S> {
    const { tried, dryRun } = this.#with;
    let seen = first;
    for (const id of granted) {
      const intent = this.#wishOf(id);
      if (intent === null || dryRun || this.#stillOpen || tried?.has(id)) continue;
      tried?.add(id);
      if (sentSomething(await this.#attempt(intent, seen))) seen = await this.#observe();
    }
    return seen;
  }

  /** What the agent noted when it asked, in this life or in one before. */
  #wishOf(permit: string): I | null {
    const wish = this.#state.permits.find(({ id }) => id === permit)?.wish ?? null;
    try {
      return wish === null ? null : this.#with.venue.readIntent(JSON.parse(wish));
    } catch (error) {
      // An earlier version's words: the plan will ask anew.
      if (error instanceof IntentError || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  async #decide(seen: S, because: string): Promise<Decision<I>> {
    const { decider, spans, signal, history, dryRun } = this.#with;
    const facts = { ...seen.facts, price_changes: history.changes(seen.at), metrics: withDrawdown(seen, this.#state) };
    const told = { ...seen, facts };
    const decision = await spans.run("decide", () =>
      decider.decide(told, {
        act: (intents) => this.#act(intents),
        note: (notes) => this.#note(notes),
        state: this.#state,
        settled: this.#settled,
        because,
        dryRun,
        tell: (step) => this.#tell(step),
        ...(signal ? { signal } : {}),
      }),
    );
    await this.#note([{ kind: "decided", by: "decider", because, decision: toJson(decision) }]);
    if (decision.kind === "hold") {
      await this.#emit({ kind: "hold", why: decision.why, code: decision.code, called: true, cost_usd: this.#modelCost });
    } else await this.#emit({ kind: "decide", decision, because, cost_usd: this.#modelCost });
    return decision;
  }

  /** Does what was decided; what is seen afterwards. */
  async #follow(decision: Decision<I>, first: S): Promise<S> {
    if (decision.kind === "hold" || decision.kind === "acted") return first;
    if (decision.kind === "intents") {
      const plan = this.#with.venue.plan(decision, first, planRules(this.#with.mandate, this.#state, this.#traded));
      this.#planned = { steps: plan.steps.length, cost_usd: plan.cost_usd, rebalances: false };
      await this.#note([{ kind: "planned", plan: toJson(plan) }]);
      await this.#emit({ kind: "plan", plan });
      return await this.#inOrder(decision.intents, first);
    }
    return await this.#towards(decision, first);
  }

  /** Each intent in turn. A refusal changes nothing, so the next is still asked; the rest waits for what stays open. */
  async #inOrder(intents: readonly I[], first: S): Promise<S> {
    let seen = first;
    for (const intent of intents) {
      if (this.#stillOpen || this.#with.signal?.aborted) break;
      const attempt = await this.#attempt(intent, seen);
      if (sentSomething(attempt)) seen = await this.#observe();
    }
    return seen;
  }

  /** Plan, request the first step, look, and plan anew from what is. */
  async #towards(wish: Extract<Decision<I>, { kind: "targets" }>, first: S): Promise<S> {
    const { venue, mandate, spans, signal, dryRun } = this.#with;
    const limit = mandate.terms.limits.max_actions_per_plan;
    let seen = first;
    for (let made = 0; made < MOST_STEPS && !this.#stillOpen && !signal?.aborted; made++) {
      if (limit !== "unlimited" && limit.lte(this.#actor.actions)) break;
      const rules = planRules(mandate, this.#state, this.#traded);
      const from = seen;
      const plan = await spans.run("plan", async () => planOrError(() => venue.plan(wish, from, rules)));
      if (plan instanceof TargetsError) {
        await this.#note([{ kind: "planned", error: toJson(plan) }]);
        await this.#emit({ kind: "hold", why: plan.message, code: plan.code, called: true, cost_usd: this.#modelCost });
        break;
      }
      this.#unfinished = plan.skipped.some(({ reason }) => reason === "stale");
      this.#planned ??= { steps: plan.steps.length, cost_usd: plan.cost_usd, rebalances: true };
      await this.#note([{ kind: "planned", plan: toJson(plan) }]);
      await this.#emit({ kind: "plan", plan });
      const [step] = plan.steps;
      if (!step) break;
      const attempt = await this.#attempt(step.intent, seen);
      if (attempt.kind !== "outcome" || dryRun || !sentSomething(attempt)) break;
      seen = await this.#observe();
      if (attempt.outcome.kind !== "confirmed") break;
      const value = step.value_usd ?? ZERO;
      if (step.direction === "buy") this.#traded = { ...this.#traded, buys_usd: this.#traded.buys_usd.plus(value) };
      if (step.direction === "sell") this.#traded = { ...this.#traded, sells_usd: this.#traded.sells_usd.plus(value) };
    }
    return seen;
  }

  async #act(intents: readonly I[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const intent of intents) {
      if (this.#stillOpen) break;
      const attempt = await this.#attempt(intent, await this.#observe());
      if (attempt.kind === "unsayable") throw attempt.error;
      if (attempt.kind === "outcome") outcomes.push(attempt.outcome);
    }
    return outcomes;
  }

  async #attempt(intent: I, seen: S): Promise<Attempt> {
    const attempt = await this.#actor.attempt(intent, seen);
    if (attempt.kind === "unsayable") this.#refused.add(attempt.error.problem);
    if (attempt.kind !== "outcome") return attempt;
    const { outcome } = attempt;
    this.#outcomes.push(outcome);
    if (outcome.kind === "refused") {
      const { verdict } = outcome;
      if (verdict.kind === "ask" && verdict.permit) await this.#noteWish(verdict.permit.id, intent);
      const reasons = verdict.kind === "deny" ? verdict.violations : verdict.because;
      for (const { code, until } of reasons) {
        this.#refused.add(code);
        if (until !== undefined) this.#retryAt = Math.min(until, this.#retryAt ?? until);
      }
      return attempt;
    }
    this.#sent = true;
    this.#stillOpen ||= attempt.waits;
    return attempt;
  }

  /** On the record, so that an agent that is started anew knows its own question. */
  async #noteWish(permit: string, intent: I): Promise<void> {
    await this.#note([{ kind: "permit-wish", permit, wish: canonicalJson(intent) }]);
  }

  /** A live allowance is money at risk: none outlasts the cycle. */
  async #revokeLeftovers(seen: S): Promise<S> {
    if (this.#with.dryRun) return seen;
    let after = seen;
    for (const intent of this.#with.venue.revokes(seen)) {
      const attempt = await this.#actor.attempt(intent, after);
      if (attempt.kind === "outcome") this.#outcomes.push(attempt.outcome);
      if (!sentSomething(attempt)) break;
      after = await this.#observe();
      if (attempt.kind === "outcome" && attempt.outcome.kind !== "confirmed") break;
    }
    return after;
  }

  async #observe(): Promise<S> {
    const { venue, gateway, wallet, spans } = this.#with;
    const seen = await spans.run("observe", () => venue.observe());
    const { facts: _, ...rest } = seen;
    await this.#note([{ kind: "observed", seen: toJson(venue.recorded?.(seen) ?? rest) }]);
    this.#state = await gateway.state(wallet);
    return seen;
  }

  async #note(notes: readonly Note[]): Promise<void> {
    for (const note of notes) {
      if (note.kind === "model-answer" && typeof note.selected_strategy === "string") this.#strategy = note.selected_strategy;
      if (note.kind !== "model-call") continue;
      this.#with.log?.(callLine(note, this.#cycle));
      this.#modelCalls += 1;
      if (typeof note.cost_usd === "string") this.#modelCost = this.#modelCost.plus(decimal(note.cost_usd));
    }
    await this.#with.gateway.note(this.#with.wallet, notes);
  }

  /** While a decider works nobody waits for those who watch: the time is that of the cycle's last look. */
  #tell(step: DeciderStep): void {
    this.#with.on({ at: this.#state.now, cycle: this.#cycle, kind: "step", step } as AgentEvent<I>);
  }

  async #emit(body: EventBody<I>): Promise<void> {
    this.#with.on({ at: await this.#with.clock.now(), cycle: this.#cycle, ...body } as AgentEvent<I>);
  }

  /** A decision that failed leaves the memory as it was, so that its reason to ask stands. */
  #remember(decision: Decision<I> | null, seen: S): WakeMemory | null {
    const { memory } = this.#with;
    if (decision === null || ("code" in decision && decision.code !== null)) return memory;
    return {
      at: seen.at,
      weights: weightsOf(seen),
      prices: pricesOf(seen),
      sent: this.#sent,
      ...(this.#unfinished ? { unfinished: true } : {}),
      refused: [...this.#refused].sort(),
      toldRefused: memory?.refused ?? [],
      toldGranted: this.#granted(),
      retryAt: this.#retryAt,
    };
  }
}

function sentSomething(attempt: Attempt): attempt is Extract<Attempt, { kind: "outcome" }> {
  return attempt.kind === "outcome" && attempt.outcome.kind !== "refused";
}

function planOrError<P>(plan: () => P): P | TargetsError {
  try {
    return plan();
  } catch (error) {
    if (error instanceof TargetsError) return error;
    throw error;
  }
}
