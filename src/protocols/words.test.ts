import { expect, test } from "vitest";
import { decodeRound, decodeStatus } from "./chainlink.ts";
import { wordsOf } from "./words.ts";

const word = (value: bigint) => BigInt.asUintN(256, value).toString(16).padStart(64, "0");
const answer = (...values: readonly bigint[]) => `0x${values.map(word).join("")}` as const;

test("an answer is read in words of 32 bytes, and nothing that is longer, shorter or no hex is one", () => {
  expect(wordsOf(answer(1n, 2n ** 256n - 1n), 2)).toEqual([1n, 2n ** 256n - 1n]);
  expect(wordsOf(answer(1n, 2n), 1)).toBeUndefined();
  expect(wordsOf(answer(1n), 2)).toBeUndefined();
  expect(wordsOf("0x", 1)).toBeUndefined();
  expect(wordsOf(`0x${"g".repeat(64)}`, 1)).toBeUndefined();
});

test("a feed's round has five words and its decimals one byte; an answer below zero is one", () => {
  expect(decodeRound(answer(1n, 123_456n, 3n, 4n, 1n), answer(3n))).toMatchObject({ updatedAt: 4_000 });
  expect(decodeRound(answer(1n, -5n, 3n, 4n, 1n), answer(0n))?.answer.toFixed()).toBe("-5");
  expect(decodeRound(answer(1n, 5n, 3n, 4n), answer(0n))).toBeUndefined();
  expect(decodeRound(answer(1n, 5n, 3n, 4n, 1n), answer(256n))).toBeUndefined();
  expect(decodeRound(answer(1n, 5n, 3n, 2n ** 64n, 1n), answer(8n))).toBeUndefined();
});

test("a sequencer's feed says up or down, since when, and nothing else", () => {
  expect(decodeStatus(answer(1n, 0n, 9n, 9n, 1n))).toEqual({ up: true, since: 9_000 });
  expect(decodeStatus(answer(1n, 1n, 9n, 9n, 1n))).toEqual({ up: false, since: 9_000 });
  expect(decodeStatus(answer(1n, 2n, 9n, 9n, 1n))).toBeUndefined();
  expect(decodeStatus(answer(1n, 0n, 0n, 9n, 1n))).toBeUndefined();
  expect(decodeStatus("0x")).toBeUndefined();
});
