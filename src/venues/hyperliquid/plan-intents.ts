import { sum, ZERO } from "../../core/decimal.ts";
import type { Plan, PlanRules, PlanStep, Skipped } from "../../planning/plan.ts";
import { tradeCost } from "../../planning/trade-cost.ts";
import { IntentError } from "../venue.ts";
import { describeIntent } from "./describe-intent.ts";
import type { HyperliquidIntent } from "./intents.ts";
import { heldIn, type Leg, legsOf, marketOf } from "./legs.ts";
import type { HyperliquidObservation, SeenMarket } from "./observation.ts";
import { cashOf, type HyperliquidScope } from "./scope.ts";

/** What an intent does, as far as the order of steps and their cost depend on it. */
interface Reading {
  readonly intent: HyperliquidIntent;
  /** Whether it can take on risk, or put off what ends it. */
  readonly opens: boolean;
  readonly legs: readonly Leg[];
  readonly market: SeenMarket | null;
}

/**
 * Things to do, as steps: what reduces or cancels first, then the rest, each in its own order. An order that turns a
 * position round becomes two. Upon a stale state only what cannot open anything is left.
 */
export function planIntents(
  intents: readonly HyperliquidIntent[],
  seen: HyperliquidObservation,
  rules: PlanRules,
  scope: HyperliquidScope,
): Plan<HyperliquidIntent> {
  const readings = intents.flatMap((intent) => read(intent, seen, scope));
  const kept = seen.stale ? readings.filter(({ opens }) => !opens) : readings;
  const inOrder = [...kept.filter(({ opens }) => !opens), ...kept.filter(({ opens }) => opens)];
  const steps = inOrder.map((reading) => stepOf(reading, rules));
  const detail = `what was seen is ${Math.round((seen.stale?.age ?? 0) / 1_000)} s old`;
  const skipped = readings
    .filter((reading) => !kept.includes(reading))
    .map(({ intent }): Skipped => {
      const asset = "market" in intent ? intent.market : cashOf(scope);
      return {
        account: scope.account.label,
        asset,
        reason: "stale",
        detail: `${describeIntent(intent)}: ${detail}`,
        deviation: null,
      };
    });
  const said = [...steps.map(({ reason }) => reason), ...skipped.map((one) => `not done: ${one.detail}`)];
  return {
    steps,
    skipped,
    clipped: [],
    value_usd: seen.value_usd,
    cost_usd: sum(steps.map(({ cost_usd }) => cost_usd ?? ZERO)),
    line: said.length === 0 ? "Nothing to do" : said.join("; "),
  };
}

function read(intent: HyperliquidIntent, seen: HyperliquidObservation, scope: HyperliquidScope): readonly Reading[] {
  switch (intent.kind) {
    case "close": {
      const market = seen.markets.find(({ asset }) => asset === intent.market) ?? null;
      const held = market && heldIn(seen, market).size;
      const size = held && (intent.size ?? held.abs());
      const legs: readonly Leg[] =
        size && !held.isZero() ? [{ side: held.isNegative() ? "buy" : "sell", size, reduces: true }] : [];
      return [{ intent, opens: false, legs, market }];
    }
    case "cancel": {
      // Without its protection a position is a larger risk: that is no way to get safer.
      const ends = seen.orders.filter(
        ({ asset, id, cloid }) =>
          asset === intent.market &&
          (intent.order === undefined || intent.order === id) &&
          (intent.cloid === undefined || intent.cloid === cloid),
      );
      return [
        {
          intent,
          opens: ends.some(({ trigger_usd, reduce_only }) => trigger_usd !== null && reduce_only),
          legs: [],
          market: null,
        },
      ];
    }
    case "stop":
    case "take_profit":
      // They only ever close, yet belong after what they are to protect.
      return [{ intent, opens: seen.stale === null, legs: [], market: null }];
    case "set_leverage":
    case "transfer":
      return [{ intent, opens: true, legs: [], market: null }];
    case "order":
      return readOrder(intent, seen, scope);
  }
}

function readOrder(
  intent: Extract<HyperliquidIntent, { kind: "order" }>,
  seen: HyperliquidObservation,
  scope: HyperliquidScope,
): readonly Reading[] {
  try {
    const market = marketOf(seen, intent.market);
    const { usd: _usd, share: _share, ...rest } = intent;
    return legsOf(intent, seen, scope).map((leg, _, legs) => ({
      // One leg stays as it was said; two are said in coins, each by itself.
      intent: legs.length === 1 ? intent : { ...rest, size: leg.size, reduce_only: leg.reduces },
      opens: !leg.reduces,
      legs: [leg],
      market,
    }));
  } catch (error) {
    if (!(error instanceof IntentError)) throw error;
    // It stays in the plan, so that whoever wanted it is told by `compile` why it cannot be said.
    return [{ intent, opens: true, legs: [], market: null }];
  }
}

function stepOf({ intent, legs, market }: Reading, rules: PlanRules): PlanStep<HyperliquidIntent> {
  const reason = describeIntent(intent);
  const [leg] = legs;
  const price = market?.price_usd;
  if (!leg || !market || !price) return { intent, reason, direction: null, cost_usd: null, value_usd: null };
  const value_usd = leg.size.times(price);
  const { fee_bps, book } = market;
  const cost_usd = tradeCost({ ...leg, price, fee_bps, book, slippage_bps: rules.slippage_bps });
  return { intent, reason, direction: leg.reduces ? "sell" : "buy", cost_usd, value_usd };
}
