import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DAY, HOUR, type Instant, SECOND } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, openHouse, swapActions } from "../support/house.ts";
import { isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, codesOf, standingOf } from "../support/standing.ts";

const FUNDS = { ETH: "1", USDC: "5000" };

/** A buy of WETH at fair price less half a percent; USDC is pinned at its peg, so it spends exactly `usd`. */
async function buy(world: EvmWorld, usd: number) {
  const floor = world.truePrice("WETH").pow(-1).times(usd).times("0.99").toFixed(18);
  return swapActions({ sell: "USDC", buy: "WETH", amount: String(usd), floor, now: await world.clock.now() });
}

async function spent(house: House): Promise<string | undefined> {
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  return budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used.toFixed();
}

function confirmed(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ kind }) => kind === "confirmed").length;
}

/** Chain time and what the gateway is told may differ. */
function adjustableClock(world: EvmWorld) {
  let told: ((true_: Instant) => Instant) | undefined;
  return {
    now: async () => {
      const now = await world.clock.now();
      return told ? told(now) : now;
    },
    tell(next: ((now: Instant) => Instant) | undefined) {
      told = next;
    },
  };
}

test("fifty concurrent requests against a budget for ten spend for exactly ten", async () => {
  await using house = await openHouse({ limits: { max_daily_spend_usd: 300 }, funds: FUNDS });
  const before = await balancesOf(house.world, REHEARSAL_WALLET);
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const requests = await Promise.all(Array.from({ length: 50 }, () => buy(house.world, 30)));
  const outcomes = await Promise.all(
    requests.map((actions, i) => gateway.request({ wallet, lease, cycle, step: i + 1, actions })),
  );
  expect(confirmed(outcomes)).toBe(10);
  for (const outcome of outcomes.filter(({ kind }) => kind !== "confirmed")) expect(codesOf(outcome)).toEqual(["DAILY_SPEND"]);
  const after = await balancesOf(house.world, REHEARSAL_WALLET);
  expect((before.USDC ?? 0n) - (after.USDC ?? 0n)).toBe(300_000_000n);
  expect(await spent(house)).toBe("300");
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});

test("a budget for ten is a budget for ten over many cycles and restarts too", async () => {
  await using house = await openHouse({ limits: { max_daily_spend_usd: 300 }, funds: FUNDS });
  const outcomes: Outcome[] = [];
  for (let cycle = 0; cycle < 5; cycle += 1) {
    outcomes.push(...(await house.act(await buy(house.world, 30), await buy(house.world, 30), await buy(house.world, 30))));
    await house.restart();
  }
  expect(confirmed(outcomes)).toBe(10);
  expect(outcomes.slice(10).flatMap(codesOf)).toEqual(Array(5).fill("DAILY_SPEND"));
  expect(await spent(house)).toBe("300");
});

test("a budget is not missed by a cent: what is left fits, a millionth more does not", async () => {
  await using house = await openHouse({ limits: { max_daily_spend_usd: 100 }, funds: FUNDS });
  const [first] = await house.act(await buy(house.world, 60));
  expect(first?.kind).toBe("confirmed");
  const now = await house.world.clock.now();
  const [over] = await house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "40.000001", floor: "0.0132", now }));
  expect(codesOf(over)).toEqual(["DAILY_SPEND"]);
  const [exact] = await house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "40", floor: "0.0132", now }));
  expect(exact?.kind).toBe("confirmed");
});

test("ten trades of 399 in one cycle are one trade of 3,990", async () => {
  await using house = await openHouse({ limits: { max_single_trade_usd: 3_990 }, funds: FUNDS });
  const trades = await Promise.all(Array.from({ length: 11 }, () => buy(house.world, 399)));
  const outcomes = await house.act(...trades);
  expect(confirmed(outcomes)).toBe(10);
  expect(codesOf(outcomes[10])).toEqual(["TRADE_TOO_LARGE"]);
  const [inTheNext] = await house.act(await buy(house.world, 399));
  expect(inTheNext?.kind).toBe("confirmed");
});

test("buys and sells of a cycle have a sum each", async () => {
  await using house = await openHouse({ limits: { max_single_trade_usd: 400 }, funds: { ...FUNDS, WETH: "1" } });
  const now = await house.world.clock.now();
  const sell = () => swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "290", now });
  const outcomes = await house.act(await buy(house.world, 399), sell(), sell(), await buy(house.world, 2));
  expect(outcomes.map(({ kind }) => kind)).toEqual(["confirmed", "confirmed", "refused", "refused"]);
});

test("the day's spending stays spent through a restart, deleted caches and a clock set back, and is free a day after", async () => {
  const world = await startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: FUNDS },
    period: HOUR,
    volatility: { WETH: 0, GOV: 0 },
  });
  try {
    const clock = adjustableClock(world);
    await using house = await openHouse({ world, clock, limits: { max_daily_spend_usd: 300 } });
    const [first] = await house.act(await buy(world, 300));
    expect(first?.kind).toBe("confirmed");
    const end = await world.clock.now();

    await house.opened.close();
    for (const cache of ["mirror", "signed.sqlite", "signed.sqlite-wal", "signed.sqlite-shm"])
      rmSync(join(house.home, cache), { recursive: true, force: true });
    await house.restart();
    expect(await spent(house)).toBe("300");
    expect(codesOf((await house.act(await buy(world, 1)))[0])).toContain("DAILY_SPEND");

    for (const back of [HOUR, 2 * DAY, 365 * DAY]) {
      clock.tell((now) => now - back);
      await house.restart();
      expect(await spent(house)).toBe("300");
      expect(codesOf((await house.act(await buy(world, 1)))[0])).toContain("DAILY_SPEND");
    }

    clock.tell(undefined);
    await world.advance(end + DAY - SECOND);
    clock.tell(() => end + DAY - 1);
    expect(await spent(house)).toBe("300");
    expect(codesOf((await house.act(await buy(world, 1)))[0])).toEqual(["DAILY_SPEND"]);
    clock.tell(() => end + DAY + 1);
    expect(await spent(house)).toBe("0");
    expect((await house.act(await buy(world, 300)))[0]?.kind).toBe("confirmed");
    expect(codesOf((await house.act(await buy(world, 1)))[0])).toEqual(["DAILY_SPEND"]);
  } finally {
    await world.stop();
  }
});

test("what is still open counts in every window, however long ago it was reserved", async () => {
  const world = await startEvmWorld({
    seed: 1,
    fund: { [REHEARSAL_WALLET]: FUNDS },
    period: HOUR,
    volatility: { WETH: 0, GOV: 0 },
  });
  try {
    await using proxy = await startRpcProxy(world.url);
    await using house = await openHouse({ world, endpoint: proxy.url, limits: { max_daily_spend_usd: 300 } });
    proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
    const [open] = await house.act(await buy(world, 300));
    expect(open?.kind).toBe("open");
    await world.advance((await world.clock.now()) + 3 * DAY);
    await house.restart();
    expect(await spent(house)).toBe("300");
    proxy.meddle(() => "forward");
    const [ended] = await house.opened.gateway.settle(house.opened.wallet);
    expect(ended?.kind).toBe("rejected");
    expect(await spent(house)).toBe("0");
  } finally {
    await world.stop();
  }
});

test("the agent's own words cannot stop a wallet: a note that makes no sense is refused, and the journal opens again", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  for (const cost_usd of ["a lot", "-5", "NaN", "1e9", ""]) {
    await expect(gateway.note(wallet, [{ kind: "model-call", cost_usd }])).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
  await gateway.note(wallet, [
    { kind: "model-call", cost_usd: "0.25" },
    { kind: "model-call", cost_usd: null },
    { kind: "anything", cost_usd: "-5" },
  ]);
  await house.restart();
  expect((await house.opened.gateway.state(wallet)).model_spent_today_usd.toFixed()).toBe("0.25");
});
