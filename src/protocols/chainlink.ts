import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from "viem";
import { type Instant, SECOND } from "../core/clock.ts";
import { type Decimal, fromUnits } from "../core/decimal.ts";

const abi = parseAbi([
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

export const latestRoundCall: Hex = encodeFunctionData({ abi, functionName: "latestRoundData" });
export const decimalsCall: Hex = encodeFunctionData({ abi, functionName: "decimals" });

export interface Round {
  /** The answer in the feed's unit, exact. */
  readonly answer: Decimal;
  readonly updatedAt: Instant;
}

/** A feed's two answers, decoded; undefined where they are not a feed's. */
export function decodeRound(round: Hex, decimals: Hex): Round | undefined {
  try {
    const [, answer, , updatedAt] = decodeFunctionResult({ abi, functionName: "latestRoundData", data: round });
    const places = decodeFunctionResult({ abi, functionName: "decimals", data: decimals });
    if (updatedAt > 8_640_000_000_000n) return undefined;
    return { answer: fromUnits(answer, places), updatedAt: Number(updatedAt) * SECOND };
  } catch {
    return undefined;
  }
}
