import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import { parseMandate } from "../../src/mandate/parse-mandate.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { mandateText, openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const START_USD = 10_000;

async function order(
  house: TradingHouse,
  { buy, size, at, reduce, tif }: { buy: boolean; size: number; at: number; reduce: boolean; tif: "Ioc" | "Gtc" | "Alo" },
): Promise<Trade> {
  const price = Math.round((await house.price("BTC")) * at);
  const orders = [{ a: 0, b: buy, p: String(price), s: String(size), r: reduce, t: { limit: { tif } } }];
  return { type: "order", orders, grouping: "na" };
}

function codes(outcome: Outcome): readonly string[] {
  return outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code) : [];
}

const leverage = (value: number, isCross = false): Trade => ({ type: "updateLeverage", asset: 0, isCross, leverage: value });

const move = fc.oneof(
  fc.record({
    do: fc.constant("order" as const),
    buy: fc.boolean(),
    size: fc.constantFrom(0.0002, 0.005, 0.02, 0.2),
    at: fc.constantFrom(0.9, 0.99, 0.995, 1, 1.005, 1.01, 1.1),
    reduce: fc.boolean(),
    tif: fc.constantFrom("Ioc" as const, "Gtc" as const, "Alo" as const),
  }),
  fc.record({ do: fc.constant("leverage" as const), value: fc.constantFrom(1, 2, 3, 40), cross: fc.boolean() }),
  fc.record({ do: fc.constant("margin" as const), usd: fc.constantFrom(-500, 10, 5_000) }),
  fc.record({ do: fc.constant("cancel" as const) }),
  fc.record({ do: fc.constant("modify" as const), at: fc.constantFrom(0.9, 0.99, 1.01), size: fc.constantFrom(0.005, 0.2) }),
  fc.record({ do: fc.constant("schedule" as const) }),
  fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(1, 61) }),
  fc.record({ do: fc.constant("restart" as const) }),
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

async function perform(house: TradingHouse, one: Move): Promise<void> {
  const resting = async () => (await house.info.openOrders(house.account.address))[0];
  switch (one.do) {
    case "order":
      await house.act(await order(house, one));
      return;
    case "leverage":
      await house.act(leverage(one.value, one.cross));
      return;
    case "margin":
      await house.act({ type: "updateIsolatedMargin", asset: 0, isBuy: true, ntli: one.usd * 1_000_000 });
      return;
    case "cancel": {
      const found = await resting();
      if (found) await house.act({ type: "cancel", cancels: [{ a: 0, o: found.oid }] });
      return;
    }
    case "modify": {
      const found = await resting();
      const made = await order(house, { buy: true, reduce: false, tif: "Gtc", ...one });
      const [changed] = made.type === "order" ? made.orders : [];
      if (found && changed) await house.act({ type: "modify", oid: found.oid, order: changed });
      return;
    }
    case "schedule":
      await house.act({ type: "scheduleCancel", time: (await house.exchange.now()) + HOUR });
      return;
    case "wait":
      await house.exchange.advance((await house.exchange.now()) + one.minutes * MINUTE);
      return;
    case "restart":
      await house.reopen();
  }
}

test("whatever is asked for, in whatever order, the account stays within its limits and loses no more than is printed", async () => {
  const { terms } = parseMandate(mandateText({}, ['"BTC:perp": { asset: 0, sz_decimals: 5 }']), {
    file: "MANDATE.md",
    worldWallet: `0x${"aa".repeat(20)}`,
  });
  const printed = worstCase(terms, {}).per_day.total_usd;
  if (printed === "unbounded") return expect.unreachable("every limit is a number");
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 3, maxLength: 12 }), fc.nat(1_000), async (moves, seed) => {
      await using house = await openHouse({ seed: `attack ${seed}`, regime: "calm" });
      await house.act(leverage(2));
      for (const one of moves) {
        await perform(house, one);
        await house.settle();
        const perp = await house.info.perpState(house.account.address);
        const orders = await house.info.openOrders(house.account.address);
        for (const { position } of perp.assetPositions) {
          expect(position.positionValue.toNumber()).toBeLessThanOrEqual(6_000 * 1.05);
          expect(position.leverage).toMatchObject({ type: "isolated" });
          expect(position.leverage.value).toBeLessThanOrEqual(2);
        }
        expect(orders.length).toBeLessThanOrEqual(20);
        expect(START_USD - perp.marginSummary.accountValue.toNumber()).toBeLessThanOrEqual(printed.toNumber());
      }
      expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code ?? null).not.toBe("FOREIGN_ORDER");
      expect((await house.opened.gateway.state(house.opened.wallet)).stopped?.code ?? null).not.toBe("OUT_OF_BOUNDS");
    }),
    { numRuns: 12 },
  );
});

test("a leverage flip within one request is judged as it will stand, and never reaches the venue", async () => {
  await using house = await openHouse();
  const buy = await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" });
  expect(codes(await house.act(leverage(2), buy, leverage(40)))).toContain("LEVERAGE");
  expect(codes(await house.act(leverage(2, true), buy))).toContain("MARGIN_MODE");
  expect((await house.info.fills(house.account.address, 0)).length).toBe(0);
});

test("orders that rest count in every window until they are over, past its edge too", async () => {
  await using house = await openHouse({ written: { max_daily_spend_usd: "1500", order_expiry_seconds: "86400" } });
  const rests = await order(house, { buy: true, size: 0.015, at: 0.9, reduce: false, tif: "Gtc" });
  expect((await house.act(leverage(2), rests)).kind).toBe("open");
  await house.exchange.advance((await house.exchange.now()) + 23 * HOUR);
  const more = await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" });
  expect(codes(await house.act(more))).toContain("DAILY_SPEND");
});

test("a stop cannot be cancelled while the wallet is stopped", async () => {
  await using house = await openHouse();
  const buy = await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" });
  expect((await house.act(leverage(2), buy)).kind).toBe("confirmed");
  const price = await house.price("BTC");
  const trigger = String(Math.round(price * 0.9));
  const stop: Trade = {
    type: "order",
    orders: [
      {
        a: 0,
        b: false,
        p: String(Math.round(price * 0.9 * 0.996)),
        s: "0.01",
        r: true,
        t: { trigger: { isMarket: false, triggerPx: trigger, tpsl: "sl" } },
      },
    ],
    grouping: "na",
  };
  expect((await house.act(stop)).kind).toBe("open");
  const [resting] = await house.info.openOrders(house.account.address);
  if (!resting) return expect.unreachable("the stop rests");
  house.exchange.exchange.order(house.account.address, [
    { a: 0, b: true, p: trigger, s: "0.01", r: false, t: { limit: { tif: "Gtc" } } },
  ]);
  expect(codes(await house.act({ type: "cancel", cancels: [{ a: 0, o: resting.oid }] }))).toContain("FROZEN");
});

test("the last fifth of the venue's requests is kept: nothing opens any more, and a close passes", async () => {
  await using house = await openHouse({
    limits: { weightPerMinute: 1_000_000, initialRequests: 8 },
    written: { max_open_orders: "100" },
  });
  // The venue gives a request for each dollar that is traded: a small trade earns few.
  const buy = await order(house, { buy: true, size: 0.0003, at: 1.005, reduce: false, tif: "Ioc" });
  expect((await house.act(leverage(2), buy)).kind).toBe("confirmed");
  const dust = await order(house, { buy: true, size: 0.0002, at: 0.9, reduce: false, tif: "Gtc" });
  const seen: string[] = [];
  for (let i = 0; i < 60 && !seen.includes("REQUEST_RESERVE"); i++) seen.push(...codes(await house.act(dust)));
  expect(seen).toContain("REQUEST_RESERVE");
  const close = await order(house, { buy: false, size: 0.0003, at: 0.995, reduce: true, tif: "Ioc" });
  expect((await house.act(close)).kind).toBe("confirmed");
});

test.each(["drop_answer", "error_after"] as const)(
  "an answer that is lost (%s) is looked up, and nothing is sent twice",
  async (fault) => {
    await using house = await openHouse();
    expect((await house.act(leverage(2))).kind).toBe("confirmed");
    const buy = await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" });
    house.exchange.faults.script("action", fault);
    expect((await house.act(buy)).kind).toBe("confirmed");
    const held = (await house.info.perpState(house.account.address)).assetPositions[0]?.position.szi;
    expect(held?.toFixed()).toBe("0.01");
  },
);

test.each(["http_429", "drop_request"] as const)(
  "a request that is lost on its way (%s) is given back once its signature has expired",
  async (fault) => {
    await using house = await openHouse();
    expect((await house.act(leverage(2))).kind).toBe("confirmed");
    const buy = await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" });
    house.exchange.faults.script("action", fault);
    const sent = await house.act(buy);
    expect(sent.kind).toBe("open");
    expect(codes(await house.act(buy))).toContain("IN_FLIGHT");
    await house.exchange.advance((await house.exchange.now()) + MINUTE);
    expect((await house.settle()).map(({ kind }) => kind)).toEqual(["released"]);
    expect((await house.info.fills(house.account.address, 0)).length).toBe(0);
    expect((await house.act(await order(house, { buy: true, size: 0.01, at: 1.005, reduce: false, tif: "Ioc" }))).kind).toBe(
      "confirmed",
    );
  },
);
