import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { assetsOf } from "./asset-terms.ts";
import { termsWith } from "./testing/judging.ts";

test("native coin, tokens, cash and what the book does not name are each told from the terms alone", () => {
  const assetOf = assetsOf(termsWith());
  expect(assetOf("base/ETH")).toMatchObject({ underlying: "base/WETH", native: true, cash: false, allowed: false });
  expect(assetOf("base/WETH")).toMatchObject({ underlying: "base/WETH", native: false, cash: false, allowed: true });
  expect(assetOf("base/USDC")).toMatchObject({ underlying: "base/USDC", cash: true, allowed: true });
  expect(assetOf("base/lp:positions:7")).toMatchObject({ underlying: "base/lp:positions:7", cash: false, allowed: false });
  expect(assetOf("nowhere/ETH")).toMatchObject({ chain: "nowhere", symbol: "ETH", underlying: "nowhere/ETH", native: false });
});

test("terms that allow other tokens are told apart, though their book is the same", () => {
  const [one, other] = [termsWith(), termsWith({ allowed_tokens: ["USDC", "GOV"] })];
  expect([assetsOf(one)("base/GOV").allowed, assetsOf(other)("base/GOV").allowed]).toEqual([false, true]);
  expect([assetsOf(one)("base/WETH").allowed, assetsOf(other)("base/WETH").allowed]).toEqual([true, false]);
});

test("limits in units stand in for a price only where both are set and the book names no feed, whatever a token is called", () => {
  const units = { GOV: decimal(5), WETH: decimal(5) };
  const both = assetsOf(termsWith({ max_single_trade: units, max_daily_spend: units }));
  const one = assetsOf(termsWith({ max_daily_spend: units }));
  expect([both("base/GOV"), both("base/WETH"), one("base/GOV")].map(({ needsNoPrice }) => needsNoPrice)).toEqual([
    true,
    false,
    false,
  ]);
  expect([one("base/GOV"), one("base/USDC"), one("base/constructor")].map(({ hasUnitLimit }) => hasUnitLimit)).toEqual([
    true,
    false,
    false,
  ]);
  expect([one("base/lp:positions:7").counts, one("base/GOV").counts, one("base/WETH").counts]).toEqual([true, false, true]);
});
