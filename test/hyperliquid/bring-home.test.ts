import { expect, test } from "vitest";
import { bringExchangeHome } from "../../src/agent/bring-exchange-home.ts";
import type { HyperliquidAction } from "../../src/protocols/effects.ts";
import { hyperliquidVenue } from "../../src/venues/hyperliquid/hyperliquid-venue.ts";
import { hyperliquidScope } from "../../src/venues/hyperliquid/scope-of.ts";
import { openHouse } from "./support/trading-house.ts";

/** As it goes over the wire: no zero at the end. */
const plain = (value: number, places: number) => String(Number(value.toFixed(places)));

type Trade = HyperliquidAction["action"];

test("after a kill, an operator's exits bring every position to cash in lots within single trades, and what could open is cancelled", async () => {
  await using house = await openHouse({ written: { max_single_trade_usd: "900", max_open_orders: "20" } });
  const buy = (asset: number, price: string, size: string, tif: "Ioc" | "Gtc", b = true): Trade => ({
    type: "order",
    orders: [{ a: asset, b, p: price, s: size, r: false, t: { limit: { tif } } }],
    grouping: "na",
  });
  const isolated = (asset: number): Trade => ({ type: "updateLeverage", asset, isCross: false, leverage: 2 });
  const [btc, eth] = [await house.price("BTC"), await house.price("ETH")];
  const lot = plain(800 / btc, 5);
  for (let i = 0; i < 3; i++) {
    const outcome = await house.act(isolated(0), buy(0, String(Math.round(btc * 1.005)), lot, "Ioc"));
    expect(outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome.kind).toBe(
      "confirmed",
    );
  }
  const short = buy(1, plain(eth * 0.995, 1), plain(700 / eth, 4), "Ioc", false);
  expect((await house.act(isolated(1), short)).kind).toBe("confirmed");
  expect((await house.act(buy(0, String(Math.round(btc * 0.9)), lot, "Gtc"))).kind).toBe("open");
  const { gateway, wallet, stream } = house.opened;
  const order = { text: "{}", signature: "00" };
  await stream.commit([{ kind: "stopped", body: { code: "KILLED", reason: "enough" } }], await house.exchange.now());
  const scope = hyperliquidScope(house.mandate);
  const report = await bringExchangeHome({
    mandate: house.mandate,
    venue: hyperliquidVenue({ scope, info: house.info, clock: house.exchange.clock }),
    exit: (actions) => gateway.operate((hands) => hands.exit(actions, order)),
    settle: () => gateway.settle(wallet),
  });
  expect(report).toMatchObject({ home: true, left: [] });
  expect(report.exits).toBeGreaterThanOrEqual(4);
  expect((await house.info.perpState(house.account.address)).assetPositions).toEqual([]);
  expect(await house.info.openOrders(house.account.address)).toEqual([]);
});
