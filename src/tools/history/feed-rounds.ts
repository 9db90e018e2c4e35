import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem/utils";
import { type Clock, type Instant, SECOND } from "../../core/clock.ts";
import { fromUnits } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { Terms } from "../../mandate/terms.ts";
import { splitAssetId } from "../../protocols/effects.ts";
import { type RpcClient, RpcError } from "../../protocols/json-rpc.ts";
import { resample } from "../resample.ts";
import type { PriceHistoryReads, PricePoint } from "../tool-context.ts";

const abi = parseAbi([
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function getRoundData(uint80 roundId) view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

/** Rounds that are read at most. */
const MOST_ROUNDS = 300n;
/** A phase of a proxy counts its rounds from 1 in the low 64 bits. */
const IN_PHASE = 2n ** 64n;

export interface FeedRoundsParameters {
  readonly terms: Pick<Terms, "book">;
  readonly rpcs: Readonly<Record<string, RpcClient>>;
  readonly clock: Clock;
}

/**
 * The history that a chain itself keeps: the rounds of the feeds that the mandate pins. It is there from the first call
 * on, the same for everybody, and no older than the feed's current phase.
 */
export function feedRounds({ terms, rpcs, clock }: FeedRoundsParameters): PriceHistoryReads {
  return {
    async series(asset, spacing, most) {
      const { chain, symbol } = splitAssetId(asset);
      const book = terms.book.chains[chain];
      const rpc = rpcs[chain];
      const feed = book?.feeds[book.native.symbol === symbol ? book.native.priced_as : symbol];
      if (!book || !rpc || !feed) return null;
      const points = await readRounds(rpc, feed.address);
      return {
        source: `rounds of the feed ${feed.address} on ${chain}`,
        points: resample(points, spacing, most, await clock.now()),
      };
    },
  };
}

async function readRounds(rpc: RpcClient, feed: Address): Promise<readonly PricePoint[]> {
  const call = (data: Hex) => rpc.request<Hex>("eth_call", [{ to: feed, data }, "latest"]);
  const [latest, places] = await Promise.all([
    call(encodeFunctionData({ abi, functionName: "latestRoundData" })),
    call(encodeFunctionData({ abi, functionName: "decimals" })),
  ]);
  const decimals = decodeFunctionResult({ abi, functionName: "decimals", data: places });
  const [newest] = decodeFunctionResult({ abi, functionName: "latestRoundData", data: latest });
  const rounds = Number(newest % IN_PHASE < MOST_ROUNDS ? newest % IN_PHASE : MOST_ROUNDS);
  const ids = Array.from({ length: rounds }, (_, back) => newest - BigInt(rounds - 1 - back));
  const read = await Promise.all(ids.map((id) => roundOrNull(call, id, decimals)));
  return read.flatMap((point) => (point ? [point] : [])).toSorted((a, b) => a.at - b.at);
}

/** Null: the feed has forgotten the round, or never finished it. */
async function roundOrNull(call: (data: Hex) => Promise<Hex>, id: bigint, decimals: number): Promise<PricePoint | null> {
  try {
    const data = await call(encodeFunctionData({ abi, functionName: "getRoundData", args: [id] }));
    const [, answer, , updatedAt] = decodeFunctionResult({ abi, functionName: "getRoundData", data });
    if (answer <= 0n || updatedAt === 0n) return null;
    return { at: (Number(updatedAt) * SECOND) as Instant, close: fromUnits(answer, decimals) };
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode !== null) return null;
    throw error;
  }
}
