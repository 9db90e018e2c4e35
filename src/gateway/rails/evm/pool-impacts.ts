import { decodeFunctionResult, encodeFunctionData, type Hex } from "viem";
import { type Address, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { ChainLabel, PoolImpact, Prices } from "../../../protocols/effects.ts";
import type { Meaning } from "../../../protocols/protocol.ts";
import { poolAbi } from "../../../protocols/uniswap-v3/abi.ts";
import { type Market, marketOf, offsetBps } from "../../../protocols/uniswap-v3/position.ts";
import type { Simulation, Watch } from "./simulate.ts";
import { vaultWatches } from "./vaults.ts";

/** Reads of the price of each pool that calls trade against: the watches of a simulation after those of the vaults. */
export function poolWatches(book: ChainBook, meanings: readonly Meaning[]): readonly Watch[] {
  const data = encodeFunctionData({ abi: poolAbi, functionName: "slot0" });
  return poolsOf(book, meanings).map(({ address }) => ({ to: address, data }));
}

/** Where those pools stand off the pinned price, before the calls and after. */
export function readImpacts(
  { chain, book, prices }: { readonly chain: ChainLabel; readonly book: ChainBook; readonly prices: Prices },
  meanings: readonly Meaning[],
  simulation: Simulation | null,
): readonly PoolImpact[] {
  const first = vaultWatches(book).length;
  return poolsOf(book, meanings).map(({ pool, market }, i) => {
    const offset = (answers: readonly (Hex | null)[] | undefined) => {
      const ratio = ratioOf(answers?.[first + i] ?? null);
      const known = market(chain);
      return known && ratio !== undefined ? offsetBps(known, prices, ratio) : null;
    };
    return { pool, before_bps: offset(simulation?.watchedBefore), after_bps: offset(simulation?.watchedAfter) };
  });
}

function poolsOf(book: ChainBook, meanings: readonly Meaning[]) {
  const labels = [...new Set(meanings.flatMap(({ pools }) => pools))];
  return labels.flatMap((pool) => {
    const entry = book.pools[pool];
    if (!entry) return [];
    const market = (chain: ChainLabel): Market | undefined => {
      const tokens = entry.tokens.flatMap((symbol) => book.assets[symbol]?.address ?? []);
      const [token0, token1] = tokens.map(lower).sort() as readonly (Address | undefined)[];
      return token0 && token1 && marketOf(chain, book, { token0, token1, fee: entry.fee });
    };
    return [{ pool, address: entry.address, market }];
  });
}

function ratioOf(answer: Hex | null): bigint | undefined {
  if (answer === null) return undefined;
  try {
    return decodeFunctionResult({ abi: poolAbi, functionName: "slot0", data: answer })[0];
  } catch {
    return undefined;
  }
}
