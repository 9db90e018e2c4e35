import type { z } from "zod";
import type { Decimal } from "../core/decimal.ts";
import type { ModelPrice } from "./model-price.ts";

/** The wire protocol: OpenAI chat completions, OpenAI responses, Anthropic messages. */
export type ModelApi = "chat" | "responses" | "messages";

/** Which model answers, and at what price. The same on every machine: no address, no port, no key. */
export interface ModelIdentity {
  readonly provider: string;
  readonly id: string;
  readonly api: ModelApi;
  readonly price: ModelPrice;
}

/**
 * The one way to a model. `ask` rejects for nothing that a model or its provider does: a failure is data.
 * What it does reject with is the budget's own failure (a journal that cannot be written).
 */
export interface ModelPort {
  readonly model: ModelIdentity;
  ask<T>(question: Question<T>): Promise<Answer<T>>;
}

/**
 * Puts the most that a request can cost, in USD, on record before it is made, and is waited for: what was under way when a process died
 * still counts. Answers the name of the reservation, which the call then carries.
 */
export type RecordReservation = (worst: Decimal) => Promise<string>;

export interface Question<T> {
  /** The part of the prompt that stays the same between calls: providers cache it. */
  readonly system: string;
  readonly prompt: string;
  /** What a valid answer looks like. The model is shown the schema's input side as JSON Schema. */
  readonly schema: z.ZodType<T>;
  /** Names the schema on the wire: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Why a stronger model should be asked, where the mandate has one. Null or left out: the usual one. */
  readonly stronger?: string | null;
  readonly reserve?: RecordReservation;
  /** USD that the record has of the last 24 hours, others' calls included. */
  readonly spent?: Decimal;
  readonly signal?: AbortSignal;
}

/** `raw` is the model's text as it came; `calls` are all requests made for the answer, in order. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly raw: string; readonly calls: readonly ModelCall[] }
  | {
      readonly ok: false;
      readonly code: ModelFailure;
      /** One line for people. Holds no key, no address and no duration of this machine. */
      readonly detail: string;
      readonly raw: string;
      readonly calls: readonly ModelCall[];
    };

export type ModelFailure =
  /** The stream was silent for longer than allowed. */
  | "MODEL_STALLED"
  /** The answer was cut at the token limit. */
  | "MODEL_LENGTH"
  /** The model or its provider's filter refused to answer. */
  | "MODEL_REFUSED"
  /** No valid answer, also after the repair round. */
  | "MODEL_NOT_VALID"
  /** The provider reported an error that none of the other codes names. */
  | "MODEL_ERROR"
  | "MODEL_KEY_REFUSED"
  | "MODEL_UNKNOWN"
  | "MODEL_UNREACHABLE"
  | "MODEL_RATE_LIMITED"
  /** The call's worst cost does not fit the budget; it was not made. */
  | "MODEL_BUDGET"
  /** The caller's signal fired. */
  | "MODEL_ABORTED"
  /** The whole question took longer than allowed. */
  | "MODEL_DEADLINE";

/** Tokens of one call. `input` has neither cached nor cache-written tokens in it. */
export interface ModelUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** One request to a provider, and what it cost. */
export interface ModelCall {
  readonly provider: string;
  readonly model: string;
  readonly api: ModelApi;
  readonly attempt: "first" | "repair";
  /** 0 for the first try of an attempt, then 1, 2, … */
  readonly retry: number;
  /** Null when the provider did not report it. */
  readonly usage: ModelUsage | null;
  readonly cost_usd: Decimal;
  /** "usage": from reported tokens (or nothing was billed). "reserved": unknown, so the worst case is kept. */
  readonly cost_basis: "usage" | "reserved";
  readonly stop: "stop" | "tool_use" | ModelFailure;
  /** What its worst cost was put on record as. Left out: it was not. */
  readonly reservation?: string;
}
