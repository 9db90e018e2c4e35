import { expect, test } from "vitest";
import { type Instant, MINUTE, SECOND } from "../../../core/clock.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import { infoClient } from "../../../protocols/hyperliquid/info-client.ts";
import { WeightMeter } from "../../../protocols/hyperliquid/weight-meter.ts";
import { VenueReads } from "./venue-reads.ts";

const ACCOUNT: Address = `0x${"aa".repeat(20)}`;
const START = 1_767_600_000_000;

type Question = Readonly<Record<string, unknown>>;

/** A venue that answers as it is told, and what it was asked. */
function venue(answers: Readonly<Record<string, (question: Question) => unknown>>, weight = 1_200) {
  const asked: string[] = [];
  const time = { now: START };
  const meter = new WeightMeter(weight);
  const reads = new VenueReads({
    account: ACCOUNT,
    meter,
    clock: async () => time.now,
    info: infoClient({
      url: async (question) => {
        asked.push(String(question.type));
        return answers[String(question.type)]?.(question);
      },
    }),
  });
  return { asked, time, meter, reads };
}

const balances = () => ({ balances: [{ coin: "USDC", token: 0, total: "5", hold: "0", entryNtl: "0" }] });

function fill(tid: number, time: Instant) {
  return {
    coin: "BTC",
    px: "100",
    sz: "1",
    side: "B",
    time,
    startPosition: "0",
    dir: "Open Long",
    closedPnl: "0",
    hash: "0x",
    oid: 1,
    crossed: true,
    fee: "0",
    feeToken: "USDC",
    tid,
    cloid: null,
  };
}

test("in a turn nothing is asked twice, and what is sent makes what is known of the account old", async () => {
  const { asked, reads } = venue({ spotClearinghouseState: balances });
  await reads.during("look", async () => {
    await reads.spotState();
    await reads.spotState();
    expect(asked).toHaveLength(1);
    await reads.sent(1);
    await reads.spotState();
    expect(asked).toHaveLength(2);
  });
  await reads.during("look", () => reads.spotState());
  expect(asked).toHaveLength(3);
});

test("past the agent's share a look is answered with what was known ten seconds ago, and no older; a request is not", async () => {
  const { reads, time, meter } = venue({ spotClearinghouseState: balances }, 100);
  await reads.during("look", () => reads.spotState());
  meter.add(START, 78);
  time.now += 9 * SECOND;
  expect((await reads.during("look", () => reads.spotState())).balances).toHaveLength(1);
  await expect(reads.during("request", () => reads.spotState())).rejects.toMatchObject({ code: "RATE_LIMITED" });
  time.now += 2 * SECOND;
  await expect(reads.during("look", () => reads.spotState())).rejects.toMatchObject({
    code: "RATE_LIMITED",
    message: expect.stringContaining("again from"),
    remedy: expect.stringContaining("What reduces passes"),
  });
  await reads.during("open", () => reads.spotState());
  await reads.during("exit", () => reads.spotState());
  await reads.during("operator", () => reads.spotState());
});

test("what is judged after something was sent in the same turn is read as what it is, and not on what was known", async () => {
  const { reads, meter, time } = venue({ spotClearinghouseState: balances, clearinghouseState: balances }, 100);
  await reads.during("look", () => reads.spotState());
  meter.add(START, 97);
  time.now += 1;
  await reads.during("request", async () => {
    await reads.sent(1);
    reads.judging(time.now);
    await expect(reads.spotState()).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });
});

test("a judgment does not go by what was read in its turn more than ten seconds before", async () => {
  const { asked, reads, time } = venue({ spotClearinghouseState: balances }, 100);
  await reads.during("request", async () => {
    await reads.spotState();
    reads.judging(time.now + 9 * SECOND);
    await reads.spotState();
    expect(asked).toHaveLength(1);
    time.now += 11 * SECOND;
    reads.judging(time.now);
    await reads.spotState();
    expect(asked).toHaveLength(2);
  });
});

test("a ledger of more than a page is read whole: what many small deposits push off the first page is seen", async () => {
  const all = Array.from({ length: 1_203 }, (_, i) => ({
    time: START + Math.floor(i / 90),
    hash: `0x${i.toString(16)}`,
    delta: { type: i === 1_202 ? "withdraw" : "deposit" },
  }));
  const { reads } = venue({
    userNonFundingLedgerUpdates: ({ startTime }) => all.filter(({ time }) => time >= Number(startTime)).slice(0, 500),
  });
  const found = await reads.during("look", () => reads.ledger(START));
  expect(found).toHaveLength(1_203);
  expect(found.at(-1)?.delta.type).toBe("withdraw");
});

test("requests are counted as they are sent, a batch of n as n, and asked for anew where few are left", async () => {
  const told = { used: 70, cap: 100 };
  const { asked, reads } = venue({
    userRateLimit: () => ({ cumVlm: "0", nRequestsUsed: told.used, nRequestsCap: told.cap }),
  });
  const count = () => reads.during("look", () => reads.requests());
  expect(await count()).toEqual({ used: 70, cap: 100 });
  await reads.sent(4);
  expect(await count()).toEqual({ used: 74, cap: 100 });
  expect(asked).toHaveLength(1);
  await reads.sent(2);
  told.used = 76;
  told.cap = 150;
  expect(await count()).toEqual({ used: 76, cap: 150 });
  expect(asked).toHaveLength(2);
});

test("fills beyond a page of two thousand are all read, however many share an instant", async () => {
  const all = Array.from({ length: 4_500 }, (_, tid) => fill(tid, START + Math.floor(tid / 700)));
  const { asked, reads } = venue({
    userFillsByTime: ({ startTime }) => all.filter(({ time }) => time >= Number(startTime)).slice(0, 2_000),
  });
  const found = await reads.during("look", () => reads.fills(START));
  expect(new Set(found.map(({ tid }) => tid)).size).toBe(4_500);
  expect(asked.length).toBeGreaterThanOrEqual(3);
  // A page that one instant fills gives no more, and ends.
  const stuck = venue({ userFillsByTime: () => all.slice(0, 2_000).map((one) => ({ ...one, time: START })) });
  expect(await stuck.reads.fills(START)).toHaveLength(2_000);
});

test("a list from an early instant answers for a later one in the same turn, and is asked for anew where that is wanted", async () => {
  const all = [fill(1, START), fill(2, START + SECOND)];
  const { asked, reads } = venue({ userFillsByTime: ({ startTime }) => all.filter(({ time }) => time >= Number(startTime)) });
  await reads.during("look", async () => {
    expect(await reads.fills(START)).toHaveLength(2);
    expect(await reads.fills(START + SECOND)).toHaveLength(1);
    expect(asked).toHaveLength(1);
    expect(await reads.fills(START - MINUTE)).toHaveLength(2);
    expect(await reads.fills(START, { anew: true })).toHaveLength(2);
    expect(asked).toHaveLength(3);
  });
});

test("without a meter everything is asked whenever it is wanted", async () => {
  let asked = 0;
  const info = infoClient({
    url: async () => {
      asked += 1;
      return { status: "unknownOid" };
    },
  });
  const reads = new VenueReads({ info, account: ACCOUNT });
  const cloid: Hex = `0x${"11".repeat(16)}`;
  await reads.orderStatus(cloid);
  await reads.orderStatus(cloid);
  expect(asked).toBe(2);
});
