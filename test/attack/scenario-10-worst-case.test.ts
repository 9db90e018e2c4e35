import fc from "fast-check";
import { expect, test } from "vitest";
import type { Decimal } from "../../src/core/decimal.ts";
import type { WorstFigure } from "../../src/mandate/worst-figure.ts";
import { pinnedPrice } from "./support/accomplice.ts";
import type { HostileLimits } from "./support/hostile-mandates.ts";
import { printedFor, robADay, robInAll, robOnce, scene, tokensWorth } from "./support/optimise.ts";

/** Mandates whose figures an optimiser can reach in a few days: the pots pay for the trades, the stop is near. */
const mandate: fc.Arbitrary<HostileLimits> = fc
  .record({
    trade: fc.integer({ min: 250, max: 900 }),
    times: fc.integer({ min: 1, max: 4 }),
    slippage: fc.integer({ min: 30, max: 150 }),
    more: fc.integer({ min: 30, max: 120 }),
    stop: fc.integer({ min: 1, max: 3 }),
    gas: fc.integer({ min: 3, max: 6 }),
  })
  .map(({ trade, times, slippage, more, stop, gas }) => ({
    allowed_tokens: ["WETH", "USDC"],
    max_single_trade_usd: trade,
    max_daily_spend_usd: trade * times,
    max_daily_loss_usd: Math.ceil((trade * (times + 1) * slippage) / 10_000),
    max_position_size_usd: 6_000,
    max_slippage_bps: slippage,
    max_exit_cost_bps: slippage + more,
    stop_loss_pct: stop,
    max_consecutive_failures: 20,
    max_gas_usd_per_day: gas,
    // Half of it is the operator's, and the last exit of the rest leaves nothing behind.
    exit_gas_usd_per_day: 2 * (gas + 1),
  }));

const MANDATES = fc.sample(mandate, { seed: 10, numRuns: 3 }).map((limits, i) => ({ limits, i: i + 1 }));
const FUNDS = { ETH: "0.1", WETH: "1.2", USDC: "900" };

function shareOf(loss: Decimal, { total_usd, terms }: WorstFigure, what: string): number {
  if (total_usd === "unbounded") return expect.unreachable();
  const share = loss.div(total_usd);
  const parts = terms.map(({ name, usd }) => `${name} ${usd === "unbounded" ? usd : usd.toFixed(2)}`).join(", ");
  console.info(`${what}: lost ${loss.toFixed(2)} of ${total_usd.toFixed(2)} (${parts}), ${share.times(100).toFixed(0)} %`);
  return share.toNumber();
}

test.each(MANDATES)(
  "random mandate $i: an optimiser's dearest trade loses at most what is printed, and at least half",
  async ({ limits }) => {
    await using at = await scene({ ...limits }, FUNDS);
    const printed = printedFor(at, await tokensWorth(at.world, pinnedPrice));
    const share = shareOf(await robOnce(at, limits), printed.per_trade, "one trade");
    expect(share).toBeLessThanOrEqual(1);
    expect(share).toBeGreaterThanOrEqual(0.5);
  },
);

test.each(MANDATES)(
  "random mandate $i: an optimiser's day loses at most what is printed, and at least half",
  async ({ limits }) => {
    await using at = await scene({ ...limits }, FUNDS);
    const printed = printedFor(at, await tokensWorth(at.world, pinnedPrice));
    const share = shareOf(await robADay(at, limits), printed.per_day, "a day");
    expect(share).toBeLessThanOrEqual(1);
    expect(share).toBeGreaterThanOrEqual(0.5);
  },
);

test.each(MANDATES)(
  "random mandate $i: past the stop, all that an optimiser loses is at most what is printed, and at least half",
  async ({ limits }) => {
    await using at = await scene({ ...limits }, FUNDS);
    const printed = printedFor(at, await tokensWorth(at.world, pinnedPrice));
    const share = shareOf(await robInAll(at, limits, 30), printed.in_all, "in all");
    expect(share).toBeLessThanOrEqual(1);
    expect(share).toBeGreaterThanOrEqual(0.5);
  },
);
