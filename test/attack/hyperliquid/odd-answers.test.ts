import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/core/clock.ts";
import { type LyingVenue, startLyingVenue } from "../../hyperliquid/support/lying-venue.ts";
import { openHouse, type TradingHouse } from "../../hyperliquid/support/trading-house.ts";
import { bears, begin, bid, odditiesOf } from "./support/odd-answers.ts";

/** Of all odd answers every so-manyth is played: their number has no common part with those of values, so that all kinds come up. */
const EVERY = process.env.MANDATE_LONG ? 1 : 211;

const WIDE = {
  max_daily_spend_usd: "100000000",
  max_daily_loss_usd: "1000000",
  max_trades_per_hour: "unlimited",
  max_consecutive_failures: "unlimited",
  stop_loss_pct: "50",
};

/** What a person has to look at: a stop with both sides in it, which a person's word ends. */
const A_STOP = /^stopped: (FOREIGN_ORDER|OUT_OF_BOUNDS|LIQUIDATED) /;
const A_HIGH = /^the high is /;
/** A figure that nothing else in the answer contradicts: a price, a balance of spot. It is believed, and makes a high. */
const BELIEVED = /^(metaAndAssetCtxs 1\.\d+\.oraclePx|spotClearinghouseState balances\.\d+\.total) /;

async function through(deadlineMs = 3_000) {
  const venue = await startLyingVenue();
  const house = await openHouse({
    via: venue.via,
    regime: "calm",
    operated: true,
    spotUsd: 1_000,
    deadlineMs,
    written: WIDE,
  });
  await begin(house);
  return {
    venue,
    house,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await venue[Symbol.asyncDispose]();
    },
  };
}

async function stoppedIn({ opened: { gateway, wallet } }: TradingHouse) {
  return (await gateway.state(wallet)).stopped;
}

test("every field of every answer, missing or of another kind or value: refused, stopped or a typed error; nothing forgotten, and it goes on after", {
  timeout: process.env.MANDATE_LONG ? 1_200_000 : 180_000,
}, async () => {
  let stage = await through();
  try {
    expect(await bears(stage.house, stage.venue, { type: "nothing", name: "honest", lie: (said) => said })).toEqual([]);
    const odd = [...stage.venue.told].flatMap(([type, answer]) => odditiesOf(type, answer));
    expect(odd.length).toBeGreaterThan(2_000);
    const types = new Set<string>();
    for (const [i, one] of odd.entries()) {
      // The first of each kind of answer is played in any case.
      if (types.has(one.type) && i % EVERY !== 0) continue;
      types.add(one.type);
      const wrong = await bears(stage.house, stage.venue, one);
      const [stop, ...rest] = wrong;
      if (stop === undefined) continue;
      // What was said is on record and counts: after a stop the wallet may have less room than it would have.
      expect(stop, `${one.name}: ${rest.join("; ")}`).toMatch(BELIEVED.test(one.name) ? A_HIGH : A_STOP);
      expect(
        rest.filter((what) => !/^a trade back is refused /.test(what)),
        one.name,
      ).toEqual([]);
      await stage[Symbol.asyncDispose]();
      stage = await through();
    }
    expect(types.size).toBe(13);
  } finally {
    await stage[Symbol.asyncDispose]();
  }
});

test("a word for an order's end that nobody knows ends nothing while it stands among the open orders", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  expect((await house.act(await bid(house))).kind).toBe("open");
  venue.lie("orderStatus", (said) => ({ status: "order", order: { ...(said as Told).order, status: "laidAside" } }));
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  venue.honest();
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
});

interface Told {
  readonly order: Readonly<Record<string, unknown>>;
}

test("a venue that says that it is tomorrow gives no reservation back before the bytes have expired by our own clock too", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  venue.lie("orderStatus", () => ({ status: "unknownOid" }));
  venue.lie("exchange", () => ({}));
  expect((await house.act(await bid(house))).kind).toBe("open");
  sayTomorrow(venue);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  venue.honest();
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
});

function sayTomorrow(venue: LyingVenue): void {
  venue.lie("clearinghouseState", (said) => {
    const state = said as { readonly time: number };
    return { ...state, time: state.time + 24 * 60 * MINUTE };
  });
}

test("what somebody else traded while a venue said that it was tomorrow is found once it is honest", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const { gateway, wallet } = house.opened;
  sayTomorrow(venue);
  await house.act(await bid(house));
  await house.exchange.advance((await house.exchange.now()) + 5 * MINUTE);
  const p = String(Math.round((await house.price("BTC")) * 0.99));
  house.exchange.exchange.order(house.account.address, [
    { a: 0, b: false, p, s: "0.001", r: true, t: { limit: { tif: "Ioc" } } },
  ]);
  venue.honest();
  await house.exchange.advance((await house.exchange.now()) + 5 * MINUTE);
  await gateway.open(wallet);
  await house.act(await bid(house));
  expect(await stoppedIn(house)).toMatchObject({ code: "FOREIGN_ORDER" });
});

test.each(["rests", "has filled"])("an order that was said to be unknown, and then %s, stops the wallet", async (how) => {
  await using stage = await through();
  const { house, venue } = stage;
  venue.lie("orderStatus", () => ({ status: "unknownOid" }));
  venue.lie("exchange", () => ({ status: "err", response: "no" }));
  venue.lie("userFillsByTime", () => []);
  const share = how === "rests" ? 0.9 : 1.005;
  const outcome = await house.act(await bid(house, share));
  expect(outcome.kind).toBe("rejected");
  venue.honest();
  await house.exchange.advance((await house.exchange.now()) + 3 * MINUTE);
  await house.act(await bid(house, 0.8));
  expect(await stoppedIn(house)).toMatchObject({ code: "FOREIGN_ORDER" });
});

test("an account as it was before the last trade is no account to judge the next one by", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const old = await house.info.perpState(house.account.address);
  const before = venue.told.get("clearinghouseState") as object;
  await house.exchange.advance((await house.exchange.now()) + 30 * SECOND);
  expect((await house.act(await bid(house, 1.005))).kind).toBe("confirmed");
  venue.lie("clearinghouseState", () => ({ ...before, time: old.time }));
  expect((await house.act(await bid(house, 1.005))).kind).toBe("refused");
  venue.honest();
  expect((await house.act(await bid(house))).kind).toBe("open");
});

test("equity that its own parts contradict is no equity: it makes no high, and nothing is opened by it", async () => {
  await using stage = await through();
  const { house, venue } = stage;
  const high = house.opened.stream.state.highWaterUsd;
  venue.lie("clearinghouseState", (said) => {
    const state = said as { readonly marginSummary: object };
    return { ...state, marginSummary: { ...state.marginSummary, accountValue: "1000000" } };
  });
  expect((await house.act(await bid(house))).kind).toBe("refused");
  expect(house.opened.stream.state.highWaterUsd?.toFixed()).toBe(high?.toFixed());
  venue.honest();
  expect((await house.act(await bid(house))).kind).toBe("open");
});

const HOSTILE_BODIES: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ["is endless", (response) => endless(response)],
  ["leads elsewhere", (response) => void response.writeHead(307, { location: "http://127.0.0.1:9/" }).end()],
  ["is no JSON", (response) => void response.writeHead(200).end("<html>")],
  ["is deep", (response) => void response.writeHead(200).end(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
  ["stops in the middle", (response) => void response.writeHead(200, { "content-length": "100" }).write("{")],
];

function endless(response: ServerResponse): void {
  const part = "x".repeat(1 << 20);
  const more = () => {
    while (!response.destroyed && response.write(part));
  };
  response.on("drain", more);
  response.writeHead(200, { "content-type": "application/json" });
  more();
}

test.each(HOSTILE_BODIES)("an answer that %s is no answer, to a question as to an order", async (_, body) => {
  await using stage = await through(1_500);
  const { house, venue } = stage;
  venue.answer("clearinghouseState", body);
  await expect(house.act(await bid(house))).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  venue.honest();
  venue.answer("exchange", body);
  // It was taken all the same: it is found by its id.
  expect((await house.act(await bid(house))).kind).toBe("open");
  venue.honest();
  await house.exchange.advance((await house.exchange.now()) + 30 * SECOND);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
});
