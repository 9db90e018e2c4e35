import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { wantsStronger } from "./wants-stronger.ts";

const TERMS = { to: { provider: "p", id: "strong" }, drawdown_pct: decimal(5), price_pct: decimal(10), after_refusal: true };
const quiet = { value_usd: decimal(1000), facts: {} };
const calm = { high_water_usd: decimal(1000), recent: [] };
const refusal = { cycle: 1, at: 1, kind: "refused" as const, codes: [] };
const confirmed = { cycle: 2, at: 2, kind: "confirmed" as const, codes: [] };

test("a quiet market with the portfolio at its high is no reason", () => {
  expect(wantsStronger(TERMS, quiet, calm)).toBeNull();
});

test.each([
  ["949.99", "drawdown 5 %"],
  ["950", "drawdown 5 %"],
  ["950.01", null],
])("at a high of 1000 and a drawdown of 5 percent, a value of %s says %s", (value, expected) => {
  expect(wantsStronger(TERMS, { ...quiet, value_usd: decimal(value) }, calm)).toBe(expected);
});

test("a price that moved as far as the mandate says, up or down, is a reason, and less is none", () => {
  const moved = (share: string) => ({ ...quiet, facts: { price_changes: { "x/ETH": { "1h": "0.01", "24h": share } } } });
  expect(wantsStronger(TERMS, moved("-0.1"), calm)).toBe("a price has moved 10 %");
  expect(wantsStronger(TERMS, moved("0.0999"), calm)).toBeNull();
});

test("only the last request's refusal counts", () => {
  expect(wantsStronger(TERMS, quiet, { ...calm, recent: [refusal] })).toBe("the last request was refused");
  expect(wantsStronger(TERMS, quiet, { ...calm, recent: [refusal, confirmed] })).toBeNull();
  expect(wantsStronger({ ...TERMS, after_refusal: false }, quiet, { ...calm, recent: [refusal] })).toBeNull();
});
