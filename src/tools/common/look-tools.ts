import { z } from "zod";
import { DAY, HOUR, isoTime, MINUTE, SECOND } from "../../core/clock.ts";
import { decimal, ratio } from "../../core/decimal.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { INDICATORS, indicatorValues, pointsNeeded } from "../indicators.ts";
import { renderLimit } from "../render-verdict.ts";
import { chain, figure, token } from "../schemas.ts";
import { defineTool, type Tool } from "../tool.ts";
import { ToolError } from "../tool-error.ts";
import type { VenueWords } from "../venue-words.ts";

const SPACINGS = { "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "1d": DAY } as const;
/** Points for an indicator to settle on beside those that it needs. */
const MORE_POINTS = 100;

const portfolioInput = z.strictObject({});
const indicatorInput = z.strictObject({
  token,
  indicator: z.enum(INDICATORS),
  period: z.int().min(2).max(200).default(14).describe("ignored by macd, which is 12, 26, 9"),
  interval: z.enum(["1m", "5m", "15m", "1h", "4h", "1d"]).default("1h"),
  chain,
});
const riskInput = z.strictObject({});
const limitRow = z.strictObject({
  budget: z.string(),
  unit: z.string(),
  limit: z.string(),
  used: figure,
  left: z.string(),
  refills: z.string().nullable(),
});

/** What every venue can be asked of the whole account. */
export function lookTools<I extends Intent, S extends Observation>(words: VenueWords<I, S>): readonly Tool<I, S>[] {
  const portfolio = defineTool<typeof portfolioInput, z.ZodType, I, S>({
    name: "get_portfolio",
    title: "Portfolio",
    description:
      "Everything that is held, with USD values at the prices that the mandate pins, weights, and what could not be read.",
    category: "data",
    input: portfolioInput,
    output: z.strictObject({
      at: z.string(),
      value_usd: figure.nullable(),
      holdings: z.array(
        z.strictObject({
          account: z.string(),
          asset: z.string(),
          amount: figure,
          price_usd: figure.nullable(),
          value_usd: figure.nullable(),
          weight: figure.nullable(),
          role: z.string(),
        }),
      ),
      unknowns: z.array(z.string()),
    }),
    async run(_args, { venue }) {
      const seen = await venue.observe();
      const holdings = seen.holdings.map(({ account, asset, amount, price_usd, value_usd, weight, role }) => ({
        account,
        asset,
        amount: amount.toFixed(),
        price_usd: price_usd?.toFixed() ?? null,
        value_usd: value_usd?.toFixed(2) ?? null,
        weight: weight?.toDecimalPlaces(6).toFixed() ?? null,
        role,
      }));
      return {
        data: { at: isoTime(seen.at), value_usd: seen.value_usd?.toFixed(2) ?? null, holdings, unknowns: [...seen.unknowns] },
        hints: seen.unknowns,
        explanation: seen.value_usd
          ? `worth ${seen.value_usd.toFixed(2)} USD in ${holdings.length} holdings`
          : "its value cannot be told: something has no price",
      };
    },
  });

  const indicator = defineTool<typeof indicatorInput, z.ZodType, I, S>({
    name: "get_indicator",
    title: "Indicator",
    description:
      "A technical indicator (rsi, sma, ema, macd, bollinger, atr) of a token's price in USD, from the price history that the venue keeps. Tells the source and how old its newest point is.",
    category: "data",
    input: indicatorInput,
    output: z.strictObject({
      asset: z.string(),
      indicator: z.string(),
      period: z.int(),
      interval: z.string(),
      values: z.record(z.string(), figure),
      points: z.int(),
      source: z.string(),
      newest: z.string(),
      age_seconds: z.int(),
    }),
    async run(args, context) {
      const seen = await context.venue.observe();
      const asset = words.assetOf(args.token, args.chain, context, seen);
      const needed = pointsNeeded(args.indicator, args.period);
      const series = await context.history.series(asset, SPACINGS[args.interval], needed + MORE_POINTS);
      if (series === null)
        throw new ToolError("unsupported", `nothing keeps a history of ${asset}`, {
          remedy: "Ask for an asset with a feed or a market.",
        });
      const newest = series.points.at(-1);
      const values = indicatorValues(args.indicator, args.period, series.points);
      if (values === null || newest === undefined) {
        throw new ToolError(
          "insufficient_history",
          `${series.points.length} of ${needed} points at ${args.interval} are on record for ${asset}`,
          {
            remedy: "Ask for a shorter period or interval, or later.",
          },
        );
      }
      const age = Math.max(0, Math.floor(((await context.clock.now()) - newest.at) / SECOND));
      const told = Object.entries(values).map(([name, value]) => (name === "value" ? value : `${name} ${value}`));
      return {
        data: {
          asset,
          indicator: args.indicator,
          period: args.period,
          interval: args.interval,
          values,
          points: series.points.length,
          source: series.source,
          newest: isoTime(newest.at),
          age_seconds: age,
        },
        explanation: `${args.indicator} of ${asset}: ${told.join(", ")} (${series.source}, ${age} s old)`,
      };
    },
  });

  const risk = defineTool<typeof riskInput, z.ZodType, I, S>({
    name: "get_risk_metrics",
    title: "Risk and limits",
    description:
      "The portfolio against the mandate's limits: drawdown, exposures, what is left of each budget, what is in flight, whether it is stopped.",
    category: "data",
    input: riskInput,
    output: z.strictObject({
      value_usd: figure.nullable(),
      high_water_usd: figure.nullable(),
      drawdown_pct: figure.nullable(),
      stop_loss_pct: z.string(),
      exposures: z.array(z.strictObject({ asset: z.string(), value_usd: figure.nullable(), weight: figure.nullable() })),
      live_allowances: z.int(),
      budgets: z.array(limitRow),
      open_requests: z.int(),
      stopped: z.string().nullable(),
    }),
    async run(_args, { venue, gateway, wallet, mandate }) {
      const [seen, state] = await Promise.all([venue.observe(), gateway.state(wallet)]);
      const high = state.high_water_usd;
      const fallen = high && seen.value_usd && !high.isZero() ? ratio(high.minus(seen.value_usd), high).times(100) : null;
      const drawdown = fallen && (fallen.isNegative() ? decimal(0) : fallen);
      const stop = mandate.terms.limits.stop_loss_pct;
      return {
        data: {
          value_usd: seen.value_usd?.toFixed(2) ?? null,
          high_water_usd: high?.toFixed(2) ?? null,
          drawdown_pct: drawdown?.toFixed(2) ?? null,
          stop_loss_pct: typeof stop === "string" ? stop : stop.toFixed(),
          exposures: seen.holdings
            .filter(({ role, amount }) => role !== "numeraire" && role !== "gas" && !amount.isZero())
            .map(({ asset, value_usd, weight }) => ({
              asset,
              value_usd: value_usd?.toFixed(2) ?? null,
              weight: weight?.toDecimalPlaces(6).toFixed() ?? null,
            })),
          live_allowances: seen.allowances.length,
          budgets: state.budgets.map(renderLimit),
          open_requests: state.open.length,
          stopped: state.stopped && `${state.stopped.code}: ${state.stopped.reason}`,
        },
        hints: state.stopped ? ["It is stopped: only getting safer passes."] : [],
        explanation: drawdown
          ? `${drawdown.toFixed(2)} % below the high-water mark of ${high?.toFixed(2)} USD`
          : "the drawdown cannot be told yet",
      };
    },
  });
  return [portfolio, indicator, risk];
}
