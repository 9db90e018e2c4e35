import fc from "fast-check";
import { expect, test } from "vitest";
import type { Decimal } from "../../../src/core/decimal.ts";
import type { WorstFigure } from "../../../src/mandate/worst-figure.ts";
import {
  type BookScene,
  bookScene,
  build,
  nextDay,
  pitOf,
  printedAt,
  robBookOnce,
  robTheBook,
  type Strategy,
  setLeverage,
  stake,
  strategiesOf,
} from "./support/book-optimise.ts";
import type { BookLimits } from "./support/moves.ts";

/** Mandates whose figures can be reached: what may be at risk is no more than positions can have behind them. */
const mandate: fc.Arbitrary<BookLimits> = fc
  .record({
    trade: fc.integer({ min: 300, max: 1_200 }),
    times: fc.integer({ min: 3, max: 6 }),
    positions: fc.integer({ min: 1, max: 2 }),
    slippage: fc.integer({ min: 30, max: 150 }),
    more: fc.integer({ min: 10, max: 120 }),
    leverage: fc.integer({ min: 2, max: 3 }),
    share: fc.integer({ min: 4, max: 7 }),
    stop: fc.integer({ min: 3, max: 6 }),
  })
  .map(({ trade, times, positions, slippage, more, leverage, share, stop }) => ({
    allowed_markets: '["ETH:perp", "PURR:perp", "HYPE:spot"]',
    max_single_trade_usd: trade,
    max_daily_spend_usd: trade * times,
    max_daily_loss_usd: Math.ceil((trade * times * (slippage + 5)) / 10_000),
    max_position_size_usd: trade * positions,
    max_slippage_bps: slippage,
    max_exit_cost_bps: slippage + more,
    max_leverage: leverage,
    margin_mode: "isolated" as const,
    max_margin_at_risk_usd: Math.floor((trade * positions * share) / 10),
    max_unhedged_usd: trade,
    max_open_orders: 10,
    min_liquidation_distance_pct: 5,
    order_expiry_seconds: 3_600,
    stop_loss_pct: stop,
    max_consecutive_failures: 20,
    allow_schedule_cancel: false,
  }));

const RUNS = process.env.MANDATE_LONG ? 12 : 2;
const MANDATES = fc.sample(mandate, { seed: 10, numRuns: RUNS }).map((limits, i) => ({ limits, i: i + 1 }));
/** Days take long: where there is little time the second alone, which the first strategies reach. */
const LONG = process.env.MANDATE_LONG ? MANDATES : MANDATES.slice(1);

function told(loss: Decimal, { total_usd, terms }: WorstFigure, what: string): number {
  if (total_usd === "unbounded") return expect.unreachable();
  const share = loss.div(total_usd);
  const parts = terms.map(({ name, usd }) => `${name} ${usd === "unbounded" ? usd : usd.toFixed(2)}`).join(", ");
  console.info(`${what}: lost ${loss.toFixed(2)} of ${total_usd.toFixed(2)} (${parts}), ${share.times(100).toFixed(0)} %`);
  expect(share.toNumber()).toBeLessThanOrEqual(1);
  return share.toNumber();
}

/** With what a patient model has opened at fair prices on days before. */
async function staked(at: BookScene, { leverage }: Strategy): Promise<void> {
  await setLeverage(at, leverage);
  for (let day = 0; day < 4; day += 1) {
    await stake(at);
    await build(at, pitOf("HYPE:spot"), true);
    await nextDay(at);
  }
}

/** The largest share of a printed figure that a strategy loses, tried one after the other until one loses half. */
async function dearest(limits: BookLimits, name: "per_day" | "in_all", days: number): Promise<number> {
  let most = 0;
  for (const strategy of strategiesOf({ limits })) {
    await using at = await bookScene(limits);
    await staked(at, strategy);
    const printed = printedAt(at)[name];
    const what = `${name} at ${strategy.leverage} times, ${strategy.last} last`;
    most = Math.max(most, told(await robTheBook(at, { days, last: strategy.last }), printed, what));
    if (most >= 0.5) break;
  }
  return most;
}

test.each(MANDATES)(
  "random mandate $i at the exchange: an optimiser's dearest trade loses at most what is printed, and at least half",
  async ({ limits }) => {
    await using at = await bookScene(limits);
    const { per_trade } = printedAt(at);
    expect(told(await robBookOnce(at), per_trade, "one trade")).toBeGreaterThanOrEqual(0.5);
  },
);

test.each(LONG)(
  "random mandate $i at the exchange: an optimiser's day loses at most what is printed, and at least half",
  async ({ limits }) => {
    expect(await dearest(limits, "per_day", 1)).toBeGreaterThanOrEqual(0.5);
  },
);

test.each(LONG)(
  "random mandate $i at the exchange: past the stop, all that an optimiser loses is at most what is printed, and at least half",
  async ({ limits }) => {
    expect(await dearest(limits, "in_all", 12)).toBeGreaterThanOrEqual(0.5);
  },
);
