import { expect, test } from "vitest";
import { diffTerms } from "./diff-terms.ts";
import { termsFromJson, termsToJson } from "./terms-json.ts";
import { parseSample } from "./testing/sample-mandate.ts";
import { worstCase } from "./worst-case.ts";

const ONE = "rpc: https://mainnet.base.org";
const TWO = "rpc: [https://mainnet.base.org, https://base.example.org]";
const FEED =
  'max_age: 1h, deviation_bps: 50 }\n          USDC: { peg: 1.00, band_bps: 50, feed: "0x8888888888888888888888888888888888888888" }\n---';
const onBase = ["network: rehearsal", "network: base"] as const;

test("several endpoints are read, kept in the terms, and what still rests on the first is said", () => {
  const { terms } = parseSample(onBase, [ONE, TWO]);
  expect(terms.book.chains.base).toMatchObject({ rpc: "https://mainnet.base.org", witnesses: ["https://base.example.org"] });
  expect(termsFromJson(JSON.parse(JSON.stringify(termsToJson(terms))))).toEqual(terms);
  const { rests_on } = worstCase(terms);
  expect(rests_on[0]).toContain("2 RPCs");
  expect(worstCase(parseSample(onBase).terms).rests_on[0]).toBe("base: the word of one RPC, mainnet.base.org, entirely");
});

test("an endpoint less, and a check of a feed less, let more through", () => {
  const checked = FEED.replace("50 }", "50, min: 100, max: 100000, twap: { pool: WETH-USDC, window: 30m, band_bps: 100 } }");
  const [less, more] = [parseSample(onBase, [ONE, ONE]).terms, parseSample(onBase, [ONE, TWO], [FEED, checked]).terms];
  const changes = diffTerms(more, less);
  expect(changes.length).toBeGreaterThan(4);
  expect(changes.every(({ effect }) => effect === "wider")).toBe(true);
  expect(termsFromJson(JSON.parse(JSON.stringify(termsToJson(more))))).toEqual(more);
});

test("a vault less that is trusted lets less through", () => {
  const { terms } = parseSample();
  const trusting = { ...terms, limits: { ...terms.limits, allow_unfloored: ["vUSDC"] } };
  expect(diffTerms(trusting, terms)).toMatchObject([{ path: "limits.allow_unfloored[vUSDC]", effect: "narrower" }]);
  expect(diffTerms(terms, trusting)).toMatchObject([{ effect: "wider" }]);
});
