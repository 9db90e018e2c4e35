import { type Decimal, decimal, ZERO } from "../core/decimal.ts";
import type { HoldingBody } from "./entries.ts";

export type HoldingsByKey = Readonly<Record<string, Decimal>>;

export function holdingKey(account: string, asset: string): string {
  return `${account} ${asset}`;
}

export function holdingsOf(holdings: readonly HoldingBody[]): Record<string, Decimal> {
  return Object.fromEntries(holdings.map(({ account, asset, amount }) => [holdingKey(account, asset), decimal(amount)]));
}

/** Holdings after changes, or with the same changes taken back. */
export function movedHoldings(
  holdings: HoldingsByKey,
  deltas: readonly HoldingBody[],
  way: "there" | "back" = "there",
): HoldingsByKey {
  const next = { ...holdings };
  for (const { account, asset, amount } of deltas) {
    const key = holdingKey(account, asset);
    const change = decimal(amount);
    next[key] = (next[key] ?? ZERO).plus(way === "there" ? change : change.negated());
  }
  return next;
}
