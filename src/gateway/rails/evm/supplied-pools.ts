import { decodeFunctionResult, encodeFunctionData, toHex } from "viem/utils";
import { type Hex, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { ChainLabel, PoolDistance, Prices } from "../../../protocols/effects.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";
import type { Meaning } from "../../../protocols/protocol.ts";
import { poolAbi } from "../../../protocols/uniswap-v3/abi.ts";
import { distanceBps, marketOf } from "../../../protocols/uniswap-v3/position.ts";
import type { Tip } from "./simulate.ts";

/** How far the pools that calls put liquidity into stand off the pinned price, at the block that is built upon. */
export async function readSupplied(
  {
    rpc,
    chain,
    book,
    prices,
    tip,
  }: {
    readonly rpc: RpcClient;
    readonly chain: ChainLabel;
    readonly book: ChainBook;
    readonly prices: Prices;
    readonly tip: Tip;
  },
  meanings: readonly Meaning[],
): Promise<readonly PoolDistance[]> {
  const labels = [...new Set(meanings.flatMap(({ supplies }) => supplies))];
  return Promise.all(
    labels.map(async (pool): Promise<PoolDistance> => {
      const entry = book.pools[pool];
      const tokens = entry?.tokens.flatMap((symbol) => book.assets[symbol]?.address ?? []) ?? [];
      const [token0, token1] = tokens.map(lower).sort();
      if (!entry || !token0 || !token1) return { pool, bps: null };
      const market = marketOf(chain, book, { token0, token1, fee: entry.fee });
      const ratio = await ratioOf(rpc, entry.address, toHex(tip.number));
      return { pool, bps: market && ratio !== undefined ? distanceBps(market, prices, ratio) : null };
    }),
  );
}

async function ratioOf(rpc: RpcClient, address: Hex, block: Hex): Promise<bigint | undefined> {
  try {
    const data = encodeFunctionData({ abi: poolAbi, functionName: "slot0" });
    const answer = await rpc.request<Hex>("eth_call", [{ to: address, data }, block]);
    return decodeFunctionResult({ abi: poolAbi, functionName: "slot0", data: answer })[0];
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode === null) throw error;
    return undefined;
  }
}
