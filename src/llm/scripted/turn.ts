import type { ModelApi } from "../model-port.ts";

/** Tokens that a turn reports. What is left out is counted from the text: one token for four bytes. */
export interface TurnUsage {
  /** Prompt tokens that are neither cached nor written to the cache. */
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/**
 * What the scripted model does with one request.
 *
 * - `answer`: a JSON value (or text as it is), as the api's structured output or forced tool would carry it
 * - `prose`: plain text, whatever was asked for
 * - `broken`: a JSON value with its end missing, but ended as if whole
 * - `refusal`: refuses in the api's own way
 * - `tools`: calls tools, after `text`
 * - `timeout`: accepts the request and never answers
 * - `stall`: sends headers and the beginning of `text`, then nothing
 * - `drop`: sends headers and the beginning of `text`, then closes the connection
 * - `http`: an HTTP error
 * - `cut`: stops at the token limit in the middle of `text`
 * - `slow`: waits `ms` of this machine's time, then takes another turn
 * - `trickle`: says a text with `ms` of this machine's time before each piece
 */
export type Turn =
  | { readonly kind: "answer"; readonly value: unknown; readonly usage?: TurnUsage }
  | { readonly kind: "prose"; readonly text: string; readonly usage?: TurnUsage }
  | { readonly kind: "broken"; readonly value: unknown; readonly usage?: TurnUsage }
  | { readonly kind: "refusal"; readonly text?: string; readonly usage?: TurnUsage }
  | { readonly kind: "tools"; readonly calls: readonly ScriptedToolCall[]; readonly text?: string; readonly usage?: TurnUsage }
  | { readonly kind: "timeout" }
  | { readonly kind: "stall"; readonly text?: string }
  | { readonly kind: "drop"; readonly text?: string }
  | {
      readonly kind: "http";
      readonly status: number;
      readonly retryAfter?: number;
      readonly message?: string;
      readonly type?: string;
    }
  | { readonly kind: "cut"; readonly text: string; readonly usage?: TurnUsage }
  | { readonly kind: "slow"; readonly ms: number; readonly turn: Turn }
  | { readonly kind: "trickle"; readonly ms: number; readonly text: string };

export interface ScriptedToolCall {
  readonly name: string;
  /** A text is sent as it is: arguments that are no JSON, or that end in the middle. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

export interface ScriptedMessage {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  /** Of an assistant's message: the tools that it called. Left out: none. */
  readonly calls?: readonly ScriptedToolCall[];
  /** Of a tool's message: whose answer it is. Left out: the call that it answers is not among the messages. */
  readonly tool?: string;
}

/** One request as a model would read it, whichever api it came by. */
export interface ScriptedRequest {
  /** 1 for the first request that the server got. */
  readonly n: number;
  readonly api: ModelApi;
  readonly model: string;
  readonly system: string;
  /** The last message of the user. */
  readonly prompt: string;
  readonly messages: readonly ScriptedMessage[];
  readonly tools: readonly { readonly name: string; readonly description: string }[];
  /** The tool that must be called, if one must. */
  readonly forcedTool: string | null;
  /** The name of the wanted shape; "answer" where the api gives it none; null when no shape is asked for. */
  readonly schemaName: string | null;
  readonly streamed: boolean;
  /** The request body as it came. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Decides each turn from what the request says. */
export type ScriptedRule = (request: ScriptedRequest) => Turn | Promise<Turn>;
