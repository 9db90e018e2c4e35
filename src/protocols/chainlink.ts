import type { Hex } from "viem";
import { encodeFunctionData, parseAbi } from "viem/utils";
import { type Instant, SECOND } from "../core/clock.ts";
import { type Decimal, fromUnits } from "../core/decimal.ts";
import { wordsOf } from "./words.ts";

const abi = parseAbi([
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
]);

/** What is beyond has no instant. */
const LAST_SECOND = 8_640_000_000_000n;
/** Of a `uint8`. */
const MOST_PLACES = 255n;
const ROUND_WORDS = 5;

export const latestRoundCall: Hex = encodeFunctionData({ abi, functionName: "latestRoundData" });
export const decimalsCall: Hex = encodeFunctionData({ abi, functionName: "decimals" });

export interface Round {
  /** The answer in the feed's unit, exact. */
  readonly answer: Decimal;
  readonly updatedAt: Instant;
}

/** Whether a layer 2's sequencer is up, and since when it is that. Undefined: not an uptime feed's answer. */
export function decodeStatus(round: Hex): { readonly up: boolean; readonly since: Instant } | undefined {
  const [, answer, startedAt = 0n] = wordsOf(round, ROUND_WORDS) ?? [];
  if (startedAt === 0n || startedAt > LAST_SECOND || (answer !== 0n && answer !== 1n)) return undefined;
  return { up: answer === 0n, since: Number(startedAt) * SECOND };
}

/** A feed's two answers, decoded; undefined where they are not a feed's. */
export function decodeRound(round: Hex, decimals: Hex): Round | undefined {
  const [, answer, , updatedAt] = wordsOf(round, ROUND_WORDS) ?? [];
  const [places] = wordsOf(decimals, 1) ?? [];
  if (answer === undefined || updatedAt === undefined || places === undefined) return undefined;
  if (updatedAt > LAST_SECOND || places > MOST_PLACES) return undefined;
  return { answer: fromUnits(BigInt.asIntN(256, answer), Number(places)), updatedAt: Number(updatedAt) * SECOND };
}
