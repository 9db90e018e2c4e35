import { expect, test } from "vitest";
import { bringBack } from "../../src/cli/operator/flatten-mandate.ts";
import { MINUTE } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { bid } from "../attack/hyperliquid/support/odd-answers.ts";
import type { Trade } from "../attack/hyperliquid/support/requests.ts";
import { type LyingVenue, startLyingVenue } from "./support/lying-venue.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

async function through() {
  const venue = await startLyingVenue();
  const house = await openHouse({ via: venue.via, regime: "calm", operated: true, spotUsd: 1_000 });
  await house.act({ type: "updateLeverage", asset: 0, isCross: false, leverage: 2 });
  expect((await house.act(await taking(house, true, "0.006"))).kind).toBe("confirmed");
  return {
    venue,
    house,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await venue[Symbol.asyncDispose]();
    },
  };
}

async function taking(house: TradingHouse, b: boolean, s: string): Promise<Trade> {
  const p = String(Math.round((await house.price("BTC")) * (b ? 1.005 : 0.995)));
  return { type: "order", orders: [{ a: 0, b, p, s, r: !b, t: { limit: { tif: "Ioc" } } }], grouping: "na" };
}

function codes(outcome: Outcome): readonly string[] {
  return outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code) : [];
}

type Told = Readonly<Record<string, unknown>>;
/** What the venue says of the account, with some of it said otherwise. */
const account = (venue: LyingVenue, say: (told: Told) => Told) => venue.lie("clearinghouseState", (said) => say(said as Told));

test("an account whose figures do not work out opens nothing, makes no high, and goes home all the same", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const { stream } = house.opened;
  const high = stream.state.highWaterUsd?.toFixed();
  account(venue, (told) => ({ ...told, marginSummary: { ...(told.marginSummary as object), accountValue: "1000000" } }));
  expect(codes(await house.act(await bid(house)))).toContain("ACCOUNT_IN_DOUBT");
  expect((await house.act(await taking(house, false, "0.002"))).kind).toBe("confirmed");
  expect(stream.state.highWaterUsd?.toFixed()).toBe(high);
  expect(await flattened(house)).toMatchObject({ home: true });
});

async function flattened({ opened: { desk }, operatorKey, exchange: { clock, http }, mandate }: TradingHouse) {
  if (!desk || !operatorKey) throw new Error("no operator");
  const operator = operatorAt(desk, operatorKey);
  await operator.freeze("home");
  return bringBack(mandate, { hl: http }, operator, () => undefined, { clock });
}

test("an account of many minutes ago is no account to an agent, and keeps no person in", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  account(venue, (told) => ({ ...told, time: Number(told.time) - 10 * MINUTE }));
  expect(codes(await house.act(await taking(house, false, "0.002")))).toContain("NODE_STALE");
  expect(await flattened(house)).toMatchObject({ home: true });
});

test("an account as it was a while ago opens nothing, and an exit does not wait for a newer one", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  await house.act(await bid(house));
  account(venue, (told) => ({ ...told, time: Number(told.time) - 10_000 }));
  expect(codes(await house.act(await bid(house, 0.8)))).toContain("ACCOUNT_IN_DOUBT");
  expect((await house.act(await taking(house, false, "0.002"))).kind).toBe("confirmed");
});

test("an order of which the venue tells something else counts in full, and keeps no exit waiting", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const spent = () => house.opened.stream.state.requests.values().at(-1)?.amounts.spend_usd.toFixed();
  expect((await house.act(await bid(house))).kind).toBe("open");
  const before = spent();
  venue.lie("orderStatus", (said, { oid }) => {
    const { order } = said as { readonly order?: { readonly order: Told } };
    return order && oid === order.order.cloid && order.order.side === "B"
      ? { ...(said as Told), order: { ...order, order: { ...order.order, origSz: "0.001" } } }
      : said;
  });
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  expect(spent()).toBe(before);
  expect((await house.act(await taking(house, false, "0.002"))).kind).toBe("confirmed");
  venue.honest();
});

test("gifts stop nothing: two tokens of one name, one that is called a dollar, and the dust of them that the venue sells", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const high = house.opened.stream.state.highWaterUsd?.toNumber() ?? 0;
  const gift = (coin: string, token: number) => ({ coin, token, total: "1000000", hold: "0.0", entryNtl: "0.0" });
  venue.lie("spotClearinghouseState", (said) => ({
    balances: [
      gift("USDC", 900),
      ...(said as { readonly balances: readonly Told[] }).balances,
      gift("GIFT", 901),
      gift("GIFT", 902),
    ],
  }));
  const [filled] = (venue.told.get("userFillsByTime") ?? []) as readonly Told[];
  const dust = {
    ...filled,
    coin: "@900",
    px: "0.5",
    sz: "1",
    side: "A",
    dir: "Spot Dust Conversion",
    tid: 0,
    oid: 7,
    cloid: null,
  };
  venue.lie("userFillsByTime", (said) => [...(said as readonly Told[]), { ...dust, time: venueTime(venue) }]);
  await house.exchange.advance((await house.exchange.now()) + 5 * MINUTE);
  expect((await house.act(await bid(house))).kind).toBe("open");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  expect(house.opened.stream.state.highWaterUsd?.toNumber()).toBeLessThan(high + 100);
});

function venueTime(venue: LyingVenue): number {
  return Number((venue.told.get("clearinghouseState") as Told).time);
}

test("a market that the venue takes away opens nothing anywhere, and keeps nobody in the others", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  expect((await house.act(await bid(house))).kind).toBe("open");
  venue.lie("metaAndAssetCtxs", (said) => {
    const [meta, contexts] = said as readonly [{ readonly universe: readonly Told[] }, unknown];
    return [{ ...meta, universe: meta.universe.map((one, i) => (i === 1 ? { ...one, isDelisted: true } : one)) }, contexts];
  });
  expect((await house.act(await bid(house, 0.8))).kind).toBe("refused");
  const [{ oid } = { oid: 0 }] = await house.info.openOrders(house.account.address);
  expect((await house.act({ type: "cancel", cancels: [{ a: 0, o: oid }] })).kind).toBe("confirmed");
  expect((await house.act(await taking(house, false, "0.002"))).kind).toBe("confirmed");
});

test("two markets of one name are no market, and keep nobody in the others: those of the book open nothing, strangers change nothing", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const named = (...names: readonly string[]) =>
    venue.lie("metaAndAssetCtxs", (said) => {
      const [meta, contexts] = said as readonly [{ readonly universe: readonly Told[] }, readonly Told[]];
      const [one, context] = [meta.universe[0], contexts[0]];
      return [
        { ...meta, universe: [...meta.universe, ...names.map((name) => ({ ...one, name }))] },
        [...contexts, ...names.map(() => context)],
      ];
    });
  named("TWIN", "TWIN");
  expect((await house.act(await bid(house))).kind).toBe("open");
  named("ETH");
  expect(codes(await house.act(await bid(house, 0.8)))).toEqual(["ACCOUNT_IN_DOUBT"]);
  expect((await house.act(await taking(house, false, "0.002"))).kind).toBe("confirmed");
  named("BTC");
  expect(codes(await house.act(await bid(house, 0.8)))).toContain("CODE_CHANGED");
  venue.honest();
  expect((await house.act(await bid(house, 0.8))).kind).toBe("open");
});
