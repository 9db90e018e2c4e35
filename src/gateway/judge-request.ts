import { setImmediate } from "node:timers/promises";
import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import { judge } from "../mandate/judge.ts";
import { completeRefusal } from "../mandate/refusal/complete-refusal.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { Request } from "./contract.ts";
import { deniedInFlight } from "./denied-in-flight.ts";
import { answerQuestion } from "./operator/answer-question.ts";
import type { RailDesk } from "./rail-desk.ts";
import type { WalletContext } from "./wallet-context.ts";

/** What is judged, and on whose word. */
export interface Judging {
  readonly request: Request;
  readonly key: Hash;
  readonly now: Instant;
  readonly by: "agent" | "operator";
}

/** One judgment, with everything that it was made from, and what else the journal has to be told of it. */
export async function judgeRequest(wallet: WalletContext, desk: RailDesk, { request, key, now, by }: Judging) {
  const { terms } = wallet.parts;
  // Budgets are the journal's word: they are worked out while the chain answers.
  const budgetsNow = async () => ({ of: wallet.state, budgets: await wallet.budgets(now, request.cycle) });
  const [seen, kept] = await Promise.allSettled([desk.look(request, now), afterAsking(budgetsNow)]);
  if (seen.status === "rejected") throw seen.reason;
  if (kept.status === "rejected") throw kept.reason;
  const { effects, prices, send, withMoves } = seen.value;
  // The look itself may have stopped the wallet, and that holds for this request.
  const { budgets } = kept.value.of === wallet.state ? kept.value : await budgetsNow();
  const made = { prices, desk, send, budgets };
  const operator = by === "operator";
  const verdictOf = (approved: boolean) => judge(terms, effects, prices, budgets, now, { approved, operator });
  const told = async (verdict: Verdict): Promise<Verdict> => {
    if (verdict.kind === "allow") return verdict;
    const asked = { terms, effects, prices, budgets, now, authority: { operator }, ...(withMoves ? { withMoves } : {}) };
    return completeRefusal(verdict, asked, await wallet.windowEnds(now, request.cycle));
  };
  const verdict = verdictOf(false);
  const waiting = desk.waiting(verdict);
  if (waiting.length > 0) {
    return { ...made, verdict: await told(deniedInFlight(verdict, waiting.length)), permit: null, entries: [] };
  }
  if (verdict.kind !== "ask") return { ...made, verdict: await told(verdict), permit: null, entries: [] };
  const answer = answerQuestion(wallet.state, { request, key, verdict, limits: terms.limits, now });
  if (answer.kind === "refused") return { ...made, verdict: await told(answer.verdict), permit: null, entries: answer.entries };
  return { ...made, verdict: await told(verdictOf(true)), permit: answer.permit, entries: answer.entries };
}

/** Does the work once everything that was asked in this turn of the event loop is on its way. */
async function afterAsking<T>(work: () => Promise<T>): Promise<T> {
  await setImmediate();
  return work();
}
