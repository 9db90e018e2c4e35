import type { Api, AssistantMessage, AssistantMessageEvent, Message, Model, ThinkingLevel } from "@earendil-works/pi-ai";
import { type Clock, MINUTE } from "../core/clock.ts";
import { type Decimal, max, ZERO } from "../core/decimal.ts";
import type { Random } from "../core/random.ts";
import { type Adaptations, inManner, type Manner } from "./adaptations.ts";
import { type ModelBudget, ModelBudgetError, type ModelReservation } from "./budget.ts";
import { classifyReply, type Reply } from "./classify-reply.ts";
import { costOfCalls } from "./cost-of-calls.ts";
import type { ModelCall, ModelIdentity, ModelUsage, RecordReservation } from "./model-port.ts";
import { costOf, tokenCeiling, worstCost } from "./model-price.ts";
import type { ToolOffer } from "./model-turn.ts";
import { oneLine } from "./one-line.ts";
import { type AttemptResult, attempt, DEADLINE } from "./pi-attempt.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryDelay } from "./retry-delay.ts";
import type { Structured } from "./structured-payload.ts";

export interface PiModelOptions {
  readonly identity: ModelIdentity;
  readonly model: Model<Api>;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Without one, calls are counted and not limited. */
  readonly budget?: ModelBudget;
  /** Sent as `user-agent`: "mandate/0.1.0". */
  readonly userAgent: string;
  readonly structured?: Structured;
  /** Undefined: not sent. */
  readonly temperature?: number;
  /** Tokens of an answer. */
  readonly maxTokens: number;
  readonly reasoning?: ThinkingLevel;
  /** The longest silence on the wire, in milliseconds of this machine. Default 60,000. */
  readonly stallMs?: number;
  /** For a whole question with its retries and repair, in milliseconds. Default 180,000. */
  readonly deadlineMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** How long the model is taken to think, on the injected clock, in milliseconds. For rehearsals. Default 0. */
  readonly think?: number;
  readonly hooks?: ModelHooks;
}

/** For logs and spans: take the machine's time between the two. Must not throw. */
export interface ModelHooks {
  readonly started?: (call: Pick<ModelCall, "attempt" | "retry">) => void;
  readonly finished?: (call: ModelCall) => void;
}

type Payload = Readonly<Record<string, unknown>>;

/** One attempt's result: an answer with the message that it came in, or which failure. */
export type Round = Reply & { readonly message?: AssistantMessage };

/** What one attempt says, whichever manner the endpoint turns out to want. */
export interface RoundRequest {
  readonly kind: ModelCall["attempt"];
  readonly system: (manner: Manner) => string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolOffer[];
  readonly reserve?: RecordReservation | undefined;
  /** Last change to the request body before its worst cost is reserved. */
  readonly shape: (payload: Payload, manner: Manner) => Payload;
  /** Hears the answer's events while they come; `begin` tells that another try begins. */
  readonly heard?: { begin(): void; event(event: AssistantMessageEvent): void };
}

interface Requested {
  readonly reply: Reply;
  readonly result: AttemptResult;
}

/** How long it may take: until a signal fires, and no wait beyond `until` on the injected clock. */
export interface Within {
  readonly signal: AbortSignal;
  readonly until: number;
}

/** The requests that one question or one turn takes: each reserved at its worst before it is made, and settled at its cost. */
export class PiRounds {
  readonly #options: PiModelOptions;
  readonly #adaptations: Adaptations;
  readonly #calls: ModelCall[] = [];
  readonly #retry: RetryPolicy;
  readonly #deadlineMs: number;
  readonly #most: Decimal | undefined;

  /** @param most - USD that all its requests together may cost at worst. Undefined: the day's budget alone limits them. */
  constructor(options: PiModelOptions, adaptations: Adaptations, most?: Decimal) {
    this.#options = options;
    this.#adaptations = adaptations;
    this.#retry = { ...DEFAULT_RETRY, ...options.retry };
    this.#deadlineMs = options.deadlineMs ?? 3 * MINUTE;
    this.#most = most;
  }

  /** All requests made so far, in order. */
  get calls(): readonly ModelCall[] {
    return this.#calls;
  }

  /** Runs `work` under the deadline of a whole question, and lets the time pass that the model is taken to think. */
  async within<T>(signal: AbortSignal | undefined, work: (within: Within) => Promise<T>): Promise<T> {
    const { clock, think = 0 } = this.#options;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(DEADLINE), this.#deadlineMs);
    try {
      const until = (await clock.now()) + this.#deadlineMs;
      const both = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
      const answer = await work({ signal: both, until });
      if (think > 0 && this.#calls.length > 0) await clock.sleep((await clock.now()) + think, signal);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One attempt: a request, and again after failures that pass. */
  async round(request: RoundRequest, { signal, until }: Within): Promise<Round> {
    const { clock, random } = this.#options;
    for (let retry = 0, tries = 0; ; tries++) {
      const { manner } = this.#adaptations;
      const { reply, result } = await this.#request(request, tries, manner, signal);
      if (reply.ok) return { ...reply, text: this.withoutKey(reply.text), message: result.message };
      // Tools are no shape: an endpoint that refuses them has said nothing about typed answers.
      if (this.#adaptations.learn(result.wire, request.tools ? { ...manner, structured: "none" } : manner)) continue;
      const delay = reply.again ? retryDelay(this.#retry, retry++, result.wire.retryAfterMs, random) : undefined;
      if (delay === undefined) return reply.code === "MODEL_LENGTH" ? { ...reply, message: result.message } : reply;
      const resume = (await clock.now()) + delay;
      if (resume >= until) return reply;
      await clock.sleep(resume, signal);
    }
  }

  async #request(request: RoundRequest, retry: number, manner: Manner, signal: AbortSignal): Promise<Requested> {
    const { identity, model, apiKey, userAgent, temperature, maxTokens, reasoning, stallMs = MINUTE, budget } = this.#options;
    const { kind, heard, tools } = request;
    let worst = ZERO;
    let prepared = false;
    let reservation: ModelReservation | undefined;
    let recorded: string | undefined;

    const prepare = async (payload: Payload) => {
      const shaped = request.shape(inManner(payload, manner), manner);
      worst = worstCost(
        identity.price,
        tokenCeiling(JSON.stringify(shaped)),
        tokenLimit(shaped) ?? Math.max(maxTokens, model.maxTokens),
      );
      this.#holdTo(worst);
      reservation = await budget?.reserve(worst);
      try {
        recorded = await request.reserve?.(worst);
      } catch (error) {
        await reservation?.settle(ZERO);
        throw error;
      }
      prepared = true;
      this.#options.hooks?.started?.({ attempt: kind, retry });
      return shaped;
    };
    heard?.begin();
    const result = await attempt({
      api: identity.api,
      model,
      apiKey,
      userAgent,
      system: request.system(manner),
      messages: request.messages,
      ...(tools ? { tools } : {}),
      ...(heard ? { heard: heard.event } : {}),
      temperature,
      maxTokens,
      reasoning,
      signal,
      stallMs,
      prepare,
    });
    if (result.refused) return { reply: overBudget(result.refused.error), result };

    const reply = classifyReply(result);
    // Ended before a request was made of it: nothing was reserved, nothing was sent.
    if (!prepared) return { reply, result };
    const { usage, cost, basis } = this.#priced(result, worst);
    await reservation?.settle(cost);
    const call: ModelCall = {
      provider: identity.provider,
      model: identity.id,
      api: identity.api,
      attempt: kind,
      retry,
      usage,
      cost_usd: cost,
      cost_basis: basis,
      stop: reply.ok ? reply.stop : reply.code,
      ...(recorded === undefined ? {} : { reservation: recorded }),
    };
    this.#calls.push(call);
    this.#options.hooks?.finished?.(call);
    return { reply, result };
  }

  #priced(result: AttemptResult, worst: Decimal): { usage: ModelUsage | null; cost: Decimal; basis: ModelCall["cost_basis"] } {
    const usage = reportedUsage(result.message);
    if (usage) return { usage, cost: costOf(this.#options.identity.price, usage), basis: "usage" };
    if (notBilled(result)) return { usage: null, cost: ZERO, basis: "usage" };
    return { usage: null, cost: worst, basis: "reserved" };
  }

  /** @throws {ModelBudgetError} */
  #holdTo(worst: Decimal): void {
    if (this.#most === undefined) return;
    const left = max(ZERO, this.#most.minus(costOfCalls(this.#calls)));
    if (worst.gt(left)) throw new ModelBudgetError({ worst, left, limit: this.#most });
  }

  /** A failure as it is told: on one line, without the key. */
  told({ code, detail }: Reply & { readonly ok: false }): { readonly code: typeof code; readonly detail: string } {
    return { code, detail: oneLine(this.withoutKey(detail)) };
  }

  /** An endpoint may say the key back; answers go to the journal. */
  withoutKey(text: string): string {
    const { apiKey } = this.#options;
    return apiKey.length < 8 ? text : text.replaceAll(apiKey, "[key]");
  }
}

function overBudget(error: unknown): Reply & { ok: false } {
  if (!(error instanceof ModelBudgetError)) throw error;
  return { ok: false, code: "MODEL_BUDGET", detail: error.message, text: "", again: false };
}

/** Tokens as reported when the answer had ended; none when the stream broke off or the numbers are no counts. */
function reportedUsage({ usage, rawStopReason }: AssistantMessage): ModelUsage | undefined {
  const { input, output, cacheRead, cacheWrite } = usage;
  const counts = [input, output, cacheRead, cacheWrite];
  if (rawStopReason === undefined || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return undefined;
  return input + cacheRead + cacheWrite > 0 ? { input, output, cacheRead, cacheWrite } : undefined;
}

/** A gateway that lost its upstream may have paid for an answer; any other refusal costs nothing. */
function notBilled({ wire }: AttemptResult): boolean {
  if (wire.status === undefined) return !wire.sent;
  return wire.status >= 300 && ![408, 502, 504].includes(wire.status);
}

/** The answer's token limit as it stands in the request; reasoning may have raised it. */
function tokenLimit(payload: Readonly<Record<string, unknown>>): number | undefined {
  const limits = [payload.max_tokens, payload.max_completion_tokens, payload.max_output_tokens].filter(
    (limit) => typeof limit === "number",
  );
  return limits.length === 0 ? undefined : Math.max(...limits);
}
