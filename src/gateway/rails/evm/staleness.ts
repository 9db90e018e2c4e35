import { type Instant, MINUTE, SECOND } from "../../../core/clock.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import type { Unknown } from "../../../protocols/effects.ts";
import { unknown } from "../../../protocols/meaning.ts";
import type { Tip } from "./simulate.ts";

/** A chain may miss so many blocks in a row before its newest one counts as old. */
const MISSED_BLOCKS = 20;
/** Clocks of nodes and gateway differ by less than this, and no chain is held to a shorter time. */
const LEEWAY = MINUTE;

/**
 * What is wrong with a node's newest block: older or newer than the time allows, or farther back than one that the same
 * node gave before. A world's time is its own, and it may go back.
 *
 * @param highest - the highest block number that was seen before, if any.
 */
export function stalenessOf(
  { rpc, block_seconds, confirmations }: Pick<ChainBook, "rpc" | "block_seconds" | "confirmations">,
  tip: Tip,
  now: Instant,
  highest: bigint | null,
): readonly Unknown[] {
  if (rpc === "world") return [];
  const behind = now - Number(tip.timestamp) * SECOND;
  const longest = Math.max(MISSED_BLOCKS * block_seconds * SECOND, LEEWAY);
  const found: Unknown[] = [];
  if (behind > longest) {
    found.push(unknown("NODE_STALE", `the node's newest block is ${behind / SECOND} s old, more than ${longest / SECOND} s`));
  }
  if (-behind > LEEWAY) found.push(unknown("NODE_STALE", `the node's newest block is ${-behind / SECOND} s ahead of time`));
  if (highest !== null && highest - tip.number > BigInt(confirmations)) {
    found.push(unknown("NODE_STALE", `the node is at block ${tip.number} and has been at ${highest}`));
  }
  return found;
}
