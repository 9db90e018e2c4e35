import { MandateError, messageOf } from "../../core/errors.ts";
import { type Json, toJson } from "../../core/json.ts";
import { type Intent, IntentError, type Observation, type Venue } from "../../venues/venue.ts";
import type { Decision } from "../decider.ts";
import { CodeError } from "./code-error.ts";

/** More than one cycle could carry out. */
const MOST_INTENTS = 20;
const LONGEST_WHY = 1_000;
const REMEDY = "Return a list of intents as in docs/intents.md, or { why, intents }; amounts are decimals or text.";

/**
 * What a strategy's answer means. One item that is wrong and the whole answer is: the rest of a plan is another plan.
 *
 * @throws {CodeError} CODE_ANSWER
 */
export function readCodeAnswer<I extends Intent, S extends Observation>(
  answer: unknown,
  venue: Pick<Venue<I, S>, "readIntent">,
): Decision<I> {
  const { items, why } = readItems(plain(answer));
  const holds = items.filter(isHold);
  if (holds.length > 0) {
    if (items.length > 1) throw wrong("HOLD stands alone");
    const [said] = holds.map((item) => item.why);
    return { kind: "hold", why: typeof said === "string" ? said.slice(0, LONGEST_WHY) : (why ?? "the code holds"), code: null };
  }
  if (items.length > MOST_INTENTS) throw wrong(`${items.length} intents are more than ${MOST_INTENTS}`);
  const [first, ...rest] = items.map((item, at) => readIntent(item, at, venue));
  if (first === undefined) return { kind: "hold", why: why ?? "the code wants nothing", code: null };
  return { kind: "intents", intents: [first, ...rest], why: why ?? "as the code says" };
}

function readItems(answer: Json): { readonly items: readonly Json[]; readonly why: string | null } {
  if (isList(answer)) return { items: answer, why: null };
  if (!isObject(answer)) throw wrong("decide returned no list of intents");
  const { intents, why, ...more } = answer;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw wrong(`${unknown} is no part of an answer`);
  if (intents === undefined || !isList(intents)) throw wrong("intents is no list");
  if (typeof why !== "string") throw wrong("why is no text");
  return { items: intents, why: why.slice(0, LONGEST_WHY) };
}

function readIntent<I extends Intent, S extends Observation>(item: Json, at: number, venue: Pick<Venue<I, S>, "readIntent">): I {
  try {
    return venue.readIntent(item);
  } catch (error) {
    if (!(error instanceof IntentError)) throw error;
    throw wrong(`intent ${at + 1}: ${error.message}`, error);
  }
}

function plain(answer: unknown): Json {
  try {
    return toJson(answer);
  } catch (error) {
    // A getter or a toJSON of the strategy's own may throw anything.
    throw wrong(
      error instanceof MandateError ? error.message : `what decide returned cannot be read: ${messageOf(error)}`,
      error,
    );
  }
}

function wrong(message: string, cause?: unknown): CodeError {
  return new CodeError("CODE_ANSWER", message, { remedy: REMEDY, cause });
}

function isHold(item: Json): item is { readonly kind: string; readonly why?: Json } {
  return isObject(item) && (item.kind === "HOLD" || item.kind === "hold");
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
