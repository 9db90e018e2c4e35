import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/clock.ts";
import { decimal, sum } from "../../src/core/decimal.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { audit } from "../e2e/support/audit.ts";
import { openHouse } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { Crasher } from "./support/crasher.ts";
import { mixedLoad } from "./support/mixed-load.ts";

/** A day is for `npm run test:long`. */
const HOURS = process.env.MANDATE_LONG === undefined ? 1 : 24;
const LIMITS = {
  ...SHIPPED_LIMITS,
  max_hourly_spend_usd: 1_500,
  max_daily_spend_usd: 20_000,
  max_daily_loss_usd: 600,
  max_position_size_usd: 12_000,
  max_trades_per_hour: 60,
  stop_loss_pct: 60,
  max_consecutive_failures: 500,
  max_gas_usd_per_day: 800,
  exit_gas_usd_per_day: 200,
};

test(`${HOURS} simulated hours of mixed load with crashes at every named point: budgets, chain and journal agree at the end`, async () => {
  const world = await startEvmWorld({
    seed: 24,
    period: 10 * MINUTE,
    fund: { [REHEARSAL_WALLET]: { ETH: "0.8", WETH: "1", USDC: "3000" } },
  });
  try {
    await using proxy = await startRpcProxy(world.url);
    const crasher = new Crasher();
    await using house = await openHouse({ world, endpoint: proxy.url, limits: LIMITS, crash: crasher.crash });
    const load = await mixedLoad(house, { proxy, crasher, hours: HOURS, seed: "mixed load", largest: 250 });
    console.info(JSON.stringify(load));
    expect(load.requests).toBeGreaterThan(15 * HOURS);
    expect(load.allowed).toBeGreaterThan(5 * HOURS);
    expect(load.crashes).toBeGreaterThan(HOURS);

    const { journal, stream } = house.opened.stream;
    expect(await checkStream(journal, stream)).toMatchObject({ ok: true, first_bad: null });
    await house.opened.close();
    const { confirmed } = await audit(world, house.home);
    const spends = confirmed.map(({ reservedAt, amounts }) => ({ at: reservedAt, usd: amounts.spend_usd }));
    for (const { at: end } of spends) {
      const within = (ms: number) => sum(spends.filter(({ at }) => at <= end && at > end - ms).map(({ usd }) => usd));
      expect(within(DAY).lte(decimal(LIMITS.max_daily_spend_usd))).toBe(true);
      expect(within(HOUR).lte(decimal(LIMITS.max_hourly_spend_usd))).toBe(true);
    }
    await house.restart();
  } finally {
    await world.stop();
  }
}, 900_000);
