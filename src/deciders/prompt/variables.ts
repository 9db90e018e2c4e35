/** When a variable's text may change: never for a mandate and its strategies, or with every cycle. */
export type When = "stable" | "now";

/** Every variable that a prompt template may use. */
export const PROMPT_VARIABLES = {
  prose: { when: "stable", says: "the strategy, as the mandate's owner wrote it" },
  id: { when: "stable", says: "the mandate's id" },
  title: { when: "stable", says: "the mandate's title, or its id" },
  venue: { when: "stable", says: "the mandate's venue" },
  network: { when: "stable", says: "the mandate's network" },
  cash: { when: "stable", says: "the symbol of cash" },
  limits: { when: "stable", says: "the limits that a plan meets, a line each" },
  intents: { when: "stable", says: "what may be wanted of the venue beside weights, a line each" },
  answer: { when: "stable", says: "how to answer: the form, its keys and their units" },
  strategies: { when: "stable", says: "the strategies that fit, each written by the partial `strategy` or `strategy-summary`" },
  timestamp: { when: "now", says: "the time of the observation, UTC" },
  portfolio_value: { when: "now", says: "USD, or `unknown`" },
  available_balance: { when: "now", says: "cash that may be used, in USD, or `unknown`" },
  positions: { when: "now", says: "what is held, each written by the partial `position`" },
  observation: { when: "now", says: "all that is seen, with limits and outcomes, as one JSON block" },
  limits_left: { when: "now", says: "what is left of each budget, a line each" },
  recent: { when: "now", says: "what came of the last requests, a line each" },
  unknowns: { when: "now", says: "what could not be read, a line each" },
  signals: { when: "now", says: "what the venue and the signals say beside holdings, as JSON" },
  regime: { when: "now", says: "the market's regime, or `unknown`" },
  plan: { when: "now", says: "the plan that is being followed, as JSON, or `none`" },
  strategy: { when: "now", says: "the strategy that the last answer followed, or `none`" },
} as const satisfies Readonly<Record<string, { readonly when: When; readonly says: string }>>;

export type PromptVariable = keyof typeof PROMPT_VARIABLES;

/** The variables of the partial that writes out one position. */
export const POSITION_VARIABLES = [
  "account",
  "asset",
  "amount",
  "price_usd",
  "value_usd",
  "weight",
  "weight_pct",
  "role",
] as const;

/** The variables of the partials that write out one strategy. */
export const STRATEGY_VARIABLES = [
  "id",
  "title",
  "markets",
  "directionality",
  "risk_profile",
  "intended_horizon",
  "minimum_dwell_minutes",
  "compatible_regimes",
  "avoid_regimes",
  "max_leverage",
  "max_position_pct",
  "expected_switching_cost_bps",
  "invalidation",
  "tags",
  "body",
] as const;

/** Partials with variables of their own. Whoever gives one by such a name replaces the shipped one. */
export const ITEM_PARTIALS: Readonly<Record<string, readonly string[]>> = {
  position: POSITION_VARIABLES,
  strategy: STRATEGY_VARIABLES,
  "strategy-summary": STRATEGY_VARIABLES,
};
