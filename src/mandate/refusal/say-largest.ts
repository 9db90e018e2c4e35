import type { Instant } from "../../core/clock.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import type { LargestNow, ViolationCode } from "../verdict.ts";
import { timeSaid } from "./time-said.ts";

/** Refusals in words, where a smaller amount is no way past them. */
const WHY: Readonly<Partial<Record<ViolationCode, string>>> = {
  SLIPPAGE: "slippage is a ratio, which the amount does not change",
  EXIT_COST: "the cost of an exit is a ratio, which the amount does not change",
  IN_FLIGHT: "what is open has to be settled first",
  FROZEN: "the wallet is stopped",
  KILLED: "the wallet is killed",
};

/** What bounds the amount where only the chain tells more. */
function boundOf({ because }: Pick<LargestNow, "because">, amounts: string): string {
  if (because.includes("PRICE_IMPACT")) return `at most ${amounts} by the other limits`;
  return amounts === "" ? because.join("; ") : `at most ${amounts} now`;
}

/** What would pass in a refused request's place, as one sentence. */
export function sayLargest(
  largest: Omit<LargestNow, "message">,
  { now, what, needsPerson }: { readonly now: Instant; readonly what: "amount" | "order size"; readonly needsPerson: boolean },
): string {
  const { kind, because, until, full } = largest;
  const amounts = largest.amounts.map(({ asset, amount }) => `${amount.toFixed()} ${splitAssetId(asset).symbol}`).join(" and ");
  const back = full === undefined ? "" : `; full budget at ${timeSaid(full, now)}`;
  switch (kind) {
    case "passes":
      return `largest ${what} now${needsPerson ? " without a person's approval" : ""}: ${amounts}${back}`;
    case "asks":
      return `largest ${what} now, with a person's approval: ${amounts}${back}`;
    case "unsure":
      return `${boundOf(largest, amounts)}; whether ${amounts === "" ? `a smaller ${what}` : "so much"} passes only asking for it tells${back}`;
    case "none": {
      const reasons = because.map((code) => WHY[code] ?? code).join("; ");
      const again = until === undefined ? "" : `; again at ${timeSaid(until, now)}`;
      return `no smaller ${what} passes now: ${reasons}${again}${back}`;
    }
  }
}
