import { z } from "zod";
import { isoTime, SECOND } from "../../core/clock.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation, SeenMarket } from "../../venues/hyperliquid/observation.ts";
import { figure } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolError } from "../tool-error.ts";
import { marketNamed } from "./hyperliquid-words.ts";

const market = z.string().min(1).max(60).describe('"BTC:perp" or "BTC:spot"; a coin alone means its perpetual');
const one = z.strictObject({ market });
const maybeOne = z.strictObject({ market: market.optional() });

const getPrice = defineTool<typeof one, z.ZodType, HyperliquidIntent, HyperliquidObservation>({
  name: "get_price",
  title: "Price",
  description:
    "USD for one coin by the oracle that everything is judged by, beside the mark and the middle of the book, with its age.",
  category: "data",
  input: one,
  output: z.strictObject({
    asset: z.string(),
    price_usd: figure,
    mark_usd: figure.nullable(),
    mid_usd: figure.nullable(),
    source: z.string(),
    at: z.string(),
    age_seconds: z.int(),
    problem: z.string().nullable(),
  }),
  async run(args, { venue, clock }) {
    const seen = await venue.observe();
    const found = marketNamed(seen, args.market);
    if (!found.price_usd)
      throw new ToolError("no_price", `the oracle has no price for ${found.asset}`, { remedy: "Ask again later." });
    const age = Math.max(0, Math.floor(((await clock.now()) - seen.at) / SECOND));
    const data = {
      asset: found.asset,
      price_usd: found.price_usd.toFixed(),
      mark_usd: found.mark_usd?.toFixed() ?? null,
      mid_usd: found.mid_usd?.toFixed() ?? null,
      source: "the exchange's oracle",
      at: isoTime(seen.at),
      age_seconds: age,
      problem: found.problem?.reason ?? null,
    };
    return { data, hints: staleHints(seen), explanation: `1 ${found.asset} is ${data.price_usd} USD (${age} s old)` };
  },
});

const getFunding = defineTool<typeof maybeOne, z.ZodType, HyperliquidIntent, HyperliquidObservation>({
  name: "get_funding",
  title: "Funding",
  description:
    "What longs pay shorts for an hour in the perpetuals of the mandate, as a share of the position, with open interest and volume.",
  category: "data",
  input: maybeOne,
  output: z.strictObject({
    markets: z.array(
      z.strictObject({
        asset: z.string(),
        funding_hour: figure,
        funding_year_pct: figure,
        open_interest_usd: figure.nullable(),
        day_volume_usd: figure,
      }),
    ),
  }),
  async run(args, { venue }) {
    const seen = await venue.observe();
    const chosen = args.market === undefined ? seen.markets : [marketNamed(seen, args.market)];
    const markets = chosen.flatMap(fundingRow);
    if (markets.length === 0) throw new ToolError("unsupported", "spot has no funding", { remedy: "Ask for a perpetual." });
    return {
      data: { markets },
      hints: staleHints(seen),
      explanation: markets.map((row) => `${row.asset}: ${row.funding_hour} an hour`).join("; "),
    };
  },
});

const nothing = z.strictObject({});

const listPositions = defineTool<typeof nothing, z.ZodType, HyperliquidIntent, HyperliquidObservation>({
  name: "list_positions",
  title: "Positions",
  description:
    "Every position: size (a short is negative), entry, unrealised profit, margin, leverage, liquidation price, funding paid.",
  category: "data",
  input: nothing,
  output: z.strictObject({
    positions: z.array(
      z.strictObject({
        market: z.string(),
        size: figure,
        entry_usd: figure.nullable(),
        unrealised_usd: figure.nullable(),
        margin_usd: figure,
        leverage: z.string().nullable(),
        liquidation_usd: figure.nullable(),
        funding_usd: figure.nullable(),
      }),
    ),
    account_value_usd: figure,
    withdrawable_usd: figure,
  }),
  async run(_args, { venue }) {
    const seen = await venue.observe();
    const positions = seen.positions.map((held) => ({
      market: held.asset,
      size: held.size.toFixed(),
      entry_usd: held.entry_usd?.toFixed() ?? null,
      unrealised_usd: held.unrealised_usd?.toFixed(2) ?? null,
      margin_usd: held.margin_usd.toFixed(2),
      leverage: held.leverage && `${held.leverage.value} ${held.leverage.mode}`,
      liquidation_usd: held.liquidation_usd?.toFixed() ?? null,
      funding_usd: held.funding_usd?.toFixed(2) ?? null,
    }));
    return {
      data: {
        positions,
        account_value_usd: seen.account_value_usd.toFixed(2),
        withdrawable_usd: seen.withdrawable_usd.toFixed(2),
      },
      hints: staleHints(seen),
      explanation: positions.length === 0 ? "nothing is held" : positions.map((held) => `${held.size} ${held.market}`).join(", "),
    };
  },
});

const getOpenOrders = defineTool<typeof maybeOne, z.ZodType, HyperliquidIntent, HyperliquidObservation>({
  name: "get_open_orders",
  title: "Open orders",
  description: "Every resting order, with what sets it off where it is a stop.",
  category: "data",
  input: maybeOne,
  output: z.strictObject({
    orders: z.array(
      z.strictObject({
        market: z.string(),
        order: z.int(),
        side: z.string(),
        size: figure,
        price_usd: figure,
        trigger_usd: figure.nullable(),
        reduce_only: z.boolean(),
        placed_at: z.string(),
      }),
    ),
  }),
  async run(args, { venue }) {
    const seen = await venue.observe();
    const asset = args.market === undefined ? null : marketNamed(seen, args.market).asset;
    const orders = seen.orders
      .filter((order) => asset === null || order.asset === asset)
      .map((order) => ({
        market: order.asset,
        order: order.id,
        side: order.side,
        size: order.size.toFixed(),
        price_usd: order.price_usd.toFixed(),
        trigger_usd: order.trigger_usd?.toFixed() ?? null,
        reduce_only: order.reduce_only,
        placed_at: isoTime(order.placed_at),
      }));
    return {
      data: { orders },
      hints: staleHints(seen),
      explanation: orders.length === 0 ? "no order rests" : `${orders.length} rest`,
    };
  },
});

/** What can be asked of the exchange. */
export const HYPERLIQUID_READ_TOOLS: readonly Tool<HyperliquidIntent, HyperliquidObservation>[] = [
  getPrice,
  getFunding,
  listPositions,
  getOpenOrders,
];

const HOURS_A_YEAR = 24 * 365;

function fundingRow({ asset, funding_hour, open_interest_usd, day_volume_usd }: SeenMarket) {
  if (funding_hour === null) return [];
  return [
    {
      asset,
      funding_hour: funding_hour.toFixed(),
      funding_year_pct: funding_hour.times(HOURS_A_YEAR).times(100).toFixed(2),
      open_interest_usd: open_interest_usd?.toFixed(0) ?? null,
      day_volume_usd: day_volume_usd.toFixed(0),
    },
  ];
}

function staleHints({ stale }: HyperliquidObservation): readonly string[] {
  return stale ? [`${stale.reason}: ${Math.round(stale.age / SECOND)} s old, nothing can be opened upon it.`] : [];
}
