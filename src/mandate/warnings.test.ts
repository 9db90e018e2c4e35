import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { needsTwoRpcs } from "./needs-two-rpcs.ts";
import { type Change, parseSample } from "./testing/sample-mandate.ts";
import { warningsOf } from "./warnings.ts";

const codes = (...changes: readonly Change[]) => warningsOf(parseSample(...changes)).map(({ code }) => code);
const limit = (text: string): Change => ["  max_slippage_bps: 50", `  ${text}\n  max_slippage_bps: 50`];
const ENOUGH: readonly Change[] = [limit("exit_gas_usd_per_day: 6"), limit("max_exit_cost_bps: 105")];
const LIVE: Change = ["network: rehearsal", "network: base"];

test("an exit pot that pays for every lot of a full position passes, and a cent less is told", () => {
  // 6,000 in lots of 500 are twelve exits of $0.25, which half of the pot has to pay for.
  expect(codes(...ENOUGH)).toEqual([]);
  expect(codes(limit("exit_gas_usd_per_day: 5.99"), limit("max_exit_cost_bps: 105"))).toEqual(["EXIT_GAS"]);
  const cheap = warningsOf(parseSample(limit("exit_gas_usd_per_day: 0.24"), limit("max_exit_cost_bps: 105")), {
    gas_usd_per_exit: decimal("0.01"),
  });
  expect(cheap).toEqual([]);
});

test("exits that a lagging feed can make look too dear are told: the pool's fee and both feeds' errors", () => {
  // 5 of the pool, 50 and 50 of the feeds.
  expect(codes(limit("exit_gas_usd_per_day: 6"), limit("max_exit_cost_bps: 104"))).toEqual(["EXIT_COST"]);
  expect(codes(...ENOUGH)).toEqual([]);
});

test("a real network where more may be held than one endpoint is trusted with is told, and a rehearsal is not", () => {
  const above = (most: string) => [LIVE, ...ENOUGH, limit(`two_rpcs_above_usd: ${most}`)];
  expect(codes(...above("6000"))).toEqual([]);
  expect(codes(...above("5999.99"))).toEqual(["TWO_RPCS"]);
  expect(codes(...ENOUGH, limit("two_rpcs_above_usd: 0"))).toEqual([]);
  const two: Change = ["rpc: https://mainnet.base.org", "rpc: [https://mainnet.base.org, https://base.example.org]"];
  expect(codes(...above("0"), two)).toEqual([]);
});

test("what is really held is compared where it is known", () => {
  const { terms } = parseSample(LIVE);
  expect(needsTwoRpcs(terms, decimal(10_000))).toEqual([]);
  expect(needsTwoRpcs(terms, decimal("10000.01"))).toEqual(["base"]);
  expect(needsTwoRpcs(terms, "unbounded")).toEqual(["base"]);
  const withRpcs = (rpcs: string) =>
    parseSample(["network: rehearsal", "network: base"], ["rpc: https://mainnet.base.org", `rpc: ${rpcs}`]).terms;
  // Two URLs of one host are one word.
  expect(needsTwoRpcs(withRpcs("[https://mainnet.base.org/a, https://mainnet.base.org/b]"), "unbounded")).toEqual(["base"]);
  expect(needsTwoRpcs(withRpcs("[https://mainnet.base.org, https://base.example.org]"), "unbounded")).toEqual([]);
});
