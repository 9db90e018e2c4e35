import { expect, test } from "vitest";
import { HOUR } from "../../../src/core/clock.ts";
import { operatorAt } from "../../../src/gateway/operator/operator-desk.ts";
import {
  type BookScene,
  bookScene,
  build,
  liquidate,
  marginOf,
  nextDay,
  pitOf,
  printedAt,
  setLeverage,
  worthAt,
} from "./support/book-optimise.ts";
import type { Pit } from "./support/floor.ts";
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

async function put({ house }: BookScene, pit: Pit, usd: number): Promise<string> {
  const action: Trade = { type: "updateIsolatedMargin", asset: pit.asset, isBuy: true, ntli: usd * 1_000_000 };
  return (await house.act(action)).kind;
}

/** Feeds what is held of a thin coin as often as anything passes, while its book makes the funding. Returns what went in. */
async function feed(at: BookScene, pit: Pit, hours: number): Promise<number> {
  const { house, floor } = at;
  floor.quote(pit, floor.truth(pit).times("1.6"));
  let added = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    await house.exchange.advance((await house.exchange.now()) + HOUR);
    // What the book makes of the mark stands behind the position too, and is at risk: it is put back to feed it.
    if (hour % 6 === 5) floor.calm();
    for (const usd of [500, 200, 60, 11]) if ((await put(at, pit, usd)) === "confirmed") added += usd;
    floor.quote(pit, floor.truth(pit).times("1.6"));
  }
  return added;
}

const THIN = pitOf("PURR:perp");

test("a mark that an accomplice holds down makes no room for more: what comes back with it counts as at risk", async () => {
  await using at = await bookScene({ ...LIMITS, max_daily_spend_usd: 4_000 });
  const { floor } = at;
  await setLeverage(at, 2);
  for (let day = 0; day < 2; day += 1) {
    await build(at, THIN, true);
    await nextDay(at);
  }
  const eth = pitOf("ETH:perp");
  const stood = marginOf(at, THIN);
  expect(stood.toNumber()).toBeGreaterThan(900);
  await floor.drag(THIN, 0.7, 30);
  expect(marginOf(at, THIN).toNumber()).toBeLessThan(500);
  await build(at, eth, true);
  floor.calm();
  await floor.drag(THIN, 1, 60);
  // What the mark overshoots by as it comes back is all that there is more.
  expect(marginOf(at, THIN).plus(marginOf(at, eth)).toNumber()).toBeLessThan(1_060);
});

test.each([
  { margin: 1_000, frozen: false, days: 1 },
  { margin: 1_400, frozen: false, days: 1 },
  { margin: 1_400, frozen: true, days: 2 },
])(
  "of $margin at risk, frozen $frozen: funding that a thin coin's book makes takes no more in $days days than is printed, whatever margin is added to feed it",
  async ({ margin, frozen, days }) => {
    await using at = await bookScene({ ...LIMITS, max_margin_at_risk_usd: margin });
    const { house, floor } = at;
    await setLeverage(at, 2);
    for (let day = 0; day < 3; day += 1) {
      await build(at, THIN, true);
      await nextDay(at);
    }
    expect(heldIn(house, THIN).times(floor.truth(THIN)).toNumber()).toBeGreaterThan(1_900);
    if (frozen && house.opened.desk && house.operatorKey) await operatorAt(house.opened.desk, house.operatorKey).freeze("enough");
    const stood = marginOf(at, THIN);
    const start = worthAt(at);
    const figure = printedAt(at)[days === 1 ? "per_day" : "in_all"];
    // It may defend what it holds, frozen or not, within what is printed.
    const defended = margin > 1_000 ? 200 : 0;
    if (defended > 0) expect(await put(at, THIN, defended)).toBe("confirmed");
    expect(await put(at, THIN, margin)).toBe("refused");
    const added = defended + (await feed(at, THIN, days * 24 - 1));
    await liquidate(at, THIN);
    const lost = start.minus(worthAt(at));
    console.info(`funding and liquidation took ${lost.toFixed(2)}, ${added} of it added, of ${String(figure.total_usd)}`);
    expect(figure.total_usd !== "unbounded" && lost.lte(figure.total_usd)).toBe(true);
    // Nothing stood there that is not printed.
    expect(stood.plus(added).toNumber()).toBeLessThanOrEqual(margin + 1);
  },
);
