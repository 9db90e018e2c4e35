import type { Api, AssistantMessage, Message, Model, ThinkingLevel } from "@earendil-works/pi-ai";
import { type Clock, MINUTE } from "../core/clock.ts";
import { type Decimal, ZERO } from "../core/decimal.ts";
import type { Random } from "../core/random.ts";
import { Adaptations, inManner, type Manner } from "./adaptations.ts";
import { answerSchema, type JsonSchema } from "./answer-schema.ts";
import { type ModelBudget, ModelBudgetError, type ModelReservation } from "./budget.ts";
import { cacheStablePart } from "./cache-stable-part.ts";
import { classifyReply, type Reply } from "./classify-reply.ts";
import type { Answer, ModelCall, ModelIdentity, ModelPort, ModelUsage, Question } from "./model-port.ts";
import { costOf, tokenCeiling, worstCost } from "./model-price.ts";
import { oneLine } from "./one-line.ts";
import { type AttemptResult, attempt, DEADLINE } from "./pi-attempt.ts";
import { readAnswer } from "./read-answer.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryDelay } from "./retry-delay.ts";
import { inWords, type Structured, structuredPayload } from "./structured-payload.ts";

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

/** The model port on pi-ai. */
export function piModel(options: PiModelOptions): ModelPort {
  const adaptations = new Adaptations(options.structured ?? "native");
  return {
    model: options.identity,
    ask: (question) => new Conversation(options, adaptations, question).ask(),
  };
}

type Round = Reply & { readonly message?: AssistantMessage };

interface RequestParameters {
  readonly kind: ModelCall["attempt"];
  readonly retry: number;
  readonly messages: readonly Message[];
  readonly manner: Manner;
  readonly signal: AbortSignal;
}

interface Requested {
  readonly reply: Reply;
  readonly result: AttemptResult;
}

/** One question: its first attempt, its repair, and the requests that each takes. */
class Conversation<T> {
  readonly #options: PiModelOptions;
  readonly #adaptations: Adaptations;
  readonly #question: Question<T>;
  readonly #schema: JsonSchema;
  readonly #calls: ModelCall[] = [];
  readonly #retry: RetryPolicy;
  readonly #deadlineMs: number;

  constructor(options: PiModelOptions, adaptations: Adaptations, question: Question<T>) {
    this.#options = options;
    this.#adaptations = adaptations;
    this.#question = question;
    this.#schema = answerSchema(question.schema);
    this.#retry = { ...DEFAULT_RETRY, ...options.retry };
    this.#deadlineMs = options.deadlineMs ?? 3 * MINUTE;
  }

  async ask(): Promise<Answer<T>> {
    const { clock, think = 0 } = this.#options;
    const { signal } = this.#question;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(DEADLINE), this.#deadlineMs);
    try {
      const until = (await clock.now()) + this.#deadlineMs;
      const both = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
      const answer = await this.#answer(both, until);
      if (think > 0 && this.#calls.length > 0) await clock.sleep((await clock.now()) + think, signal);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(signal: AbortSignal, until: number): Promise<Answer<T>> {
    const asked: Message = { role: "user", content: this.#question.prompt, timestamp: 0 };
    const first = await this.#round("first", [asked], signal, until);
    if (!first.ok) return this.#failure(first);
    const read = readAnswer(this.#question.schema, first.text);
    if (read.ok) return this.#success(read.value, first.text);

    const shown = shownBack(first, this.#options.model);
    const correction: Message = { role: "user", content: correctionOf(read.reason), timestamp: 0 };
    const second = await this.#round("repair", [asked, ...shown, correction], signal, until);
    if (!second.ok) {
      const detail = `the answer was not valid and asking again failed: ${second.detail}`;
      return this.#failure({ ...second, detail, text: second.text || first.text });
    }
    const reread = readAnswer(this.#question.schema, second.text);
    if (reread.ok) return this.#success(reread.value, second.text);
    return this.#failure({ ok: false, code: "MODEL_NOT_VALID", detail: reread.reason, text: second.text, again: false });
  }

  /** One attempt: a request, and again after failures that pass. */
  async #round(kind: ModelCall["attempt"], messages: readonly Message[], signal: AbortSignal, until: number): Promise<Round> {
    const { clock, random } = this.#options;
    for (let retry = 0, tries = 0; ; tries++) {
      const { manner } = this.#adaptations;
      const { reply, result } = await this.#request({ kind, retry: tries, messages, manner, signal });
      if (reply.ok) return { ...reply, text: this.#withoutKey(reply.text), message: result.message };
      if (this.#adaptations.learn(result.wire, manner)) continue;
      const delay = reply.again ? retryDelay(this.#retry, retry++, result.wire.retryAfterMs, random) : undefined;
      if (delay === undefined) return reply;
      const resume = (await clock.now()) + delay;
      if (resume >= until) return reply;
      await clock.sleep(resume, signal);
    }
  }

  async #request({ kind, retry, messages, manner, signal }: RequestParameters): Promise<Requested> {
    const { identity, model, apiKey, userAgent, temperature, maxTokens, reasoning, stallMs = MINUTE, budget } = this.#options;
    const { system, name } = this.#question;
    let worst = ZERO;
    let prepared = false;
    let reservation: ModelReservation | undefined;

    const prepare = async (payload: Readonly<Record<string, unknown>>) => {
      const adapted = inManner(identity.api === "messages" ? cacheStablePart(payload) : payload, manner);
      const shaped = structuredPayload(identity.api, manner.structured, adapted, wireName(name), this.#schema);
      worst = worstCost(
        identity.price,
        tokenCeiling(JSON.stringify(shaped)),
        tokenLimit(shaped) ?? Math.max(maxTokens, model.maxTokens),
      );
      reservation = await budget?.reserve(worst);
      prepared = true;
      this.#options.hooks?.started?.({ attempt: kind, retry });
      return shaped;
    };
    const result = await attempt({
      api: identity.api,
      model,
      apiKey,
      userAgent,
      system: manner.structured === "none" ? `${system}\n\n${inWords(this.#schema)}` : system,
      messages,
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

  #success(value: T, text: string): Answer<T> {
    return { ok: true, value, raw: text, calls: this.#calls };
  }

  #failure({ code, detail, text }: Reply & { readonly ok: false }): Answer<T> {
    return { ok: false, code, detail: oneLine(this.#withoutKey(detail)), raw: this.#withoutKey(text), calls: this.#calls };
  }

  /** An endpoint may say the key back; answers go to the journal. */
  #withoutKey(text: string): string {
    const { apiKey } = this.#options;
    return apiKey.length < 8 ? text : text.replaceAll(apiKey, "[key]");
  }
}

function overBudget(error: unknown): Reply & { ok: false } {
  if (!(error instanceof ModelBudgetError)) throw error;
  return { ok: false, code: "MODEL_BUDGET", detail: error.message, text: "", again: false };
}

const LONGEST_SHOWN = 20_000;

/** The model's own answer as a turn of text, whatever form it came in. */
function shownBack(reply: Round, model: Model<Api>): readonly Message[] {
  if (!reply.message || reply.text.trim() === "") return [];
  const text = reply.text.slice(0, LONGEST_SHOWN);
  const { usage } = reply.message;
  return [
    {
      role: "assistant",
      content: [{ type: "text", text }],
      api: model.api,
      provider: model.provider,
      model: model.id,
      usage,
      stopReason: "stop",
      timestamp: 0,
    },
  ];
}

function correctionOf(reason: string): string {
  return `Your answer is not valid:\n${reason}\n\nAnswer again with the whole corrected JSON object and nothing else.`;
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

function wireName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "answer";
}
