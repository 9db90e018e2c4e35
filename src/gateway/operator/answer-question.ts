import { HOUR, type Instant, isoTime } from "../../core/clock.ts";
import type { Hash } from "../../core/hex.ts";
import type { WalletEntry } from "../../journal/entries.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";
import { askedToday, openPermits, permitStatus } from "../../journal/permits.ts";
import type { Limits } from "../../mandate/terms.ts";
import type { Verdict, Violation } from "../../mandate/verdict.ts";
import type { Request } from "../contract.ts";
import { permitId, permitTerms, worseThan } from "./permit-terms.ts";

/** How long a question waits. */
export const ANSWER_WITHIN = HOUR;
/** Most questions that wait at once, and most in a day: a tired person agrees to anything. */
export const MOST_OPEN = 5;
export const MOST_A_DAY = 20;

export interface Question {
  readonly request: Request;
  readonly key: Hash;
  readonly verdict: Extract<Verdict, { kind: "ask" }>;
  readonly limits: Limits;
  readonly now: Instant;
}

/** What becomes of a question, and what the journal has to be told of it. */
export type Answer = { readonly entries: readonly WalletEntry[] } & (
  | { readonly kind: "granted"; readonly permit: string }
  | { readonly kind: "refused"; readonly verdict: Exclude<Verdict, { kind: "allow" }> }
);

/**
 * Whether a person has answered what a verdict asks: a grant for the same calls at no worse a bound is used, a denial
 * holds, an open question is asked again under its own name. Otherwise a new one is asked. Pure.
 */
export function answerQuestion(state: WalletState, { request, key, verdict, limits, now }: Question): Answer {
  // Nobody could ever answer.
  if (state.operator === null) return { kind: "refused", verdict, entries: [] };
  const terms = permitTerms(verdict, limits);
  const lapsed: WalletEntry[] = [];
  const gone = new Set<string>();
  for (const held of state.permits.values()) {
    const { permit, content, expires } = held.asked;
    const status = permitStatus(held, now);
    if (content !== terms.content || !["open", "granted", "denied"].includes(status)) continue;
    if (status === "denied") {
      const until = held.answer?.until ?? expires;
      return { kind: "refused", verdict: denied(verdict, alreadyDenied(permit, until)), entries: lapsed };
    }
    const worse = worseThan(held.asked, terms);
    if (worse !== null) {
      gone.add(permit);
      lapsed.push({ kind: "lapsed", body: { permit, reason: worse } });
    } else if (status === "granted") {
      return { kind: "granted", permit, entries: lapsed };
    } else {
      return { kind: "refused", verdict: { ...verdict, permit: { id: permit, expires } }, entries: lapsed };
    }
  }
  const waiting = openPermits(state.permits, now).filter(({ asked }) => !gone.has(asked.permit)).length;
  const today = askedToday(state.permits, now);
  if (waiting >= MOST_OPEN || today >= MOST_A_DAY) {
    return { kind: "refused", verdict: denied(verdict, tooMany(waiting, today)), entries: lapsed };
  }
  const permit = freeId(state, { content: terms.content, wallet: request.wallet });
  const expires = now + ANSWER_WITHIN;
  const { cycle, step } = request;
  const asked: WalletEntry = { kind: "asked", body: { permit, key, cycle, step, ...terms, expires } };
  return { kind: "refused", verdict: { ...verdict, permit: { id: permit, expires } }, entries: [...lapsed, asked] };
}

/**
 * A name that no question has had: an answer goes by the name alone, and whoever writes requests can seek two of one name,
 * a harmless one to be shown and another to be approved.
 */
function freeId({ permits, seq }: WalletState, of: { readonly content: Hash; readonly wallet: string }): string {
  for (let tries = seq; ; tries += 1) {
    const id = permitId({ ...of, seq: tries });
    if (!permits.has(id)) return id;
  }
}

function denied({ effects, because }: Question["verdict"], violation: Violation): Exclude<Verdict, { kind: "allow" }> {
  return { kind: "deny", effects, violations: [...because, violation] };
}

function alreadyDenied(permit: string, until: Instant): Violation {
  const message = `the operator has said no to this (${permit}); it can be asked again at ${isoTime(until)}`;
  return { code: "APPROVAL_DENIED", message, until };
}

function tooMany(waiting: number, today: number): Violation {
  const message = `${waiting} questions wait for the operator and ${today} were asked within a day; ${MOST_OPEN} and ${MOST_A_DAY} are the most`;
  return { code: "APPROVALS_FULL", message, value: String(Math.max(waiting, today)) };
}
