import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { explainMandate } from "./explain.ts";
import { explainJson } from "./explain-json.ts";
import { arbitraryTerms } from "./testing/arbitrary-terms.ts";
import { parseSample } from "./testing/sample-mandate.ts";

test("the explanation says what may be held, called and paid, who is asked, and the worst case with its terms", () => {
  const model = { usd_per_call: decimal("0.0013"), share_of_cycles: decimal("0.1") };
  expect(explainMandate(parseSample(), { model })).toBe(
    `
sample   evm · rehearsal · every 60s · anthropic/claude-sonnet-4-5

  may hold      WETH, USDC · nothing else, by address

  may call      base/router: swaps to the wallet itself, with floor and deadline in the bytes
                approve of WETH and USDC to router, exact amounts; spend while they last

  may pay       no one: no recipient but the wallet itself

  asks you      above $400 a trade

  worst case    if the model were fully hostile, at pinned prices:
                $12.50 a trade · $197 a day · $654.50 in all
                a trade     $12.50
                  slippage    $2.50     50 bps × $500
                  feed error  $5        100 bps (WETH + USDC) × $500
                  gas         $5
                a day       $197
                  slippage    $10       50 bps × $2,000
                  exits       $80       100 bps × $8,000
                  feed error  $100      100 bps (WETH + USDC) × ($2,000 bought + $8,000 sold)
                  gas         $5
                  exit gas    $2
                in all      $654.50
                  at the stop $480      8 % × $6,000
                  last trade  $7.50     50 bps × $500 + 100 bps (WETH + USDC) × $500
                  exits       $80       100 bps × $8,000
                  feed error  $80       100 bps (WETH + USDC) × $8,000
                  gas         $5
                  exit gas    $2
                in WETH, USDC, ETH
                to: whoever stands in pool base/WETH-USDC 0x6666…6666
                  base's fees
                rests on: base: the world's own chain; nothing real is at stake
                  the code of the contracts and pools named in the book, as pinned
                  the feed of base/WETH answers within 50 bps of the truth, at most 1h ago
                  base/USDC is worth $1 to within 50 bps, as its feed says at most 25h ago
                  the accounts hold no more than the position limits allow, $6,000, at their high;
                    each $1,000 above that adds $80 in all
                  no position is above max_position_size_usd at the start of the day
                  what the market does to what is held is not in it
                  in all is how far the account can fall below its high; while prices that rise or
                    lag make up for what trades lose, no stop sees it: over several days at most the
                    day's figure for each day

  model         at most $1 a day; about $0.19 at this cadence, 9 of 10 cycles need no call

  defaults      max_exit_cost_bps 100 · cooldown_seconds 300 · max_consecutive_failures 3 ·
                  max_actions_per_plan 10 · exit_gas_usd_per_day 2 · max_deadline_seconds 300
                  (write them to change them)`.trimStart(),
  );
});

test("a real network is called real money, and its RPC's word is what the figure rests on", () => {
  const text = explainMandate(parseSample(["network: rehearsal", "network: base"]));
  expect(text).toContain("evm · base · real money");
  expect(text).toContain("the word of one RPC, mainnet.base.org");
});

test("a loss without a bound is said to be unbounded, with the limit to set", () => {
  const text = explainMandate(
    parseSample(
      ["max_daily_spend_usd: 2000", "max_daily_spend_usd: unlimited"],
      ["max_trades_per_hour: 6", "max_trades_per_hour: unlimited"],
    ),
  );
  expect(text).toContain("unbounded a day");
  expect(text).toContain("unbounded: set max_daily_spend_usd");
});

test("no line is wider than 100 columns, whatever the limits", () => {
  const mandate = parseSample();
  fc.assert(
    fc.property(arbitraryTerms, (terms) => {
      for (const line of explainMandate({ ...mandate, terms }).split("\n")) expect([...line].length).toBeLessThanOrEqual(100);
    }),
  );
});

test("the document for machines has exact figures as text and the hash of the terms", () => {
  expect(explainJson(parseSample())).toMatchObject({
    schema_version: 1,
    id: "sample",
    rehearsal: true,
    worst_case: { per_trade: { total_usd: "12.5" }, per_day: { total_usd: "197" }, in_all: { total_usd: "654.5" } },
    terms_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
