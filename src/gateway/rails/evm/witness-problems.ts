import type { Instant } from "../../../core/clock.ts";
import { type Address, type Hash, type Hex, lower } from "../../../core/hex.ts";
import { hashOf } from "../../../core/json.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { AccountId, ChainLabel, Prices, Unknown } from "../../../protocols/effects.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { readPrices } from "../../../protocols/prices.ts";
import { pinnedAddresses, readCode } from "./code.ts";
import { type HoldingSource, readHoldings } from "./read-holdings.ts";

/** What endpoints of one chain must agree on, each by a hash. */
interface Testimony {
  readonly block: string;
  readonly code: Hash;
  readonly holdings: Hash;
  readonly prices: Hash;
}

export interface WitnessParameters {
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly block: Hex;
  readonly now: Instant;
}

/**
 * Where endpoints of one chain do not say the same of one block: its hash, the code of what is pinned, what the own
 * accounts hold, and prices.
 *
 * @throws {RpcError} one of them cannot be reached.
 */
export async function witnessProblems(
  rpc: RpcClient,
  witnesses: readonly RpcClient[],
  parameters: WitnessParameters,
): Promise<readonly Unknown[]> {
  if (witnesses.length === 0) return [];
  const [first, ...others] = await Promise.all([rpc, ...witnesses].map((one) => testify(one, parameters)));
  const what: readonly (keyof Testimony)[] = ["block", "code", "holdings", "prices"];
  return others.flatMap((other, i) =>
    what
      .filter((about) => first?.[about] !== other[about])
      .map((about) => {
        const names = `${hostOf(rpc)} and ${hostOf(witnesses[i] ?? rpc)}`;
        return unknown("RPC_DISAGREES", `${names} do not say the same of block ${BigInt(parameters.block)}: ${about}`);
      }),
  );
}

async function testify(rpc: RpcClient, { chain, book, accounts, block, now }: WitnessParameters): Promise<Testimony> {
  const source: HoldingSource = { rpc, chain, book, accounts };
  const [header, code, holdings, prices] = await Promise.all([
    rpc.request<{ readonly hash: Hex } | null>("eth_getBlockByNumber", [block, false]),
    readCode(rpc, Object.values(pinnedAddresses(book)), block),
    readHoldings(source, block),
    readPrices(rpc, chain, book, block, now),
  ]);
  return {
    block: header ? lower(header.hash) : "none",
    code: hashOf(code),
    holdings: hashOf(holdings),
    prices: hashOf(pricesSaid(prices)),
  };
}

/** Reasons name endpoints and addresses; what matters is the figure, or that there is none. */
function pricesSaid(prices: Prices): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(prices).map(([asset, price]) => [asset, "usd" in price ? price.usd.toFixed() : price.missing]),
  );
}

function hostOf({ url }: RpcClient): string {
  return URL.canParse(url) ? new URL(url).host : "an endpoint";
}
