import { z } from "zod";
import type { Decimal } from "../../core/decimal.ts";
import { amount, kebab, line, numeric, oneOf, refuse, strict } from "../../mandate/scalars.ts";

/** What a market may be in. `trending` stands for both of its directions. */
export const REGIMES = ["trending-bull", "trending-bear", "range-bound", "carry-friendly", "event-risk", "unknown"] as const;
export type Regime = (typeof REGIMES)[number];

/** From the most careful to the least. */
export const RISK_PROFILES = ["conservative", "moderate", "aggressive"] as const;
export type RiskProfile = (typeof RISK_PROFILES)[number];

const METRICS = [
  "funding_rate_bps_8h",
  "open_interest_change_pct",
  "price_change_pct",
  "volatility_pct",
  "spread_bps",
  "correlation",
  "drawdown_pct",
  "trend_score",
  "basis_bps",
  "depth_usd",
] as const;

const signed = z.string({ error: "a number, for example -2.5" }).transform((text, ctx): string => {
  if (/^-?(?:0|[1-9]\d{0,11})(?:\.\d{1,18})?$/.test(text)) return text;
  refuse(ctx, {
    code: "NOT_A_DECIMAL",
    message: `${JSON.stringify(text.slice(0, 40))} is not a plain decimal number`,
    remedy: "Write it in digits, for example -2.5.",
  });
  return z.NEVER;
});

const trigger = strict("{ metric, operator, value }", {
  metric: oneOf(METRICS),
  operator: oneOf(["<", "<=", ">", ">=", "=="]),
  value: signed,
});

const market = z.string({ error: "a market such as BTC, BTC:perp or any" }).superRefine((text, ctx) => {
  if (/^(?:any|[A-Za-z0-9][A-Za-z0-9._+-]{0,29}(?::(?:perp|spot))?|any:(?:perp|spot))$/.test(text)) return;
  refuse(ctx, {
    code: "BAD_VALUE",
    message: `${JSON.stringify(text.slice(0, 40))} is no market`,
    remedy: "Write BTC, BTC:perp, BTC:spot, any, any:perp or any:spot.",
  });
});

const list = <T extends z.ZodType>(expected: string, item: T) => z.array(item, { error: expected });
const regime = oneOf([...REGIMES, "trending"]);

/** The frontmatter of a strategy file. */
export const strategySchema = strict("keys and values", {
  id: kebab,
  title: line,
  markets: list("a list of markets: [BTC:perp, ETH:perp]", market).min(1, "a list of at least one market"),
  directionality: oneOf(["long", "short", "long-short", "neutral"]),
  risk_profile: oneOf(RISK_PROFILES),
  tags: list("a list of words", kebab).default([]),
  intended_horizon: oneOf(["minutes", "hours", "days", "weeks"]),
  minimum_dwell_minutes: numeric("a whole number of minutes", { whole: true, max: "525600" }),
  compatible_regimes: list("a list of regimes", regime).default([]),
  avoid_regimes: list("a list of regimes", regime).default([]),
  max_leverage: amount("times the portfolio's value, for example 2", { max: "50" }),
  max_position_pct: amount("percent of the portfolio's value, for example 30", { max: "5000" }),
  expected_switching_cost_bps: amount("basis points, for example 15", { max: "10000" }),
  invalidation_triggers: list("a list of { metric, operator, value }", trigger).default([]),
});

/** A condition under which a strategy's reason is gone. */
export interface Trigger {
  readonly metric: (typeof METRICS)[number];
  readonly operator: "<" | "<=" | ">" | ">=" | "==";
  /** A plain decimal, in the metric's own unit. */
  readonly value: string;
}

/** A strategy file that was read. */
export interface Strategy {
  readonly id: string;
  readonly title: string;
  /** "BTC:perp", "BTC" for both of its markets, "any". */
  readonly markets: readonly string[];
  readonly directionality: "long" | "short" | "long-short" | "neutral";
  readonly risk_profile: RiskProfile;
  readonly tags: readonly string[];
  readonly intended_horizon: "minutes" | "hours" | "days" | "weeks";
  readonly minimum_dwell_minutes: number;
  /** Empty: all. */
  readonly compatible_regimes: readonly (Regime | "trending")[];
  readonly avoid_regimes: readonly (Regime | "trending")[];
  /** Times the portfolio's value, all positions together, without signs. */
  readonly max_leverage: Decimal;
  /** Percent of the portfolio's value. */
  readonly max_position_pct: Decimal;
  readonly expected_switching_cost_bps: Decimal;
  readonly invalidation_triggers: readonly Trigger[];
  /** The words below the frontmatter. */
  readonly body: string;
}

/** Whether a regime is one of a list, in which `trending` means both directions. */
export function inRegimes(regime: Regime, list: readonly (Regime | "trending")[]): boolean {
  return list.some((one) => one === regime || (one === "trending" && regime.startsWith("trending-")));
}
