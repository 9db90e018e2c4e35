import { min } from "../core/decimal.ts";
import { PLAN_DEFAULTS, WAKE_DEFAULTS, type WrittenMandate } from "./mandate-schema.ts";
import type { Brief, Limit, ModelTerms } from "./terms.ts";

/** What the agent side reads of a mandate, with its defaults filled in. */
export function toBrief(written: WrittenMandate, prose: string, maxSlippage: Limit): Brief {
  const { wake, plan } = written;
  const slippage = maxSlippage === "unlimited" ? PLAN_DEFAULTS.slippage_bps : min(maxSlippage, PLAN_DEFAULTS.slippage_bps);
  return {
    id: written.id,
    title: written.title ?? null,
    prose,
    decider: written.decider,
    model: toModel(written.model),
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

function toModel({ provider, id, prices, ...rest }: WrittenMandate["model"]): ModelTerms {
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
