import { holdingKey } from "../../planning/targets.ts";
import type { SeenHolding } from "../../venues/venue.ts";

/** A holding by its key, and how it may be called. */
type Named = Pick<SeenHolding, "account" | "asset" | "role">;

/**
 * Finds the holding that a name means: its asset as the observation has it, or without what stands before the slash;
 * "BTC" alone is BTC:perp where that is a holding, else BTC:spot. An account left out is the first that has it. The native coin
 * that pays for gas is none.
 */
export function nameHolding(
  holdings: readonly Named[],
  { account, asset }: { readonly account: string | null; readonly asset: string },
): Named | undefined {
  const own = holdings.filter((held) => held.role !== "gas" && (account === null || held.account === account));
  for (const name of [asset, `${asset}:perp`, `${asset}:spot`]) {
    const found = own.find((held) => held.asset === name) ?? own.find((held) => shortName(held.asset) === name);
    if (found) return found;
  }
  return undefined;
}

export function keyOf({ account, asset }: Named): string {
  return holdingKey(account, asset);
}

function shortName(asset: string): string {
  return asset.slice(asset.indexOf("/") + 1);
}
