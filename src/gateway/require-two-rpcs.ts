import { dollars } from "../mandate/dollars.ts";
import { portfolioValue } from "../mandate/facts.ts";
import { chainsOfOneHost } from "../mandate/needs-two-rpcs.ts";
import type { Terms } from "../mandate/terms.ts";
import { priceIn, splitAssetId } from "../protocols/effects.ts";
import { GatewayStartError } from "./gateway-start-error.ts";
import type { WalletContext } from "./wallet-context.ts";

/**
 * With one RPC everything is its word. Above the amount that the mandate states, a real chain is believed only where two
 * hosts say the same of it. What cannot be priced counts as more than any amount.
 *
 * @throws {GatewayStartError} ONE_RPC
 */
export async function requireTwoRpcs(terms: Terms, wallet: Pick<WalletContext, "holdings" | "prices" | "now">): Promise<void> {
  const limit = terms.limits.two_rpcs_above_usd;
  const alone = chainsOfOneHost(terms.book);
  if (limit === "unlimited" || alone.length === 0) return;
  const [before, prices] = [await wallet.holdings(), await wallet.prices(await wallet.now())];
  const priced = before.every(({ asset, amount }) => {
    const { symbol } = splitAssetId(asset);
    return amount.isZero() || !terms.limits.allowed_tokens.includes(symbol) || priceIn(prices, asset) !== undefined;
  });
  const value = priced ? portfolioValue(terms, { before }, prices) : null;
  if (value?.lte(limit)) return;
  const held = value === null ? "what cannot be priced now" : dollars(value);
  throw new GatewayStartError(
    "ONE_RPC",
    `the wallet holds ${held}, and ${alone.join(", ")} is the word of one RPC; above ${dollars(limit)} it takes two`,
    { remedy: "Name a second RPC of another host in the book (rpc: [URL, URL]), or raise two_rpcs_above_usd." },
  );
}
