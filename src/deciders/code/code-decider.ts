import { SECOND } from "../../core/clock.ts";
import { decimal, isDecimal } from "../../core/decimal.ts";
import { messageOf } from "../../core/errors.ts";
import { toJson } from "../../core/json.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { Decider, Decision } from "../decider.ts";
import { CodeError } from "./code-error.ts";
import { inWords } from "./in-words.ts";
import type { LoadedCode } from "./load-code.ts";
import { readCodeAnswer } from "./read-code-answer.ts";
import type { CodeContext } from "./strategy-code.ts";

export interface CodeDeciderParameters<I extends Intent, S extends Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly code: LoadedCode;
  readonly venue: Pick<Venue<I, S>, "readIntent">;
  /** The longest that an answer is waited for, in milliseconds of this machine. Default 30 s. */
  readonly patienceMs?: number;
}

/**
 * A strategy in code: no model is asked. The module's hash and what it wants are noted before it is used. Code that throws,
 * hangs or answers nonsense is a hold with the failure's code.
 */
export function codeDecider<I extends Intent, S extends Observation>({
  mandate,
  code,
  venue,
  patienceMs = 30 * SECOND,
}: CodeDeciderParameters<I, S>): Decider<I, S> {
  return {
    async decide(seen, { state, note, signal }): Promise<Decision<I>> {
      const about = { mandate: frozen(mandate), state: frozen(state), decimal };
      const decision = await heldOnFailure(code, async () =>
        readCodeAnswer(await answerOf(code, frozen(seen), about, patienceMs, signal), venue),
      );
      const { module, hash } = code;
      await note([{ kind: "code-answer", module, hash, answer: toJson(decision) }]);
      return decision;
    },
  };
}

async function heldOnFailure<I extends Intent>(code: LoadedCode, decide: () => Promise<Decision<I>>): Promise<Decision<I>> {
  try {
    return await decide();
  } catch (error) {
    // Whatever the code threw: nothing of it may end the agent.
    const failure = error instanceof CodeError ? error : new CodeError("CODE_FAILED", messageOf(error));
    return { kind: "hold", why: `${code.module}: ${inWords(failure.message, code.folder)}`, code: failure.code };
  }
}

/** @throws whatever the code throws; {CodeError} CODE_STALLED. */
async function answerOf(
  code: LoadedCode,
  seen: Observation,
  about: Omit<CodeContext, "signal">,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<unknown> {
  const over = new AbortController();
  const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const timer = setTimeout(() => over.abort(), patienceMs);
  const given = new Promise<never>((_, reject) => {
    const leave = () => reject(new CodeError("CODE_STALLED", "decide did not answer in time"));
    if (both.aborted) leave();
    else both.addEventListener("abort", leave, { once: true });
  });
  try {
    const asked = Promise.resolve().then(() => code.decide(seen, Object.freeze({ ...about, signal: both })));
    return await Promise.race([asked, given]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same object, in which nothing can be changed: the agent goes on with it. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (isDecimal(value) || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) frozen(item);
  return Object.freeze(value);
}
