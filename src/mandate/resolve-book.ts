import { isCallableKind } from "../protocols/decode-call.ts";
import type { Book, ChainBook, PoolEntry } from "./book.ts";
import { isOwnToken, routeFindings } from "./check-routes.ts";
import type { Finding } from "./finding.ts";
import type { WrittenChain, WrittenNetwork } from "./network-schema.ts";
import type { Path } from "./read-yaml.ts";
import { didYouMean } from "./suggest.ts";

export interface ResolvedBook {
  readonly book: Book;
  /** Every chain's endpoint is the world's. */
  readonly rehearsal: boolean;
  readonly findings: readonly Finding[];
}

/** Kinds that stand in a book for what reads them, and that no request may call. */
const READ_ONLY_KINDS = ["uniswap-v3-factory", "uniswap-v3-quoter02", "hyperlane-mailbox", "hyperlane-hook", "hyperlane-ism"];
/** Kinds that a token has; tokens stand under `assets`. */
const TOKEN_KINDS = ["erc20", "weth9", "erc4626"];
export const CALLABLE_KINDS = ["uniswap-v3-router02", "uniswap-v3-positions", "permit2", "hyperlane-warp-route"];

/**
 * A network's book with its defaults filled in, and what does not fit together in it.
 *
 * @param root - the path of the network in the mandate: `["networks", "rehearsal"]`.
 */
export function resolveBook(written: WrittenNetwork, root: Path): ResolvedBook {
  const labels = Object.keys(written.chains);
  const worlds = labels.filter((label) => written.chains[label]?.rpc === "world");
  const exchanges = Object.values(written.exchanges);
  const paper = exchanges.filter(({ api }) => api === "world");
  const places = labels.length + exchanges.length;
  const inWorld = worlds.length + paper.length;
  const rehearsal = places > 0 && inWorld === places;
  const findings: Finding[] = [];
  const chainsAt = [...root, "chains"];
  if (places === 0) {
    findings.push(finding(chainsAt, "MISSING_KEY", "no chain", "Name one: { base: { id, rpc, assets, feeds } }."));
  }
  if (inWorld > 0 && !rehearsal) {
    const message = "some chains are the world's and some are not";
    findings.push(
      finding(chainsAt, "MIXED_NETWORK", message, "Keep worlds and other networks apart, each under a name of its own."),
    );
  }
  const chains = Object.fromEntries(
    Object.entries(written.chains).map(([label, chain]) => {
      const at = [...chainsAt, label];
      const resolved = resolveChain(chain, rehearsal, at, findings);
      findings.push(...inconsistencies(resolved, at));
      return [label, resolved];
    }),
  );
  findings.push(...routeFindings(chains, chainsAt));
  return { book: { chains, exchanges: written.exchanges }, rehearsal, findings };
}

/** Labels of a chain's contracts that can be called at all. */
export function callableContracts(chain: ChainBook): readonly string[] {
  return Object.keys(chain.contracts).filter((label) => isCallable(chain, label));
}

export function isCallable(chain: ChainBook, label: string): boolean {
  const kind = chain.contracts[label]?.kind;
  return kind !== undefined && !TOKEN_KINDS.includes(kind) && isCallableKind(kind);
}

function resolveChain(chain: WrittenChain, rehearsal: boolean, at: Path, findings: Finding[]): ChainBook {
  if (!rehearsal) {
    for (const key of ["confirmations", "block_seconds"] as const) {
      if (chain[key] === undefined) {
        findings.push(
          finding([...at, key], "MISSING_KEY", "missing", `Only a world has a default: write ${key} as the chain has it.`),
        );
      }
    }
  }
  const [primary = "", ...witnesses] = typeof chain.rpc === "string" ? [chain.rpc] : chain.rpc;
  const repeated = witnesses.find((url, i) => url === primary || witnesses.indexOf(url) < i);
  if (repeated !== undefined) {
    const message = "an endpoint is named twice";
    findings.push(finding([...at, "rpc"], "DUPLICATE_VALUE", message, "Name endpoints that do not depend on each other."));
  }
  const wrapped = Object.keys(chain.assets).find((symbol) => chain.assets[symbol]?.kind === "weth9");
  if (!chain.native && wrapped === undefined) {
    const remedy = "Write native: { symbol: ETH, priced_as: WETH }, or mark the wrapped coin's asset as kind: weth9.";
    findings.push(finding([...at, "native"], "MISSING_KEY", "nothing says how gas is priced", remedy));
  }
  return {
    id: chain.id,
    rpc: primary,
    witnesses,
    confirmations: chain.confirmations ?? 1,
    block_seconds: chain.block_seconds ?? 1,
    native: chain.native ?? { symbol: "ETH", priced_as: wrapped ?? "WETH" },
    assets: chain.assets,
    contracts: chain.contracts,
    pools: Object.fromEntries(
      Object.entries(chain.pools).map(([label, pool]): [string, PoolEntry] => [label, { ...pool, tokens: tokensOf(label) }]),
    ),
    feeds: chain.feeds,
  };
}

/** "WETH-USDC" and "WETH-USDC-3000" trade WETH against USDC. */
function tokensOf(label: string): readonly [string, string] {
  const [one = "", other = ""] = label.split("-");
  return [one, other];
}

function inconsistencies(chain: ChainBook, at: Path): readonly Finding[] {
  const symbols = Object.keys(chain.assets);
  const found: Finding[] = [];
  const known = (symbol: string) => Object.hasOwn(chain.assets, symbol);
  if (!known(chain.native.priced_as)) {
    const remedy = didYouMean(chain.native.priced_as, symbols, `Name one of the chain's assets: ${symbols.join(", ")}.`);
    found.push(
      finding([...at, "native", "priced_as"], "UNKNOWN_TOKEN", `${chain.native.priced_as} is no asset of this chain`, remedy),
    );
  } else if (!chain.feeds[chain.native.priced_as]) {
    const message = `gas is priced as ${chain.native.priced_as}, which has no feed`;
    found.push(finding([...at, "feeds"], "NO_FEED", message, `Add a feed for ${chain.native.priced_as}: gas limits are in USD.`));
  }
  if (known(chain.native.symbol)) {
    const message = `${chain.native.symbol} is both the native coin and an asset`;
    found.push(finding([...at, "assets", chain.native.symbol], "CONFLICT", message, "Leave the native coin out of assets."));
  }
  for (const [label, { kind, of }] of Object.entries(chain.assets)) {
    if (kind !== "erc4626" || of === undefined) continue;
    const within = chain.assets[of];
    if (!within || within.kind === "erc4626") {
      const message = within ? `${of} is a vault itself` : `${of} is no asset of this chain`;
      const remedy = didYouMean(of, symbols, "Name the asset that the shares redeem.");
      found.push(finding([...at, "assets", label, "of"], within ? "BAD_VALUE" : "UNKNOWN_TOKEN", message, remedy));
    }
    if (chain.feeds[label]) {
      const remedy = `Remove it, and give ${of} a feed.`;
      found.push(finding([...at, "feeds", label], "CONFLICT", `${label} is priced by what it redeems`, remedy, "key"));
    }
  }
  for (const label of Object.keys(chain.feeds)) {
    if (!known(label)) {
      const remedy = didYouMean(label, symbols, `Add ${label} to assets, or remove the feed.`);
      found.push(
        finding([...at, "feeds", label], "UNKNOWN_TOKEN", `a feed for ${label}, which is no asset of this chain`, remedy, "key"),
      );
    }
  }
  for (const [label, { twap }] of Object.entries(chain.feeds)) {
    const pool = twap && chain.pools[twap.pool];
    if (!twap || (pool?.tokens.includes(label) && pool.tokens.every((token) => chain.feeds[token] !== undefined))) continue;
    const pools = Object.keys(chain.pools).filter((name) => chain.pools[name]?.tokens.includes(label));
    const remedy = didYouMean(twap.pool, pools, `Pools that trade ${label}: ${pools.join(", ") || "none"}.`);
    const message = pool
      ? `${twap.pool} does not trade ${label} against a token with a feed`
      : `${twap.pool} is no pool of this chain`;
    found.push(finding([...at, "feeds", label, "twap", "pool"], pool ? "BAD_VALUE" : "UNKNOWN_CONTRACT", message, remedy));
  }
  const markets = new Map<string, string>();
  for (const [label, { tokens, fee }] of Object.entries(chain.pools)) {
    const poolAt = [...at, "pools", label];
    for (const token of new Set(tokens)) {
      if (known(token)) continue;
      const remedy = didYouMean(token, symbols, "A pool's label starts with its two tokens, as assets name them: WETH-USDC.");
      found.push(
        finding(poolAt, "UNKNOWN_TOKEN", `${JSON.stringify(token)} in the label is no asset of this chain`, remedy, "key"),
      );
    }
    if (tokens[0] === tokens[1]) {
      found.push(finding(poolAt, "CONFLICT", "a pool of a token with itself", "Name its two tokens.", "key"));
    }
    const market = `${[...tokens].sort().join("-")} at fee ${fee}`;
    const first = markets.get(market);
    if (first !== undefined) {
      const message = `${first} is the pool of ${market} already`;
      found.push(finding(poolAt, "CONFLICT", message, "Keep one: a factory has one pool for two tokens and a fee.", "key"));
    }
    markets.set(market, first ?? label);
  }
  for (const [label, { kind }] of Object.entries(chain.contracts)) {
    if (TOKEN_KINDS.includes(kind)) {
      found.push(finding([...at, "contracts", label, "kind"], "BAD_VALUE", `a ${kind} is an asset`, "Move it under assets."));
    } else if (!isCallableKind(kind) && !READ_ONLY_KINDS.includes(kind)) {
      const kinds = [...CALLABLE_KINDS, ...READ_ONLY_KINDS];
      const remedy = didYouMean(kind, kinds, `Known kinds: ${kinds.join(", ")}.`);
      found.push(
        finding([...at, "contracts", label, "kind"], "BAD_VALUE", `${kind} is no kind of contract that is known`, remedy),
      );
    }
  }
  return [...found, ...sharedAddresses(chain, at)];
}

function sharedAddresses(chain: ChainBook, at: Path): readonly Finding[] {
  const owners = new Map<string, string>();
  const found: Finding[] = [];
  for (const section of ["assets", "contracts", "pools"] as const) {
    for (const [label, { address }] of Object.entries(chain[section])) {
      const owner = owners.get(address);
      // A synthetic's router and its token are one contract.
      if (owner !== undefined && section === "contracts" && isOwnToken(chain, label)) continue;
      if (owner !== undefined) {
        const path = [...at, section, label, "address"];
        found.push(finding(path, "CONFLICT", `${address} is ${owner} already`, "Write the address of each once."));
      }
      owners.set(address, owner ?? label);
    }
  }
  return found;
}

function finding(path: Path, code: Finding["code"], message: string, remedy: string, part: Finding["part"] = "value"): Finding {
  return { path, part, code, message, remedy };
}
