import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { DAY } from "../../src/core/clock.ts";
import { decimal, ZERO } from "../../src/core/decimal.ts";
import type { PlanRules } from "../../src/planning/plan.ts";
import type { Action, HyperliquidAction } from "../../src/protocols/effects.ts";
import { infoClient } from "../../src/protocols/hyperliquid/info-client.ts";
import { perpMarkets } from "../../src/protocols/hyperliquid/market.ts";
import { hyperliquidVenue } from "../../src/venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidScope } from "../../src/venues/hyperliquid/scope.ts";
import { hyperliquidScope } from "../../src/venues/hyperliquid/scope-of.ts";
import { type PaperExchange, startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";
import { openHouse } from "./support/trading-house.ts";

const RULES: PlanRules = {
  numeraire: { account: "trader", asset: "hl/USDC" },
  threshold_points: decimal(5),
  min_trade_usd: decimal(10),
  slippage_bps: decimal(50),
  reserve_usd: ZERO,
  gas_usd: ZERO,
  caps: { sells: [], buys: [], max_position_usd: "unlimited" },
};

test.each([500, 50_000])(
  "%i dollars reach their weights from all cash, turn round, and come back to cash, through the wire",
  async (usdc) => {
    await using exchange = await startPaperExchange({ seed: "planned portfolio", accounts: 1, usdc });
    const trader = await traderOn(exchange);
    const long = await trader.towards({ "BTC:perp": "0.5", "ETH:perp": "-0.3", USDC: "0.2" });
    expect(long.sides).toEqual(["buy BTC:perp", "sell ETH:perp"]);
    expect(near(long.weights, { "BTC:perp": 0.5, "ETH:perp": -0.3 })).toBe(true);
    const turned = await trader.towards({ "BTC:perp": "-0.4", USDC: "0.6" });
    expect(turned.sides).toEqual(["sell BTC:perp reduce-only", "buy ETH:perp reduce-only", "sell BTC:perp"]);
    expect(near(turned.weights, { "BTC:perp": -0.4, "ETH:perp": 0 })).toBe(true);
    const flat = await trader.towards({ USDC: "1" });
    expect(flat.sides).toEqual(["buy BTC:perp reduce-only"]);
    expect(near(flat.weights, { "BTC:perp": 0, "ETH:perp": 0 }, 0)).toBe(true);
  },
);

test("a stop and a take-profit rest where they were asked for, and are seen and cancelled", async () => {
  await using exchange = await startPaperExchange({ seed: "planned stops", accounts: 1, usdc: 10_000 });
  const trader = await traderOn(exchange);
  await trader.towards({ "BTC:perp": "0.5", USDC: "0.5" });
  const price = (await trader.venue.observe()).markets[0]?.price_usd ?? ZERO;
  await trader.act({ kind: "stop", market: "BTC:perp", trigger: price.times("0.9").toFixed(0) });
  await trader.act({ kind: "take_profit", market: "BTC:perp", trigger: price.times("1.1").toFixed(0) });
  const resting = async () =>
    (await trader.venue.observe()).orders.map(({ side, reduce_only, trigger_usd }) => [side, reduce_only, trigger_usd !== null]);
  expect(await resting()).toEqual([
    ["sell", true, true],
    ["sell", true, true],
  ]);
  await trader.act({ kind: "cancel", market: "BTC:perp" });
  expect(await resting()).toEqual([]);
});

test("an order that is planned at the widest slippage is not refused because the oracle moved against it by a hair since", async () => {
  await using house = await openHouse({ written: { max_slippage_bps: "50" } });
  const scope = hyperliquidScope(house.mandate);
  const venue = hyperliquidVenue({ scope, info: house.info, clock: house.exchange.clock });
  for (const [side, away] of [
    ["buy", 0.9995],
    ["sell", 1.0005],
  ] as const) {
    const coin = side === "buy" ? "BTC" : "ETH";
    const market = `hl/${coin}:perp` as const;
    const seen = await venue.observe();
    const actions = venue.compile({ kind: "order", market, side, usd: decimal(500), type: "market", reduce_only: false }, seen);
    const moved = (await house.price(coin)) * away;
    house.exchange.exchange.setOracle(coin, moved.toFixed(side === "buy" ? 0 : 1));
    const outcome = await house.act(...actions.map((action) => (action as HyperliquidAction).action));
    expect(outcome.kind === "refused" && outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome.kind).toBe(
      "confirmed",
    );
  }
});

/** An agent's hands without its gateway: plans, takes the first step, looks again. */
async function traderOn(exchange: PaperExchange) {
  const [account] = exchange.accounts;
  if (!account) throw new Error("no account");
  const info = infoClient({ url: exchange.http });
  const markets = perpMarkets(await info.perpMeta());
  const pin = (coin: string) => {
    const market = markets.find((one) => one.coin === coin);
    if (!market) throw new Error(`no ${coin}`);
    const { asset, sz_decimals } = market;
    return { kind: "perp", dex: "", coin, asset, sz_decimals } as const;
  };
  const scope: HyperliquidScope = {
    label: "hl",
    account: { label: "trader", address: account.address },
    markets: { "BTC:perp": pin("BTC"), "ETH:perp": pin("ETH") },
    slippage_bps: decimal(50),
    leverage: 2,
    margin: "isolated",
    most_gross: decimal(1),
    transfers: false,
    closes_below_least: true,
    margin_ratio: decimal("1.25"),
    spot_buffer_usd: ZERO,
    max_age: DAY,
  };
  const venue = hyperliquidVenue({ scope, info, clock: exchange.clock });
  const transport = new HttpTransport({ apiUrl: exchange.http, isTestnet: true });
  const client = new ExchangeClient({ transport, wallet: privateKeyToAccount(account.private_key) });
  const send = async (action: Action) => {
    if (action.rail !== "hyperliquid") throw new Error("another rail");
    const { type, ...rest } = action.action;
    if (type === "order" && "orders" in rest) await client.order({ ...rest });
    else if (type === "updateLeverage" && "leverage" in rest) await client.updateLeverage({ ...rest });
    else if (type === "cancel" && "cancels" in rest)
      await client.cancel({ cancels: rest.cancels.flatMap((one) => ("o" in one ? one : [])) });
    else throw new Error(`${type} is not expected here`);
  };
  return {
    venue,
    async act(item: unknown) {
      for (const action of venue.compile(venue.readIntent(item), await venue.observe())) await send(action);
    },
    async towards(weights: Record<string, string>) {
      const targets = Object.entries(weights).map(([market, weight]) => ({
        account: "trader",
        asset: `hl/${market}` as const,
        weight: decimal(weight),
      }));
      const sides: string[] = [];
      for (let left = 12; left > 0; left--) {
        const seen = await venue.observe();
        const [step] = venue.plan({ kind: "targets", targets }, seen, RULES).steps;
        if (!step) {
          const now = seen.holdings.map(({ asset, weight }) => [asset.slice(3), weight?.toNumber() ?? Number.NaN] as const);
          return { sides, weights: Object.fromEntries(now) };
        }
        for (const action of venue.compile(step.intent, seen)) await send(action);
        if (step.intent.kind === "order") {
          const { side, market, reduce_only } = step.intent;
          sides.push(`${side} ${market.slice(3)}${reduce_only ? " reduce-only" : ""}`);
        }
      }
      throw new Error(`no end after ${sides.join(", ")}`);
    },
  };
}

/** Whether weights stand within the threshold of what was wanted. */
function near(weights: Record<string, number>, wanted: Record<string, number>, points = 0.05): boolean {
  return Object.entries(wanted).every(([market, weight]) => Math.abs((weights[market] ?? Number.NaN) - weight) <= points);
}
