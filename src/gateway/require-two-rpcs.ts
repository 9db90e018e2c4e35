import type { ChainBook } from "../mandate/book.ts";
import { dollars } from "../mandate/dollars.ts";
import { portfolioValue } from "../mandate/facts.ts";
import type { Terms } from "../mandate/terms.ts";
import { GatewayStartError } from "./open-wallet.ts";
import type { WalletContext } from "./wallet-context.ts";

/**
 * With one RPC everything is its word. Above the amount that the mandate states, a real chain is believed only where two
 * hosts say the same of it. What cannot be priced counts as more than any amount.
 *
 * @throws {GatewayStartError} ONE_RPC
 */
export async function requireTwoRpcs(terms: Terms, wallet: Pick<WalletContext, "holdings" | "prices" | "now">): Promise<void> {
  const limit = terms.limits.two_rpcs_above_usd;
  const alone = Object.entries(terms.book.chains).flatMap(([chain, book]) => (hostsOf(book).size < 2 ? [chain] : []));
  if (limit === "unlimited" || alone.length === 0) return;
  const value = portfolioValue(terms, { before: await wallet.holdings() }, await wallet.prices(await wallet.now()));
  if (value?.lte(limit)) return;
  const held = value === null ? "what cannot be priced now" : dollars(value);
  throw new GatewayStartError(
    "ONE_RPC",
    `the wallet holds ${held}, and ${alone.join(", ")} is the word of one RPC; above ${dollars(limit)} it takes two`,
    { remedy: "Name a second RPC of another host in the book (rpc: [URL, URL]), or raise two_rpcs_above_usd." },
  );
}

function hostsOf({ rpc, witnesses }: ChainBook): ReadonlySet<string> {
  // A world is nobody's word but its own.
  if (rpc === "world") return new Set(["world", "itself"]);
  return new Set([rpc, ...witnesses].map((url) => new URL(url).hostname));
}
