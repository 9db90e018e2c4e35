import { encodeFunctionResult, type Hex, parseAbi } from "viem";
import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { RpcClient } from "./json-rpc.ts";
import { sequencerProblem } from "./price-checks.ts";
import { type Feed, judgeRound } from "./prices.ts";

const NOW = Date.UTC(2026, 0, 5);
const ADDRESS = "0x7777777777777777777777777777777777777777";
const times = { now: NOW, stamped: NOW };
const WETH: Feed = { kind: "chainlink", address: ADDRESS, max_age: HOUR, deviation_bps: decimal(50) };
const USDC: Feed = { kind: "peg", peg: decimal(1), band_bps: decimal(50), address: ADDRESS, max_age: HOUR };

const says = (feed: Feed, answer: string, updatedAt = NOW) =>
  judgeRound(feed, { answer: decimal(answer), updatedAt }, "X", times);

test("an answer is a price until it is as old as its feed may be, and not a millisecond longer", () => {
  expect(says(WETH, "3000", NOW - HOUR)).toEqual({ usd: decimal(3000), error_bps: decimal(50), at: NOW - HOUR });
  expect(says(WETH, "3000", NOW - HOUR - 1)).toMatchObject({ missing: "PRICE_STALE", last_usd: decimal(3000) });
});

test.each(["0", "-1", "-3000"])("an answer of %s is none, and no way home goes by it", (answer) => {
  const price = says(WETH, answer);
  expect(price).toMatchObject({ missing: "PRICE_UNKNOWN" });
  expect(price).not.toHaveProperty("last_usd");
});

test("an answer is dated no later than the block that it is read at", () => {
  const at = (updatedAt: number) =>
    judgeRound(WETH, { answer: decimal(3000), updatedAt }, "X", { now: NOW, stamped: NOW - MINUTE });
  expect(at(NOW - MINUTE)).toHaveProperty("usd");
  expect(at(NOW - MINUTE + SECOND)).toMatchObject({ missing: "PRICE_UNKNOWN" });
});

test("a peg holds at the edge of its band, on either side, and breaks past it", () => {
  for (const answer of ["0.995", "1.005"]) expect(says(USDC, answer)).toMatchObject({ usd: decimal(1), error_bps: decimal(50) });
  for (const answer of ["0.99499999", "1.00500001"])
    expect(says(USDC, answer)).toMatchObject({ missing: "PEG_BROKEN", last_usd: decimal(answer) });
});

const round = parseAbi(["function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)"]);

/** A node that says this of the sequencer. */
function uptime(answer: bigint, since: number): RpcClient {
  const at = BigInt(since / SECOND);
  const data = encodeFunctionResult({ abi: round, result: [1n, answer, at, at, 1n] });
  return { url: "http://node.invalid", request: async <T>() => data as Hex as T } as RpcClient;
}

test("after the sequencer is back there is no price until its grace is over, to the second, and none by a date to come", async () => {
  const problem = (answer: bigint, since: number, stamped = NOW) =>
    sequencerProblem(uptime(answer, since), { address: ADDRESS, grace: HOUR }, "latest", { now: NOW, stamped });
  expect(await problem(0n, NOW - HOUR)).toBeUndefined();
  expect(await problem(0n, NOW - HOUR + SECOND)).toMatchObject({ missing: "PRICE_UNKNOWN" });
  expect(await problem(1n, NOW - 9 * HOUR)).toMatchObject({ missing: "PRICE_UNKNOWN" });
  const early = NOW - 2 * HOUR;
  expect(await problem(0n, early, early)).toBeUndefined();
  expect(await problem(0n, early + SECOND, early)).toMatchObject({ reason: expect.stringContaining("after the block") });
});
