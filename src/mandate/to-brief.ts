import { MINUTE } from "../core/clock.ts";
import { decimal, min, ZERO } from "../core/decimal.ts";
import { PLAN_DEFAULTS, WAKE_DEFAULTS, type WrittenMandate } from "./mandate-schema.ts";
import type {
  Brief,
  EscalateTerms,
  Limit,
  LoopTerms,
  ModelPlan,
  ModelTerms,
  NearBudgetTerms,
  PromptTerms,
  StrategiesTerms,
} from "./terms.ts";

/** What the agent side reads of a mandate, with its defaults filled in. */
export function toBrief(written: WrittenMandate, prose: string, maxSlippage: Limit, folder?: string): Brief {
  const { wake, plan } = written;
  const slippage = maxSlippage === "unlimited" ? PLAN_DEFAULTS.slippage_bps : min(maxSlippage, PLAN_DEFAULTS.slippage_bps);
  return {
    id: written.id,
    title: written.title ?? null,
    prose,
    decider: written.decider,
    ...(written.code === undefined ? {} : { code: written.code }),
    ...(written.decider === "loop" || written.loop ? { loop: toLoop(written.loop) } : {}),
    model: toModelPlan(written.model),
    ...(written.prompt ? { prompt: toPrompt(written.prompt) } : {}),
    ...(written.strategies ? { strategies: toStrategies(written.strategies) } : {}),
    ...(folder === undefined ? {} : { folder }),
    ...(written.shell === "off" ? { shell: "off" } : {}),
    ...(written.fetch
      ? { fetch: written.fetch.map((one) => (typeof one === "string" ? { host: one, methods: ["GET"] } : one)) }
      : {}),
    every: written.every,
    wake: {
      drift_points: wake?.drift_points ?? WAKE_DEFAULTS.drift_points,
      price_pct: wake?.price_pct ?? WAKE_DEFAULTS.price_pct,
      at_least_every: wake?.at_least_every ?? WAKE_DEFAULTS.at_least_every,
    },
    plan: {
      threshold_points: plan?.threshold_points ?? PLAN_DEFAULTS.threshold_points,
      min_trade_usd: plan?.min_trade_usd ?? PLAN_DEFAULTS.min_trade_usd,
      slippage_bps: plan?.slippage_bps ?? slippage,
    },
  };
}

const CHEAPER_BELOW_PCT = decimal("40");
const SLOWER_BELOW_PCT = decimal("20");
const MOST_STRATEGIES = 12;

/** What holds for a model with tools where the mandate says nothing else. */
export const LOOP_DEFAULTS: LoopTerms = {
  wall: 5 * MINUTE,
  tool_calls: 40,
  tokens: 400_000,
  usd: decimal("0.5"),
  nudges: 2,
  messages: 80,
  keep: 40,
  session: "fresh",
};

function toLoop(written: WrittenMandate["loop"] = {}): LoopTerms {
  return { ...LOOP_DEFAULTS, ...present(written) };
}

type Written = WrittenMandate["model"];

function toModelPlan({ fallbacks, near_budget, escalate, ...model }: Written): ModelPlan {
  return {
    ...toModel(model),
    ...(fallbacks ? { fallbacks: fallbacks.map(toModel) } : {}),
    ...(near_budget ? { near_budget: toNearBudget(near_budget) } : {}),
    ...(escalate ? { escalate: toEscalate(escalate) } : {}),
  };
}

function toNearBudget(written: NonNullable<Written["near_budget"]>): NearBudgetTerms {
  return {
    cheaper: written.cheaper ? toModel(written.cheaper) : null,
    cheaper_below_pct: written.cheaper_below_pct ?? CHEAPER_BELOW_PCT,
    slower_every: written.slower_every ?? null,
    slower_below_pct: written.slower_below_pct ?? SLOWER_BELOW_PCT,
    hold_below_pct: written.hold_below_pct ?? ZERO,
  };
}

function toEscalate({ to, drawdown_pct, price_pct, after_refusal }: NonNullable<Written["escalate"]>): EscalateTerms {
  return {
    to: toModel(to),
    drawdown_pct: drawdown_pct ?? null,
    price_pct: price_pct ?? null,
    after_refusal: after_refusal === "yes",
  };
}

function toPrompt({ template, variables, partials }: NonNullable<WrittenMandate["prompt"]>): PromptTerms {
  return { template: template ?? "default", variables: variables ?? {}, partials: partials ?? {} };
}

function toStrategies(written: NonNullable<WrittenMandate["strategies"]>): StrategiesTerms {
  return {
    from: written.from ?? "shipped",
    only: written.only ?? null,
    as: written.as ?? "summary",
    risk_profile: written.risk_profile ?? null,
    most: written.most ?? MOST_STRATEGIES,
  };
}

type WrittenModel = Omit<Written, "fallbacks" | "near_budget" | "escalate">;

function toModel({ provider, id, prices, ...rest }: WrittenModel): ModelTerms {
  return {
    provider,
    id,
    ...present(rest),
    ...(prices === undefined ? {} : { prices: { input: prices.input, output: prices.output, ...present(prices) } }),
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same object without the keys that are undefined. */
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Present<T>;
}
