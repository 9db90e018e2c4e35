import { expect, test } from "vitest";
import { checkStream } from "../../src/cli/journal/check-stream.ts";
import { HOUR, MINUTE, SECOND } from "../../src/core/clock.ts";
import type { ArmedBody } from "../../src/journal/entries.ts";
import { explainMandate } from "../../src/mandate/explain.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

const ANY_VOLUME = { switches: { scheduleCancelVolume: "0" } };
const set: HyperliquidAction["action"] = { type: "updateLeverage", asset: 0, isCross: false, leverage: 2 };

async function restingBuy(house: TradingHouse): Promise<HyperliquidAction["action"]> {
  const p = String(Math.round((await house.price("BTC")) * 0.9));
  return { type: "order", orders: [{ a: 0, b: true, p, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } }], grouping: "na" };
}

const after = async ({ exchange }: TradingHouse, span: number) => exchange.advance((await exchange.now()) + span);
const resting = async ({ info, account }: TradingHouse) => (await info.openOrders(account.address)).length;

async function armed({ opened }: TradingHouse): Promise<readonly ArmedBody[]> {
  const { journal, stream } = opened.stream;
  const found: ArmedBody[] = [];
  for await (const { kind, body } of journal.read(stream)) if (kind === "armed") found.push(body as unknown as ArmedBody);
  return found;
}

test("while cycles come what rests stays, and when they do not the venue cancels it without anybody of ours", async () => {
  await using house = await openHouse({ dead_man_switch: "60s", step: SECOND, ...ANY_VOLUME });
  expect((await house.act(set, await restingBuy(house))).kind).toBe("open");
  for (let i = 0; i < 4; i++) {
    await after(house, 40 * SECOND);
    await house.opened.gateway.open(house.opened.wallet);
    expect(await resting(house)).toBe(1);
  }
  await after(house, 61 * SECOND);
  expect(await resting(house)).toBe(0);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["confirmed"]);
  const { stopped } = await house.opened.gateway.state(house.opened.wallet);
  expect(stopped).toBeNull();
  const told = await armed(house);
  expect(told).toHaveLength(5);
  expect(told.every(({ refused }) => refused === undefined)).toBe(true);
  // Each is of a number of its own, and the journal's rules hold with them in it.
  expect(new Set(told.map(({ nonce }) => nonce)).size).toBe(5);
  const { journal, stream } = house.opened.stream;
  expect(await checkStream(journal, stream)).toMatchObject({ ok: true, first_bad: null });
});

test("what the venue refuses is said once, stops nothing, and is tried again after an hour", async () => {
  await using house = await openHouse({ dead_man_switch: "60s", step: MINUTE });
  expect((await house.act(set, await restingBuy(house))).kind).toBe("open");
  for (let i = 0; i < 3; i++) {
    await after(house, MINUTE);
    await house.opened.gateway.open(house.opened.wallet);
  }
  const told = await armed(house);
  expect(told.map(({ refused }) => refused ?? null)).toEqual([null, expect.stringContaining("enough volume traded")]);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  expect(await resting(house)).toBe(1);
  await after(house, HOUR);
  await house.opened.gateway.open(house.opened.wallet);
  expect(await armed(house)).toHaveLength(3);
});

test("without a word in the mandate nothing is scheduled, and with one the check says what it does", async () => {
  await using house = await openHouse(ANY_VOLUME);
  await house.opened.gateway.open(house.opened.wallet);
  expect(await armed(house)).toEqual([]);
  await using asked = await openHouse({ dead_man_switch: "60s", ...ANY_VOLUME });
  const text = explainMandate(asked.mandate).replace(/\s+/g, " ");
  expect(text).toContain("all that rests is cancelled, stops too, when no cycle comes for 60s");
  expect(text).toContain("no longer than the cadence of 60s: it fires between cycles");
  await expect(openHouse({ dead_man_switch: "4s" })).rejects.toThrow();
});
