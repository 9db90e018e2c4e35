import type { Hex } from "../core/hex.ts";

const WORDS = /^0x[0-9a-fA-F]*$/;

/** An answer of exactly `count` words of 32 bytes, each as an unsigned number. Undefined: it is not that. */
export function wordsOf(answer: Hex, count: number): readonly bigint[] | undefined {
  if (answer.length !== 2 + 64 * count || !WORDS.test(answer)) return undefined;
  return Array.from({ length: count }, (_, i) => BigInt(`0x${answer.slice(2 + 64 * i, 66 + 64 * i)}`));
}
