import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { openHouse, type TradingHouse } from "./support/trading-house.ts";

type Trade = HyperliquidAction["action"];

const leverage = (value: number): Trade => ({ type: "updateLeverage", asset: 0, isCross: false, leverage: value });

async function order(house: TradingHouse, b: boolean, usd: number, at: number, tif: "Ioc" | "Gtc"): Promise<Trade> {
  const price = await house.price("BTC");
  const orders = [
    { a: 0, b, p: String(Math.round(price * at)), s: String(Number((usd / price).toFixed(4))), r: false, t: { limit: { tif } } },
  ];
  return { type: "order", orders, grouping: "na" };
}

function codes(outcome: Outcome): readonly string[] {
  return outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations.map(({ code }) => code) : [];
}

/** Stands before an exchange and says that nothing filled, for as long as it is told to. */
async function forgetful() {
  const state = { forgets: false, http: "" };
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { readonly type?: string };
    const answer = await fetch(`${state.http}${request.url}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = state.forgets && body.type === "userFillsByTime" ? "[]" : await answer.text();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const via = async (http: string) => {
    state.http = http;
    return url;
  };
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { state, via, [Symbol.asyncDispose]: stop };
}

test("fills that the venue tells late keep an order pending, with all that was reserved, until they are in sight", async () => {
  await using door = await forgetful();
  await using house = await openHouse({ via: door.via, regime: "calm" });
  await house.act(leverage(2));
  door.state.forgets = true;
  const sent = await house.act(await order(house, true, 500, 1.005, "Ioc"));
  expect(sent.kind).toBe("open");
  // It has filled, and its bytes are long expired: that alone does not let go of what was reserved.
  await house.exchange.advance((await house.exchange.now()) + 2 * MINUTE);
  expect((await house.settle()).map(({ kind }) => kind)).toEqual(["open"]);
  expect(codes(await house.act(await order(house, true, 500, 1.005, "Ioc")))).toContain("IN_FLIGHT");
  door.state.forgets = false;
  expect(await house.settle()).toMatchObject([{ kind: "confirmed", done: [{ asset: "hl/BTC:perp" }] }]);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("margin of what rests on both sides is at risk, not of the larger alone", async () => {
  await using house = await openHouse({ written: { max_margin_at_risk_usd: "300" }, regime: "calm" });
  expect((await house.act(leverage(2), await order(house, true, 400, 0.95, "Gtc"))).kind).toBe("open");
  expect(codes(await house.act(await order(house, false, 400, 1.05, "Gtc")))).toContain("MARGIN_AT_RISK");
  expect((await house.act(await order(house, false, 150, 1.05, "Gtc"))).kind).toBe("open");
});

test("a batch counts as many requests as it has orders", async () => {
  await using house = await openHouse({
    limits: { weightPerMinute: 1_000_000, initialRequests: 20 },
    written: { max_open_orders: "100" },
    regime: "calm",
  });
  await house.act(leverage(2));
  const one = await order(house, true, 20, 0.9, "Gtc");
  if (one.type !== "order") return expect.unreachable("it is an order");
  const batch = { ...one, orders: Array.from({ length: 9 }, () => one.orders[0]).flatMap((each) => each ?? []) };
  expect((await house.act(batch)).kind).toBe("open");
  const { nRequestsUsed } = await house.info.userRateLimit(house.account.address);
  expect(nRequestsUsed).toBe(10);
  expect((await house.act(batch)).kind).toBe("open");
  // Nineteen of twenty are used, without the venue having been asked in between for each.
  expect(codes(await house.act(one))).toContain("REQUEST_RESERVE");
});
