import { expect, test } from "vitest";
import { HOUR } from "../../../src/core/clock.ts";
import { bookScene, build, liquidate, nextDay, pitOf, printedAt, setLeverage, worthAt } from "./support/book-optimise.ts";
import type { BookLimits } from "./support/moves.ts";
import { heldIn, type Trade } from "./support/requests.ts";

const LIMITS: BookLimits = {
  allowed_markets: '["ETH:perp", "PURR:perp", "HYPE:spot"]',
  max_single_trade_usd: 1_000,
  max_daily_spend_usd: 1_000,
  max_daily_loss_usd: 10,
  max_position_size_usd: 2_000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_leverage: 2,
  margin_mode: "isolated",
  max_margin_at_risk_usd: 1_000,
  max_unhedged_usd: 1_000,
  max_open_orders: 10,
  min_liquidation_distance_pct: 5,
  order_expiry_seconds: 3_600,
  stop_loss_pct: 3,
  max_consecutive_failures: 20,
  allow_schedule_cancel: false,
};

test("a mark that an accomplice lifts is no gain: the high-water mark and the drawdown go by the oracle", async () => {
  await using at = await bookScene(LIMITS);
  const purr = pitOf("PURR:perp");
  await setLeverage(at, 2);
  await build(at, purr, true);
  const { gateway, wallet } = at.house.opened;
  await at.floor.drag(purr, 1.6, 60);
  const told = at.house.exchange.exchange.perpState(at.house.account.address).marginSummary.accountValue;
  expect(Number(told)).toBeGreaterThan(7_400);
  await gateway.open(wallet);
  const { high_water_usd } = await gateway.state(wallet);
  expect(high_water_usd?.toNumber()).toBeLessThan(10_001);
});

test("funding that a thin coin's book makes takes no more in a day than is printed, whatever margin is added to feed it", async () => {
  await using at = await bookScene(LIMITS);
  const { house, floor } = at;
  const purr = pitOf("PURR:perp");
  await setLeverage(at, 2);
  for (let day = 0; day < 3; day += 1) {
    await build(at, purr, true);
    await nextDay(at);
  }
  expect(heldIn(house, purr).times(floor.truth(purr)).toNumber()).toBeGreaterThan(1_900);
  const start = worthAt(at);
  const { per_day } = printedAt(at);
  floor.quote(purr, floor.truth(purr).times("1.6"));
  let added = 0;
  for (let hour = 0; hour < 23; hour += 1) {
    await house.exchange.advance((await house.exchange.now()) + HOUR);
    for (const usd of [500, 200, 60, 11]) {
      const put: Trade = { type: "updateIsolatedMargin", asset: purr.asset, isBuy: true, ntli: usd * 1_000_000 };
      if ((await house.act(put)).kind === "confirmed") added += usd;
    }
  }
  await liquidate(at, purr);
  const lost = start.minus(worthAt(at));
  console.info(
    `funding and liquidation took ${lost.toFixed(2)}, ${added} of it added on the way, of ${String(per_day.total_usd)}`,
  );
  expect(per_day.total_usd !== "unbounded" && lost.lte(per_day.total_usd)).toBe(true);
}, 60_000);
