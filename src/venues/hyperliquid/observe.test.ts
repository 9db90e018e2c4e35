import { expect, test } from "vitest";
import { ManualClock, MINUTE } from "../../core/clock.ts";
import { hyperliquidVenue } from "./hyperliquid-venue.ts";
import { type HyperliquidReads, observeHyperliquid } from "./observe.ts";
import { deadReads, NOW, sampleOrder, sampleReads, sampleScope, sampleSeen } from "./testing/sample-account.ts";

test("the value is perpetuals' equity, dollars and spot; a short weighs negative, spot and perpetual of one coin apart", async () => {
  const seen = await sampleSeen({
    account_value: "6000",
    withdrawable: "4000",
    positions: [{ coin: "BTC", size: "-0.08", leverage: 2 }],
    usdc: "0",
    btc: "0.08",
  });
  expect(seen.value_usd?.toFixed()).toBe("10000");
  expect(seen.holdings.map(({ asset, amount, weight, role }) => [asset, amount.toFixed(), weight?.toFixed(), role])).toEqual([
    ["hl/BTC:perp", "-0.08", "-0.4", "allowed"],
    ["hl/ETH:perp", "0", "0", "allowed"],
    ["hl/BTC:spot", "0.08", "0.4", "allowed"],
    ["hl/USDC", "2000", "0.2", "numeraire"],
  ]);
});

test("spot is priced by the oracle of its perpetual, never by its own book", async () => {
  const spot = (await sampleSeen()).markets.find(({ asset }) => asset === "hl/BTC:spot");
  expect([spot?.price_usd?.toFixed(), spot?.mark_usd?.toFixed(), spot?.fee_bps.toFixed()]).toEqual(["50000", "50010", "7"]);
});

test.each([
  ["another coin under the number", { meta: { name: "DOGE" } }, "hl/BTC:perp"],
  ["another lot", { meta: { szDecimals: 4 } }, "hl/BTC:perp"],
  ["another token", { token_id: "0x6d1e7cde53ba9467b783cb7c530ce054" }, "hl/BTC:spot"],
])("a market is not the pinned one with %s", async (_, sample, asset) => {
  const seen = await sampleSeen(sample);
  expect(seen.markets.find((market) => market.asset === asset)?.problem).toMatchObject({ closes: false });
  expect(seen.unknowns.join()).toContain(asset);
});

test("a mode that the gateway does not judge is said, and a venue that does not say it hides nothing else", async () => {
  expect((await sampleSeen()).unknowns).toEqual([]);
  const pooled = await sampleSeen({ mode: "unifiedAccount" });
  expect(pooled.unknowns).toEqual([expect.stringMatching(/^hl: the account is a unified account: .*Standard/)]);
  const info = { ...sampleReads(), userAbstraction: deadReads().userAbstraction };
  const mute = await observeHyperliquid({ scope: sampleScope, info, clock: new ManualClock(NOW) });
  expect(mute.unknowns).toEqual([expect.stringContaining("does not say in what mode")]);
  expect(mute.value_usd?.toFixed()).toBe("10000");
});

test("a venue that is silent about the mode is asked for it once a minute, however often an agent or a way home looks", async () => {
  let asked = 0;
  const userAbstraction = () => {
    asked += 1;
    return deadReads().userAbstraction("0x");
  };
  const clock = new ManualClock(NOW);
  const venue = hyperliquidVenue({ scope: sampleScope, info: { ...sampleReads(), userAbstraction }, clock });
  for (let look = 0; look < 3; look += 1) expect((await venue.observe()).unknowns.join()).toContain("does not say");
  expect(asked).toBe(1);
  clock.set(NOW + MINUTE);
  await venue.observe();
  expect(asked).toBe(2);
});

test("open orders come with what sets them off; what the mandate does not name is said and counted nowhere", async () => {
  const trigger = { isTrigger: true, triggerPx: "45000", reduceOnly: true, side: "A", orderType: "Stop Limit" };
  const seen = await sampleSeen({ orders: [sampleOrder(7), sampleOrder(8, trigger), sampleOrder(9, { coin: "DOGE" })] });
  expect(
    seen.orders.map(({ id, side, trigger_usd, reduce_only }) => [id, side, trigger_usd?.toFixed() ?? null, reduce_only]),
  ).toEqual([
    [7, "buy", null, false],
    [8, "sell", "45000", true],
  ]);
  expect(seen.unknowns).toEqual(["trader has order 9 in DOGE, which the mandate does not name"]);
});

test("a failed look gives the last state with its age, and leaves the one that was given before alone", async () => {
  const clock = new ManualClock(NOW);
  let reads: HyperliquidReads = sampleReads({}, () => NOW);
  const info = new Proxy({} as HyperliquidReads, { get: (_, name) => Reflect.get(reads, name) });
  const venue = hyperliquidVenue({ scope: sampleScope, info, clock });
  const fresh = await venue.observe();
  reads = deadReads();
  clock.set(NOW + 5 * MINUTE);
  const stale = await venue.observe();
  expect(stale).toMatchObject({ at: NOW, stale: { age: 5 * MINUTE, reason: "the venue does not answer" } });
  expect(fresh.stale).toBeNull();
  expect(JSON.stringify(stale.facts)).toContain("300 s old, nothing can be opened");
});

test("without a last state, a failed look is an error", async () => {
  const venue = hyperliquidVenue({ scope: sampleScope, info: deadReads(), clock: new ManualClock(NOW) });
  await expect(venue.observe()).rejects.toThrow(expect.objectContaining({ code: "HYPERLIQUID_UNAVAILABLE" }));
});

test("an answer or a book whose own time is too old is stale, however promptly it came", async () => {
  const clock = new ManualClock(NOW + 2 * MINUTE);
  const venue = hyperliquidVenue({ scope: sampleScope, info: sampleReads({}, () => NOW), clock });
  expect((await venue.observe()).stale).toMatchObject({ age: 2 * MINUTE });
  // One frozen book is enough: what it says of the market is not true any more.
  const [fresh, frozen] = [sampleReads({}, () => NOW + 2 * MINUTE), sampleReads({}, () => NOW)];
  const info = { ...fresh, l2Book: (coin: string) => (coin === "ETH" ? frozen : fresh).l2Book(coin) };
  expect((await hyperliquidVenue({ scope: sampleScope, info, clock }).observe()).stale).toMatchObject({ age: 2 * MINUTE });
});
