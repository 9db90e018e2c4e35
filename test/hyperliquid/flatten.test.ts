import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import type { HomeEvent } from "../../src/agent/bring-home.ts";
import { bringBack, takeCharge } from "../../src/cli/operator/flatten-mandate.ts";
import { openWithoutJournal } from "../../src/cli/operator/open-without-journal.ts";
import { MINUTE } from "../../src/core/clock.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const SPOT = 10_107;

/** As it goes over the wire: no zero at the end. */
const plain = (value: number, places: number) => String(Number(value.toFixed(places)));

function limit(asset: number, b: boolean, p: string, s: string, tif: "Ioc" | "Gtc" = "Ioc"): Trade {
  return { type: "order", orders: [{ a: asset, b, p, s, r: false, t: { limit: { tif } } }], grouping: "na" };
}

function stop(asset: number, b: boolean, p: string, s: string): Trade {
  const t = { trigger: { isMarket: false, triggerPx: p, tpsl: "sl" as const } };
  return { type: "order", orders: [{ a: asset, b, p, s, r: true, t }], grouping: "na" };
}

const isolated = (asset: number): Trade => ({ type: "updateLeverage", asset, isCross: false, leverage: 2 });

async function does(house: TradingHouse, ...actions: readonly Trade[]): Promise<void> {
  const outcome = await house.act(...actions);
  const told = outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome;
  expect(["confirmed", "open"], JSON.stringify(told)).toContain(outcome.kind);
}

async function number(house: TradingHouse, coin: string): Promise<number> {
  return (await house.info.perpMeta()).universe.findIndex(({ name }) => name === coin);
}

/** A house with an operator, HYPE's spot market, and dollars in spot. */
function governed(written: Readonly<Record<string, string>> = {}): Promise<TradingHouse> {
  return openHouse({
    written: { max_single_trade_usd: "900", max_exit_cost_bps: "200", max_slippage_bps: "150", ...written },
    spotUsd: 4000,
    operated: true,
    regime: "calm",
  });
}

function operatorOf(house: TradingHouse) {
  const { desk } = house.opened;
  if (!desk || !house.operatorKey) throw new Error("no operator");
  return operatorAt(desk, house.operatorKey);
}

async function nothingIsLeft({ info, account: { address } }: TradingHouse): Promise<void> {
  expect((await info.perpState(address)).assetPositions).toEqual([]);
  expect((await info.spotState(address)).balances.filter(({ coin, total }) => coin !== "USDC" && total.gte("0.01"))).toEqual([]);
}

/** Buys HYPE in spot for about `usd`, and sells as much of it short as a perpetual. */
async function hedge(
  house: TradingHouse,
  usd: number,
): Promise<{ readonly perp: number; readonly price: number; readonly size: string }> {
  const [perp, price] = [await number(house, "HYPE"), await house.price("HYPE")];
  const size = plain(usd / price, 2);
  await does(house, limit(SPOT, true, plain(price * 1.01, 3), size));
  await does(house, isolated(perp), limit(perp, false, plain(price * 0.99, 3), size));
  return { perp, price, size };
}

test("flatten takes longs, shorts and spot to cash in lots within a single trade, and what rests to open is gone", async () => {
  await using house = await governed();
  const [btc, eth, hype] = [await house.price("BTC"), await house.price("ETH"), await house.price("HYPE")];
  const lot = plain(800 / btc, 5);
  for (let i = 0; i < 2; i++) await does(house, isolated(0), limit(0, true, plain(btc * 1.005, 0), lot));
  await does(house, isolated(1), limit(1, false, plain(eth * 0.995, 1), plain(700 / eth, 4)));
  await does(house, limit(SPOT, true, plain(hype * 1.01, 3), plain(600 / hype, 2)));
  await does(house, limit(0, true, plain(btc * 0.9, 0), lot, "Gtc"));
  await does(house, stop(0, false, plain(btc * 0.8, 0), lot));
  const operator = operatorOf(house);
  const said: string[] = [];
  await takeCharge(operator, { say: (line) => said.push(line) }, house.mandate);
  const events: HomeEvent[] = [];
  const report = await bringBack(house.mandate, { hl: house.exchange.http }, operator, (event) => events.push(event), {
    clock: house.exchange.clock,
  });
  expect(report, JSON.stringify(events)).toMatchObject({ home: true, left: [] });
  expect(report.cash_share?.gte("0.99")).toBe(true);
  expect(report.exits).toBe(events.length);
  expect(events.map(({ kind, asset }) => `${kind} ${asset}`).sort()).toEqual([
    "closed hl/BTC:perp",
    "closed hl/BTC:perp",
    "closed hl/ETH:perp",
    "closed hl/HYPE:spot",
  ]);
  await nothingIsLeft(house);
  expect((await house.info.openOrders(house.account.address)).filter(({ reduceOnly }) => !reduceOnly)).toEqual([]);
  expect((await operator.standing()).stopped?.code).toBe("FROZEN_BY_OPERATOR");
});

test("a killed wallet's hedge leaves in alternating lots, and is never bare by more than max_unhedged_usd", async () => {
  await using house = await governed({ max_unhedged_usd: "150" });
  const { perp, price, size } = await hedge(house, 800);
  await does(house, stop(perp, true, plain(price * 1.1, 3), size));
  const operator = operatorOf(house);
  await operator.kill("enough");
  const bare: number[] = [];
  const order: string[] = [];
  const exits = {
    settle: () => operator.settle(),
    async exit(actions: Parameters<typeof operator.exit>[0]) {
      const outcome = await operator.exit(actions);
      const { address } = house.account;
      const short = (await house.info.perpState(address)).assetPositions[0]?.position.szi.toNumber() ?? 0;
      const spot = (await house.info.spotState(address)).balances.find(({ coin }) => coin === "HYPE")?.total.toNumber() ?? 0;
      bare.push(Math.abs(short + spot) * price);
      return outcome;
    },
  };
  const report = await bringBack(house.mandate, { hl: house.exchange.http }, exits, ({ asset }) => order.push(asset), {
    clock: house.exchange.clock,
  });
  expect(report).toMatchObject({ home: true, left: [] });
  expect(Math.max(...bare)).toBeLessThanOrEqual(150);
  expect(report.exits).toBeGreaterThanOrEqual(6);
  expect(new Set(order)).toEqual(new Set(["hl/HYPE:spot", "hl/HYPE:perp"]));
  await nothingIsLeft(house);
});

test("without its journal the account goes home too, past orders that the lost journal let rest", async () => {
  await using house = await governed();
  await hedge(house, 600);
  const btc = await house.price("BTC");
  await does(house, isolated(0), limit(0, true, plain(btc * 0.9, 0), plain(400 / btc, 5), "Gtc"));
  await house.opened.close();
  await house.exchange.advance((await house.exchange.now()) + MINUTE);
  if (!house.operatorKey) throw new Error("no operator");
  const opened = await openWithoutJournal({
    lost: house.home,
    home: join(house.home, "anew"),
    terms: house.mandate.terms,
    scopeFromFile: false,
    key: house.operatorKey,
    signer: privateKeyToAccount(house.account.private_key),
    keyFile: join(house.home, "key"),
    clock: { now: () => house.exchange.now() },
    endpoints: { hl: house.exchange.http },
  });
  try {
    const mandate = { ...house.mandate, terms: opened.terms };
    const report = await bringBack(mandate, { hl: house.exchange.http }, opened.operator, () => undefined, {
      clock: house.exchange.clock,
    });
    expect(report).toMatchObject({ home: true, left: [] });
    await nothingIsLeft(house);
    expect(await house.info.openOrders(house.account.address)).toEqual([]);
  } finally {
    await opened.close();
  }
});
