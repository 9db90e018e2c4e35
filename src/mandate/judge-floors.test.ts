import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import type { Effects } from "../protocols/effects.ts";
import { judge } from "./judge.ts";
import type { Limits } from "./terms.ts";
import { budgetsWith, delta, effectsWith, NOW, PRICES, swapCall, termsWith } from "./testing/judging.ts";

const usd = (amount: string | number) => decimal(amount);

function verdictOf({ effects, limits = {} }: { readonly effects: Effects; readonly limits?: Partial<Limits> }) {
  return judge(termsWith(limits), effects, PRICES, budgetsWith(), NOW);
}

function codes(given: Parameters<typeof verdictOf>[0]): readonly string[] {
  const verdict = verdictOf(given);
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}

test("what the bytes guarantee nothing for is refused, unless the contract is trusted: then it is spend and no loss", () => {
  const effects = effectsWith({
    deltas: [delta("base/USDC", -100)],
    unfloored: [{ contract: "vUSDC", account: "wallet", asset: "base/USDC", amount: decimal(100) }],
  });
  expect(codes({ effects })).toEqual(["NO_FLOOR"]);
  expect(codes({ effects, limits: { max_slippage_bps: usd(50), max_daily_loss_usd: usd(60) } })).toEqual([
    "NO_FLOOR",
    "SLIPPAGE",
    "DAILY_LOSS",
  ]);
  const trusting = { allow_unfloored: ["vUSDC"], max_slippage_bps: usd(0), max_daily_loss_usd: usd(0) };
  expect(verdictOf({ effects, limits: trusting })).toMatchObject({ kind: "allow", atWorst: { class: "spend" } });
  expect(codes({ effects, limits: { ...trusting, max_daily_spend_usd: usd("99.99") } })).toEqual(["DAILY_SPEND"]);
  expect(codes({ effects, limits: { ...trusting, max_single_trade_usd: usd("99.99") } })).toEqual(["TRADE_TOO_LARGE"]);
});

test("liquidity goes into a pool at max_slippage_bps from the pinned price and no further", () => {
  const at = (bps: string | null) => effectsWith({ pools: [{ pool: "WETH-USDC", bps: bps === null ? null : decimal(bps) }] });
  const limits = { max_slippage_bps: usd(50) };
  expect(codes({ effects: at("50"), limits })).toEqual([]);
  expect(codes({ effects: at("50.0001"), limits })).toEqual(["SLIPPAGE"]);
  expect(codes({ effects: at(null), limits })).toEqual(["SLIPPAGE"]);
});

test("liquidity that is turned into what it holds is reducing within the exit cost, and a trade beyond it", () => {
  const out = (floor: string) =>
    effectsWith({
      calls: [swapCall({ contract: "router", kind: "uniswap-v3-positions", function: "decreaseLiquidity" })],
      deltas: [
        { account: "positions", asset: "base/WETH", least: decimal("-0.4"), most: decimal("-0.4") },
        { account: "positions.owed", asset: "base/WETH", least: decimal(floor), most: decimal("0.41") },
      ],
    });
  const limits = { max_exit_cost_bps: usd(100) };
  expect(verdictOf({ effects: out("0.396"), limits }).kind).toBe("allow");
  expect(verdictOf({ effects: out("0.396"), limits })).toMatchObject({ atWorst: { class: "reduce" } });
  expect(verdictOf({ effects: out("0.3959"), limits })).toMatchObject({ atWorst: { class: "spend" } });
});
