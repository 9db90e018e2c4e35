import { DAY, type Instant } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import type { AnsweredBody, AskedBody } from "./entries.ts";
import type { Seq } from "./journal.ts";

/** A question to the operator, and what became of it. */
export interface PermitState {
  readonly asked: AskedBody;
  readonly at: Instant;
  /** Where the cycle that asked begins in the stream. */
  readonly lease: Seq;
  readonly answer: Pick<AnsweredBody, "answer" | "until"> | null;
  /** Used: its bytes were reserved. Lapsed: what was asked for again was worse than what was shown. */
  readonly ended: "used" | "lapsed" | null;
  /** What the agent noted that it wants with it, as JSON text: given back to it as it was, and read by nobody else. */
  readonly wish: string | null;
}

export type PermitStatus = "open" | "granted" | "denied" | "expired" | "used" | "lapsed";

export type Permits = ReadonlyMap<string, PermitState>;

/** What a permit is worth at an instant. An answer that has not come in time is a no. */
export function permitStatus({ asked, answer, ended }: PermitState, now: Instant): PermitStatus {
  if (ended !== null) return ended;
  if (answer === null) return now < asked.expires ? "open" : "expired";
  return now < answer.until ? answer.answer : "expired";
}

/** Questions that wait for an answer at an instant. */
export function openPermits(permits: Permits, now: Instant): readonly PermitState[] {
  return [...permits.values()].filter((permit) => permitStatus(permit, now) === "open");
}

/** How many questions were asked in the day that ends at an instant. */
export function askedToday(permits: Permits, now: Instant): number {
  return [...permits.values()].filter(({ at }) => at > now - DAY).length;
}

export function askPermit(
  permits: Permits,
  asked: AskedBody,
  { at, lease }: { readonly at: Instant; readonly lease: Seq },
): Permits {
  return new Map(permits).set(asked.permit, { asked, at, lease, answer: null, ended: null, wish: null });
}

/** Takes down what an agent says that it asked for. A note of no permit, or of one that has its wish, changes nothing. */
export function wishOf(permits: Permits, note: unknown): Permits {
  if (typeof note !== "object" || note === null || !("kind" in note) || note.kind !== PERMIT_WISH) return permits;
  if (!("permit" in note) || typeof note.permit !== "string" || !("wish" in note) || typeof note.wish !== "string")
    return permits;
  const held = permits.get(note.permit);
  return held && held.wish === null ? new Map(permits).set(note.permit, { ...held, wish: note.wish }) : permits;
}

/** The kind of an agent's note of what it wants with a permit. */
const PERMIT_WISH = "permit-wish";

export function answerPermit(permits: Permits, { permit, answer, until }: AnsweredBody): Permits {
  return new Map(permits).set(permit, { ...permitOf(permits, permit), answer: { answer, until } });
}

export function endPermit(permits: Permits, permit: string, ended: "used" | "lapsed"): Permits {
  return new Map(permits).set(permit, { ...permitOf(permits, permit), ended });
}

function permitOf(permits: Permits, id: string): PermitState {
  const permit = permits.get(id);
  if (!permit) throw new InvariantError(`permit ${id} was never asked for`);
  return permit;
}
