import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { explainMandate } from "../explain.ts";
import { MandateFileError } from "../mandate-file-error.ts";
import { parseMandate } from "../parse-mandate.ts";
import { termsFromJson, termsToJson } from "../terms-json.ts";
import { EXCHANGE_MANDATE } from "../testing/exchange-judging.ts";
import { worstCase } from "../worst-case.ts";

const parse = (...[from, to]: [string, string] | []) =>
  parseMandate(from === undefined || to === undefined ? EXCHANGE_MANDATE : EXCHANGE_MANDATE.replace(from, to), {
    file: "MANDATE.md",
  });

function problems(from: string, to: string): readonly string[] {
  if (!EXCHANGE_MANDATE.includes(from)) throw new TypeError(`the text has no ${from}`);
  try {
    parse(from, to);
    return [];
  } catch (error) {
    if (!(error instanceof MandateFileError)) throw error;
    return error.problems.map(({ path, code }) => `${path} ${code}`);
  }
}

test("a mandate of an exchange needs no chain and no token, and has the documented defaults", () => {
  const { terms, rehearsal } = parse();
  expect(rehearsal).toBe(false);
  expect(terms.limits).toMatchObject({
    allowed_markets: ["BTC:perp", "ETH:perp", "HYPE:perp", "HYPE:spot"],
    max_leverage: decimal(2),
    margin_mode: "isolated",
    max_unhedged_usd: decimal(500),
    max_open_orders: decimal(20),
    min_liquidation_distance_pct: decimal(10),
    order_expiry_seconds: decimal(3600),
    allow_schedule_cancel: false,
  });
  expect(terms.book.exchanges.hl).toMatchObject({ fee_bps: { perp: decimal("4.5"), spot: decimal(7) }, max_age: 60_000 });
  expect(termsToJson(termsFromJson(termsToJson(terms)))).toEqual(termsToJson(terms));
});

test.each([
  ["  max_margin_at_risk_usd: 1000\n", "", "limits.max_margin_at_risk_usd MISSING_KEY"],
  ["  max_daily_loss_usd: 60\n", "  max_daily_loss_usd: 60\n  max_gas_usd_per_day: 5\n", "limits.max_gas_usd_per_day CONFLICT"],
  ["  max_daily_loss_usd: 60\n", "  max_daily_loss_usd: 60\n  max_leverage: unlimited\n", "limits.max_leverage MUST_BE_FINITE"],
  [
    "  max_daily_loss_usd: 60\n",
    '  max_daily_loss_usd: 60\n  allowed_markets: ["DOGE:perp"]\n',
    "limits.allowed_markets.0 UNKNOWN_CONTRACT",
  ],
  ["        network: mainnet\n", "", "networks.main.exchanges.hl MISSING_KEY"],
  ["https://api.hyperliquid.xyz", "world", "networks.main.exchanges.hl.network CONFLICT"],
  ["asset: 10107", "asset: 0", "networks.main.exchanges.hl.markets.HYPE:spot.asset CONFLICT"],
  [", priced_by: HYPE", "", "networks.main.exchanges.hl.markets.HYPE:spot MISSING_KEY"],
  ["numeraire: USDC", "numeraire: USDT", "numeraire BAD_VALUE"],
  ["venue: hyperliquid", "venue: evm", "networks.main.exchanges CONFLICT"],
])("%j as %j is refused: %s", (from, to, problem) => {
  expect(problems(from, to)).toContain(problem);
});

test("its worst case is finite, names what liquidations take, and says whose word it rests on", () => {
  const mandate = parse();
  const worst = worstCase(mandate.terms, { value_usd: decimal(5000) });
  expect([worst.per_trade, worst.per_day, worst.in_all].map(({ total_usd }) => total_usd === "unbounded")).toEqual([
    false,
    false,
    false,
  ]);
  expect(worst.in_all.terms.find(({ name }) => name === "margin")?.usd).toEqual(decimal(1000));
  expect(explainMandate(mandate)).toContain("trusts https://api.hyperliquid.xyz entirely");
});
