import type { AssistantMessage, Message } from "@earendil-works/pi-ai";
import type { Decimal } from "../core/decimal.ts";
import type { ModelCall, ModelFailure, ModelPort, RecordReservation } from "./model-port.ts";

/** A tool as a model is told of it. */
export interface ToolOffer {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments: an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** One step of a conversation in which the model may call tools. */
export interface TurnRequest {
  /** The part of the prompt that stays the same between turns: providers cache it. */
  readonly system: string;
  /** What was said so far, oldest first; the last one is the user's or a tool's. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolOffer[];
  /** The most that this turn with its retries may cost, in USD, beside the day's budget. Left out: the day's alone. */
  readonly most?: Decimal;
  /** Why a stronger model should be asked, where the mandate has one. Null or left out: the usual one. */
  readonly stronger?: string | null;
  readonly reserve?: RecordReservation;
  /** As of a question; with a conversation's first turn alone. */
  readonly spent?: Decimal;
  /** It goes on with a conversation that has begun, which is not made to wait where questions are asked less often. */
  readonly goesOn?: boolean;
  /** Hears the model's words while they come. Must not throw. */
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** What a model did with its turn; `calls` are all requests made for it, in order. */
export type TurnAnswer =
  | {
      readonly ok: true;
      /** Text and tool calls. `stopReason` "length": cut at the token limit, so that no call in it may be carried out. */
      readonly message: AssistantMessage;
      /** Ids of tool calls whose arguments came as no whole JSON. What `message` has of them is a guess. */
      readonly malformed: ReadonlySet<string>;
      readonly calls: readonly ModelCall[];
    }
  | {
      readonly ok: false;
      readonly code: ModelFailure;
      /** One line for people. Holds no key, no address and no duration of this machine. */
      readonly detail: string;
      readonly calls: readonly ModelCall[];
    };

/**
 * A model that can be given tools. `turn` rejects for nothing that a model or its provider does, as `ask` does not; each
 * request's worst cost is reserved before it is made.
 */
export interface ToolModel extends ModelPort {
  turn(request: TurnRequest): Promise<TurnAnswer>;
}
