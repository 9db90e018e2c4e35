import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toolSession } from "../../src/agent/tool-session.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import { memoryStateStore } from "../../src/tools/file-state-store.ts";
import { candleHistory } from "../../src/tools/history/candles.ts";
import { HYPERLIQUID_TOOLS } from "../../src/tools/hyperliquid/hyperliquid-tools.ts";
import { ToolDesk } from "../../src/tools/tool-desk.ts";
import { resultSchema, type ToolResult } from "../../src/tools/tool-result.ts";
import { venueOfMandate } from "../../src/venues/hyperliquid/venue-of-mandate.ts";
import { openHouse, type TradingHouse } from "../hyperliquid/support/trading-house.ts";
import { callOf, EXCHANGE_VALUES } from "./support/hostile-calls.ts";

const [RUNS, SEED] = process.env.MANDATE_LONG ? [60, 31] : [10, 7];
const START_USD = 10_000;

function callsIn(house: TradingHouse) {
  const { exchange, mandate, opened } = house;
  const { clock } = exchange;
  const { venue, info, scope } = venueOfMandate(mandate, exchange.http, clock);
  const context = toolSession({
    ...{ mandate, venue, clock, gateway: opened.gateway, wallet: opened.wallet },
    history: candleHistory({ scope, info, clock }),
    store: memoryStateStore(),
  });
  const desk = new ToolDesk({ tools: HYPERLIQUID_TOOLS });
  const schemas = new Map(HYPERLIQUID_TOOLS.map((tool) => [tool.name, resultSchema(tool.output)]));
  return async (name: string, args: unknown): Promise<ToolResult> => {
    const result = await desk.call(name, args, context);
    schemas.get(name)?.parse(result);
    expect(result.error?.code, `${name} ${JSON.stringify(args)}: ${result.explanation}`).not.toBe("internal_error");
    expect(result.explanation, name).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    await opened.gateway.settle(opened.wallet);
    return result;
  };
}

/** What must hold of the account whatever was asked. */
async function unharmed(house: TradingHouse): Promise<void> {
  const { info, account, mandate } = house;
  const perp = await info.perpState(account.address);
  for (const { position } of perp.assetPositions) {
    expect(position.positionValue.toNumber()).toBeLessThanOrEqual(6_000 * 1.05);
    expect(position.leverage.type).toBe("isolated");
    expect(position.leverage.value).toBeLessThanOrEqual(2);
  }
  const printed = worstCase(mandate.terms, {}).per_day.total_usd;
  if (printed === "unbounded") return expect.unreachable("every limit is a number");
  expect(START_USD - perp.marginSummary.accountValue.toNumber()).toBeLessThanOrEqual(printed.toNumber());
}

test("every tool of the exchange answers whatever it is called with, and leaves the account within its limits", async () => {
  await using house = await openHouse({ seed: `surface ${SEED}`, regime: "calm" });
  const call = callsIn(house);
  const ended = new Map<string, number>();
  for (const tool of HYPERLIQUID_TOOLS) {
    for (const { name, args } of fc.sample(callOf(tool, EXCHANGE_VALUES), { seed: SEED, numRuns: RUNS })) {
      const { status } = await call(name, args);
      ended.set(status, (ended.get(status) ?? 0) + 1);
    }
    await unharmed(house);
  }
  for (const status of ["success", "blocked", "error"]) expect(ended.get(status), status).toBeGreaterThan(0);
  const { stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped?.code ?? "none").not.toMatch(/FOREIGN_ORDER|OUT_OF_BOUNDS/);
  expect(await verifyJournal(join(house.home, "journal.sqlite"))).toMatchObject({ ok: true });
});

test("a model that trades round and round by the tools is stopped within what is printed, and told so", async () => {
  await using house = await openHouse({ seed: "surface churn", regime: "calm", written: { max_daily_loss_usd: "40" } });
  const call = callsIn(house);
  let [filled, refused] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const opened = await call("place_order", { market: "BTC", side: round % 2 === 0 ? "buy" : "sell", usd: "1500" });
    filled += opened.status === "success" ? 1 : 0;
    if (opened.status === "blocked") {
      refused += 1;
      expect(opened.verdict?.violations.length, opened.explanation).toBeGreaterThan(0);
    }
    await call("close_position", { market: "BTC" });
    await unharmed(house);
    await house.exchange.advance((await house.exchange.now()) + MINUTE);
  }
  expect(filled, "nothing was traded").toBeGreaterThan(0);
  expect(refused, "nothing was refused").toBeGreaterThan(0);
  expect((await house.info.perpState(house.account.address)).assetPositions).toEqual([]);
  // The next honest question is answered.
  expect((await call("get_price", { market: "BTC" })).status).toBe("success");
});
