import type { ModelApi } from "../model-port.ts";
import type { Turn } from "./turn.ts";

/** When a rule of a script speaks. All that is stated must hold; nothing stated: always. */
export interface ScriptCondition {
  /** Requests by their number, counted from 1. */
  readonly request?: number | readonly number[];
  readonly api?: ModelApi;
  /** Regular expressions, without regard to case: over the system prompt, over the last message of the user. */
  readonly system?: string;
  readonly prompt?: string;
  /** A tool that is offered. Null: none is. */
  readonly offers?: string | null;
  /** The last message is the answer of this tool. Null: it is no tool's answer. */
  readonly after?: string | null;
  /** Over the last message, where it is a tool's answer. */
  readonly result?: string;
}

/** What a script says where its condition holds. */
export interface ScriptRule {
  readonly when?: ScriptCondition;
  /** One turn for each request; or several, one after another. */
  readonly do: Turn | readonly Turn[];
  /** How often it is gone through. Default: one turn for ever, a list once. */
  readonly times?: number;
}

/**
 * A scripted model as data: rules, of which the first speaks that holds and is not used up. A list of turns alone is those turns
 * in order and then HTTP 500.
 */
export interface ModelScript {
  readonly rules: readonly ScriptRule[];
  /** Where no rule speaks. "shipped", the default: the model of rehearsals, which reads the prose. "error": HTTP 500. */
  readonly otherwise?: "shipped" | "error" | Turn;
}
