import { ZERO } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import { dollars } from "../../mandate/dollars.ts";
import { narrateMoves } from "./narrate-moves.ts";
import { amount, change, list, symbolOf, text } from "./pick.ts";

/** One line of what happened: its verb, and what is to be said. No verb: it goes on from the line above. */
export type Told = readonly [verb: string, what: string];

/** A verdict as people read it, from the facts that were journaled with it. */
export function narrateVerdict(
  verdict: "allow" | "deny" | "ask",
  facts: Json | undefined,
  codes: readonly string[],
): readonly Told[] {
  if (verdict === "allow") {
    const parts = [deltas(facts), narrateMoves(list(facts, "verdict", "effects", "exchange", "moves")), spendLeft(facts)];
    return [["allowed", parts.filter((part) => part !== "").join(" · ")]];
  }
  const reasons = list(facts, "verdict", verdict === "deny" ? "violations" : "because");
  const told =
    reasons.length > 0 ? reasons.map((reason) => `${text(reason, "code").padEnd(22)} ${text(reason, "message")}`) : codes;
  const [first = "", ...rest] = told;
  const largest = text(facts, "verdict", "largest", "message");
  const more: readonly Told[] = largest === "" ? [] : [["", largest]];
  const end = verdict === "deny" ? "nothing was signed" : "waits for the operator; nothing was signed";
  return [[verdict === "deny" ? "refused" : "asks", first], ...rest.map((line): Told => ["", line]), ...more, ["", end]];
}

/** What can go at most, and what comes back at least. */
function deltas(facts: Json | undefined): string {
  return list(facts, "verdict", "effects", "deltas")
    .flatMap((delta) => {
      const least = amount(delta, "least");
      if (least === undefined || least.isZero()) return [];
      const shown = least.isNegative() ? change(least) : `≥ ${change(least).slice(1)}`;
      return [`${shown} ${symbolOf(text(delta, "asset"))}`];
    })
    .join(", ");
}

function spendLeft(facts: Json | undefined): string {
  const spend = list(facts, "verdict", "left").find((budget) => text(budget, "budget") === "max_daily_spend_usd");
  const [left, limit] = [amount(spend, "left"), amount(spend, "limit")];
  return left && limit?.gt(ZERO) ? `${dollars(left, "down")} of ${dollars(limit)} left today` : "";
}
