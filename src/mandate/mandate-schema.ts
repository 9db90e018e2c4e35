import { z } from "zod";
import { HOUR } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import { fleetSchema, limitsSchema } from "./limits-schema.ts";
import { amount, duration, httpUrl, kebab, line, numeric, oneOf, refuse, strict, symbol } from "./scalars.ts";

/** The prompt templates that come with the package. */
export const SHIPPED_PROMPTS = ["default", "governance", "conservative", "loop"] as const;

const price = amount("USD per million tokens, for example 3");

const prices = strict("{ input, output }", {
  input: price,
  output: price,
  cache_read: price.optional(),
  cache_write: price.optional(),
});

const oneModel = {
  provider: line,
  id: line,
  api: oneOf(["chat", "responses", "messages"]).optional(),
  base_url: httpUrl.optional(),
  temperature: numeric("a number from 0 to 2", { max: "2" }).optional(),
  max_tokens: numeric("a whole number of tokens, for example 1500", { whole: true, min: "1", max: "1000000" }).optional(),
  reasoning: oneOf(["minimal", "low", "medium", "high"]).optional(),
  deadline: duration.optional(),
  prices: prices.optional(),
};

const MODEL = "a model: { provider: anthropic, id: claude-sonnet-4-5 }";
const otherModel = strict(MODEL, oneModel);
const share = (example: string) => amount(`percent of max_llm_usd_per_day, for example ${example}`, { max: "100" });

const nearBudget = strict("{ cheaper, cheaper_below_pct, slower_every, slower_below_pct, hold_below_pct }", {
  cheaper: otherModel.optional(),
  cheaper_below_pct: share("40").optional(),
  slower_every: duration.optional(),
  slower_below_pct: share("20").optional(),
  hold_below_pct: share("5").optional(),
});

const escalate = strict("{ to, drawdown_pct, price_pct, after_refusal }", {
  to: otherModel,
  drawdown_pct: amount("a percentage, for example 3", { max: "100" }).optional(),
  price_pct: amount("a percentage, for example 10", { max: "1000" }).optional(),
  after_refusal: oneOf(["yes", "no"]).optional(),
});

const model = strict(MODEL, {
  ...oneModel,
  fallbacks: z.array(otherModel, { error: "a list of models" }).max(5, "a list of at most 5 models").optional(),
  near_budget: nearBudget.optional(),
  escalate: escalate.optional(),
});

const file = z.string({ error: "the path of a file, relative to the mandate: ./prompt.md" }).superRefine((text, ctx) => {
  if (/^\.{1,2}\/[^\p{Cc}]{1,300}$/u.test(text)) return;
  refuse(ctx, {
    code: "BAD_PATH",
    message: `${JSON.stringify(text.slice(0, 60))} is no path beside the mandate`,
    remedy: "Start it with ./ or ../: it is read relative to the mandate.",
  });
});
const named = (words: readonly string[]) =>
  z.string({ error: `one of ${words.join(", ")}, or a path that starts with ./` }).superRefine((text, ctx) => {
    if (words.includes(text) || /^\.{1,2}\/[^\p{Cc}]{1,300}$/u.test(text)) return;
    refuse(ctx, {
      code: "BAD_VALUE",
      message: `${JSON.stringify(text.slice(0, 60))} is none of ${words.join(", ")} and no path`,
      remedy: `Write ${words.join(", ")}, or a path that starts with ./ or ../.`,
    });
  });
const hostName = z
  .string()
  .regex(
    /^(?=.{4,200}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])$/,
    "write a host's name in lower case, for example api.coingecko.com",
  );
/** What may be asked of a host that is named under `fetch`. */
export const FETCH_METHODS = ["GET", "POST"] as const;
const FETCH_HOST = "a host's name, or { host: api.example.com, methods: [GET, POST] }";
const fetchHost = z.union(
  [
    hostName,
    strict(FETCH_HOST, {
      host: hostName,
      methods: z.array(oneOf(FETCH_METHODS), { error: "a list of GET and POST" }).min(1, "name GET, POST or both").max(2),
    }),
  ],
  { error: FETCH_HOST },
);
const variableName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "write lower-case letters, digits and _");
const partialName = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, "write lower-case letters, digits, - and _");

const prompt = strict("{ template, variables, partials }", {
  template: named(SHIPPED_PROMPTS).optional(),
  variables: z
    .record(variableName, z.string({ error: "text" }).max(20_000, "at most 20,000 characters"), {
      error: "texts by name: { desk: … }",
    })
    .optional(),
  partials: z.record(partialName, file, { error: "files by name: { position: ./position.md }" }).optional(),
});

const strategies = strict("{ from, only, as, risk_profile, most }", {
  from: named(["shipped"]).optional(),
  only: z.array(kebab, { error: "a list of ids" }).min(1, "a list of at least one id").optional(),
  as: oneOf(["full", "summary"]).optional(),
  risk_profile: oneOf(["conservative", "moderate", "aggressive"]).optional(),
  most: numeric("a whole number, for example 6", { whole: true, min: "1", max: "100" }).optional(),
});

const count = (example: string, most: string) =>
  numeric(`a whole number, for example ${example}`, { whole: true, min: "1", max: most });

const loop = strict("{ wall, tool_calls, tokens, usd, nudges, messages, keep, session }", {
  wall: duration.optional(),
  tool_calls: count("40", "10000").optional(),
  tokens: count("400000", "1000000000").optional(),
  usd: amount("an amount in USD, for example 0.50").optional(),
  nudges: numeric("a whole number, for example 2", { whole: true, min: "0", max: "20" }).optional(),
  messages: count("80", "10000").optional(),
  keep: count("40", "10000").optional(),
  session: oneOf(["fresh", "kept"]).optional(),
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
  venue: oneOf(["evm", "hyperliquid"]),
  network: kebab,
  numeraire: symbol,
  every: duration,
  decider: oneOf(["structured", "loop", "code"]),
  code: file.optional(),
  loop: loop.optional(),
  model,
  prompt: prompt.optional(),
  strategies: strategies.optional(),
  wake: wake.optional(),
  plan: plan.optional(),
  shell: oneOf(["on", "off"]).optional(),
  fetch: z.array(fetchHost, { error: "a list of hosts" }).max(20, "a list of at most 20 hosts").optional(),
  limits: limitsSchema,
  fleet: fleetSchema.optional(),
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
  near_budget: Object.keys(nearBudget.shape),
  escalate: Object.keys(escalate.shape),
  prompt: Object.keys(prompt.shape),
  strategies: Object.keys(strategies.shape),
  prices: Object.keys(prices.shape),
  loop: Object.keys(loop.shape),
  wake: Object.keys(wake.shape),
  plan: Object.keys(plan.shape),
  fleet: Object.keys(fleetSchema.shape),
};
