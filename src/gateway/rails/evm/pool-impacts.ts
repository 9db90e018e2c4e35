import type { Hex } from "viem";
import { encodeFunctionData } from "viem/utils";
import { type Address, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { ChainLabel, PoolImpact, Prices } from "../../../protocols/effects.ts";
import type { Meaning } from "../../../protocols/protocol.ts";
import { poolAbi } from "../../../protocols/uniswap-v3/abi.ts";
import { type Market, marketOf, offsetFrom, pinnedRatio } from "../../../protocols/uniswap-v3/position.ts";
import { wordsOf } from "../../../protocols/words.ts";
import type { Simulation, Watch } from "./simulate.ts";
import { vaultWatches } from "./vaults.ts";

const SLOT0_WORDS = 7;
const SLOT0 = encodeFunctionData({ abi: poolAbi, functionName: "slot0" });

/** Reads of the price of each pool that calls trade against: the watches of a simulation after those of the vaults. */
export function poolWatches(book: ChainBook, meanings: readonly Meaning[]): readonly Watch[] {
  return poolsOf(book, meanings).map(({ address }) => ({ to: address, data: SLOT0 }));
}

/** Where those pools stand off the pinned price, before the calls and after. */
export function readImpacts(
  { chain, book, prices }: { readonly chain: ChainLabel; readonly book: ChainBook; readonly prices: Prices },
  meanings: readonly Meaning[],
  simulation: Simulation | null,
): readonly PoolImpact[] {
  const first = vaultWatches(book).length;
  return poolsOf(book, meanings).map(({ pool, market }, i) => {
    const known = market(chain);
    const pinned = known && pinnedRatio(known, prices);
    const offset = (answers: readonly (Hex | null)[] | undefined) => {
      const ratio = ratioOf(answers?.[first + i] ?? null);
      return pinned !== undefined && ratio !== undefined ? offsetFrom(pinned, ratio) : null;
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
  return answer === null ? undefined : wordsOf(answer, SLOT0_WORDS)?.[0];
}
