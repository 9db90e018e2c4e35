import type { FetchHost, Mandate } from "../../mandate/terms.ts";
import { SandboxError } from "./sandbox-error.ts";

/** Names under which chains and exchanges answer. The gateway is the way to them. */
const REFUSED = [
  ...["infura.io", "alchemy.com", "alchemyapi.io", "quiknode.pro", "ankr.com", "publicnode.com", "llamarpc.com", "drpc.org"],
  ...["blastapi.io", "chainstack.com", "getblock.io", "1rpc.io", "cloudflare-eth.com", "base.org", "flashbots.net"],
  ...["tenderly.co", "hyperliquid.xyz", "hyperliquid-testnet.xyz", "binance.com", "bybit.com", "okx.com", "dydx.exchange"],
];

/** What may be asked of a host. */
export type FetchMethod = FetchHost["methods"][number];

/**
 * Hosts that a mandate lets its agent fetch from, with what may be asked of each. A host that is named twice may be asked
 * what either says.
 *
 * @throws {SandboxError} FETCH_HOST for one that no mandate may name.
 */
export function fetchHosts({ terms, brief }: Pick<Mandate, "terms" | "brief">): ReadonlyMap<string, ReadonlySet<FetchMethod>> {
  const { chains: books, exchanges } = terms.book;
  const endpoints = [
    ...Object.values(books).flatMap(({ rpc, witnesses }) => [rpc, ...witnesses]),
    ...Object.values(exchanges).map(({ api }) => api),
  ];
  const chains = new Set(endpoints.flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : [])));
  const hosts = new Map<string, Set<FetchMethod>>();
  for (const { host, methods } of brief.fetch ?? []) {
    const refused = REFUSED.some((name) => host === name || host.endsWith(`.${name}`));
    if (chains.has(host) || refused) {
      throw new SandboxError("FETCH_HOST", `${host} is a chain's or an exchange's: it is reached through the gateway alone`, {
        remedy: "Take it out of fetch.",
      });
    }
    hosts.set(host, new Set([...(hosts.get(host) ?? []), ...methods]));
  }
  return hosts;
}
