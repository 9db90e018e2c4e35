import { type Instant, MINUTE } from "../core/clock.ts";
import { type Decimal, max, roundDown, ZERO } from "../core/decimal.ts";
import type { WakeTerms } from "../mandate/terms.ts";
import { holdingKey } from "../planning/targets.ts";
import type { AssetId } from "../protocols/effects.ts";
import type { Observation } from "../venues/venue.ts";

/** What stood when the last decision's cycle ended. Lost with the process: the next cycle then decides anew. */
export interface WakeMemory {
  readonly at: Instant;
  /** Weights by account and asset. */
  readonly weights: ReadonlyMap<string, Decimal>;
  readonly prices: ReadonlyMap<AssetId, Decimal>;
  /** Something was sent since, so the decider should hear what came of it. */
  readonly sent: boolean;
  /** Codes of what was refused since, sorted; and those that the decider had been told of before. */
  readonly refused: readonly string[];
  readonly toldRefused: readonly string[];
  /** When a limit that refused has room again. */
  readonly retryAt: Instant | null;
  /** What was decided could not be planned upon what was seen then: it was stale. */
  readonly unfinished?: boolean;
  /** Permits that the decider has heard are granted. */
  readonly toldGranted?: readonly string[];
}

export interface WakeParameters {
  readonly seen: Observation;
  readonly memory: WakeMemory | null;
  /** Outcomes that were found at the beginning of this cycle. */
  readonly settled: number;
  /** Requests whose outcome is not known yet. */
  readonly open: number;
  /** Permits that the operator has granted and nothing has used yet. */
  readonly granted?: readonly string[];
  readonly terms: WakeTerms;
}

export interface WakeVerdict {
  readonly wake: boolean;
  /** For people: why, or how far from it. */
  readonly reason: string;
}

/** Whether this cycle is worth a decision. Pure. */
export function wakeGate({ seen, memory, settled, open, granted = [], terms }: WakeParameters): WakeVerdict {
  if (open > 0) return hold(`waiting for ${open === 1 ? "a request" : `${open} requests`} to settle`);
  if (seen.value_usd === null) return hold(`the portfolio has no value now: ${seen.unknowns[0] ?? "something cannot be read"}`);
  if (!memory) return wake("first decision");
  if (settled > 0 || memory.sent) return wake("an outcome since the last decision");
  if (memory.unfinished) return wake("what was decided could not be done upon a stale look");
  const news = memory.refused.filter((code) => !memory.toldRefused.includes(code));
  if (news.length > 0) return wake(`refused since the last decision: ${news.join(", ")}`);
  if (memory.retryAt !== null && seen.at >= memory.retryAt) return wake("a limit that refused has room again");
  if (granted.some((id) => !memory.toldGranted?.includes(id))) return wake("the operator has granted what was asked");
  const drift = driftPoints(seen, memory);
  if (drift.gte(terms.drift_points)) return wake(`drift ${places(drift)} of ${terms.drift_points.toFixed()} points`);
  const moved = largestMove(seen, memory);
  if (moved.pct.gte(terms.price_pct)) return wake(`${moved.asset} moved ${places(moved.pct)} % since the last decision`);
  const age = seen.at - memory.at;
  if (age >= terms.at_least_every) return wake(`${Math.floor(age / MINUTE)} minutes since the last decision`);
  return hold(`drift ${places(drift)} of ${terms.drift_points.toFixed()} points`);
}

/** Points of portfolio value by which the weight that moved most has moved since the last decision. */
function driftPoints(seen: Observation, { weights }: WakeMemory): Decimal {
  const now = weightsOf(seen);
  const keys = [...new Set([...now.keys(), ...weights.keys()])];
  return max(
    ZERO,
    ...keys.map((key) =>
      (now.get(key) ?? ZERO)
        .minus(weights.get(key) ?? ZERO)
        .abs()
        .times(100),
    ),
  );
}

function largestMove(seen: Observation, { prices }: WakeMemory): { asset: string; pct: Decimal } {
  let largest = { asset: "", pct: ZERO };
  for (const [asset, price] of pricesOf(seen)) {
    const before = prices.get(asset);
    const pct = before && !before.isZero() ? price.minus(before).abs().times(100).div(before) : ZERO;
    if (pct.gt(largest.pct)) largest = { asset, pct };
  }
  return largest;
}

export function weightsOf(seen: Observation): ReadonlyMap<string, Decimal> {
  return new Map(
    seen.holdings.flatMap(({ account, asset, weight }) => (weight ? [[holdingKey(account, asset), weight] as const] : [])),
  );
}

export function pricesOf(seen: Observation): ReadonlyMap<AssetId, Decimal> {
  return new Map(seen.holdings.flatMap(({ asset, price_usd }) => (price_usd ? [[asset, price_usd] as const] : [])));
}

function wake(reason: string): WakeVerdict {
  return { wake: true, reason };
}

function hold(reason: string): WakeVerdict {
  return { wake: false, reason };
}

function places(value: Decimal): string {
  return roundDown(value, 1).toFixed();
}
