import { z } from "zod";
import { HOUR } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { limitsSchema } from "./limits-schema.ts";
import { amount, duration, httpUrl, kebab, line, numeric, oneOf, strict, symbol } from "./scalars.ts";

const price = amount("USD per million tokens, for example 3");

const prices = strict("{ input, output }", {
  input: price,
  output: price,
  cache_read: price.optional(),
  cache_write: price.optional(),
});

const model = strict("a model: { provider: anthropic, id: claude-sonnet-4-5 }", {
  provider: line,
  id: line,
  api: oneOf(["chat", "responses", "messages"]).optional(),
  base_url: httpUrl.optional(),
  temperature: numeric("a number from 0 to 2", { max: "2" }).optional(),
  max_tokens: numeric("a whole number of tokens, for example 1500", { whole: true, min: "1", max: "1000000" }).optional(),
  reasoning: oneOf(["minimal", "low", "medium", "high"]).optional(),
  deadline: duration.optional(),
  prices: prices.optional(),
});

const points = (example: string) => amount(`points of portfolio value, for example ${example}`, { max: "200" });

const wake = strict("{ drift_points, price_pct, at_least_every }", {
  drift_points: points("5").optional(),
  price_pct: amount("a percentage, for example 3", { max: "1000" }).optional(),
  at_least_every: duration.optional(),
});

const plan = strict("{ threshold_points, min_trade_usd, slippage_bps }", {
  threshold_points: points("5").optional(),
  min_trade_usd: amount("an amount in USD, for example 10").optional(),
  slippage_bps: amount("basis points, for example 50", { max: "10000" }).optional(),
});

/** The frontmatter as users write it. Networks are read one by one: each may stand in a book of its own. */
export const mandateSchema = strict("keys and values", {
  id: kebab,
  title: line.optional(),
  venue: oneOf(["evm"]),
  network: kebab,
  numeraire: symbol,
  every: duration,
  decider: oneOf(["structured"]),
  model,
  wake: wake.optional(),
  plan: plan.optional(),
  limits: limitsSchema,
  networks: z.record(kebab, z.unknown(), { error: "networks by name: { rehearsal: { chains } }" }),
});

export type WrittenMandate = z.output<typeof mandateSchema>;

export const WAKE_DEFAULTS = { drift_points: decimal("5"), price_pct: decimal("3"), at_least_every: 6 * HOUR } as const;
export const PLAN_DEFAULTS = {
  threshold_points: decimal("5"),
  min_trade_usd: decimal("10"),
  slippage_bps: decimal("50"),
} as const;

/** Every key of the frontmatter by where it stands, for documents. Limits and networks have their own. */
export const FRONTMATTER_KEYS: Readonly<Record<string, readonly string[]>> = {
  frontmatter: Object.keys(mandateSchema.shape),
  model: Object.keys(model.shape),
  prices: Object.keys(prices.shape),
  wake: Object.keys(wake.shape),
  plan: Object.keys(plan.shape),
};
