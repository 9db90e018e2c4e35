import { type Clock, type Instant, MINUTE } from "../../core/clock.ts";
import type { Address } from "../../core/hex.ts";
import { InfoShapeError, InfoUnavailableError } from "../../protocols/hyperliquid/info-client.ts";
import { MarketMetaError } from "../../protocols/hyperliquid/market.ts";
import type { Venue } from "../venue.ts";
import { compileHyperliquid } from "./compile.ts";
import { hyperliquidFacts } from "./facts.ts";
import { type HyperliquidIntent, readHyperliquidIntent } from "./intents.ts";
import type { MarketSignals } from "./market-signals.ts";
import type { HyperliquidObservation } from "./observation.ts";
import { type HyperliquidReads, observeHyperliquid, unlessBroken } from "./observe.ts";
import { planHyperliquid } from "./plan.ts";
import type { HyperliquidScope } from "./scope.ts";
import { hyperliquidVocabulary } from "./vocabulary.ts";

export interface HyperliquidVenueParameters {
  readonly scope: HyperliquidScope;
  /** Keyless, like all of this. */
  readonly info: HyperliquidReads;
  readonly clock: Clock;
  /** Where figures for strategies come from. Left out: none are told. */
  readonly signals?: MarketSignals;
}

/**
 * One account at Hyperliquid, as its agent sees it.
 *
 * Where the venue does not answer, or not what can be read, the last state stands in, marked stale with its age;
 * before there is one, `observe` throws what {@link observeHyperliquid} does.
 */
export function hyperliquidVenue({
  scope,
  info,
  clock,
  signals,
}: HyperliquidVenueParameters): Venue<HyperliquidIntent, HyperliquidObservation> {
  let last: HyperliquidObservation | null = null;
  const userFees = rarely((user) => info.userFees(user), clock);
  const userAbstraction = rarely((user) => info.userAbstraction(user).catch(unlessBroken), clock, forMode);
  return {
    observe: async () => {
      try {
        const seen = await observeHyperliquid({ scope, info, clock, userFees, userAbstraction });
        last = signals ? { ...seen, facts: { ...seen.facts, ...(await signals.read(seen.markets)) } } : seen;
        return last;
      } catch (error) {
        const reason = whyUnread(error);
        if (reason === null || last === null) throw error;
        return staled(last, reason, await clock.now());
      }
    },
    plan: (wish, seen, rules) => planHyperliquid(wish, seen, rules, scope),
    compile: (intent, seen) => compileHyperliquid(intent, seen, scope),
    revokes: () => [],
    recorded: ({ facts: _, markets, ...seen }) => ({ ...seen, markets: markets.map(({ book: __, ...market }) => market) }),
    readIntent: (item) => readHyperliquidIntent(item, scope.label),
    vocabulary: hyperliquidVocabulary(scope),
  };
}

/** Rates move by tiers of two weeks' volume, a mode when a person sets it; each question takes a sixtieth of the minute's quota. */
const STEADY_FOR = 10 * MINUTE;
/** No answer stands for so long: a way home of many looks waits out a venue that is silent about this once, and not each time. */
const SILENT_FOR = MINUTE;

/** @param keep - how long what was told is not asked again, in milliseconds. */
function rarely<T>(
  ask: (user: Address) => Promise<T>,
  clock: Clock,
  keep: (told: T) => number = () => STEADY_FOR,
): (user: Address) => Promise<T> {
  let known: { readonly at: Instant; readonly told: T } | null = null;
  return async (user) => {
    const now = await clock.now();
    if (known === null || now - known.at >= keep(known.told) || now < known.at) known = { at: now, told: await ask(user) };
    return known.told;
  };
}

function forMode(told: string | null): number {
  return told === null ? SILENT_FOR : STEADY_FOR;
}

/** In words that are the same on every machine. Null: another kind of error. */
function whyUnread(error: unknown): string | null {
  if (error instanceof InfoUnavailableError) return "the venue does not answer";
  if (error instanceof InfoShapeError) return "the venue's answer cannot be read";
  if (error instanceof MarketMetaError) return "the venue's description of its markets contradicts itself";
  return null;
}

/** A copy: what was seen stays as it was seen. */
function staled(last: HyperliquidObservation, reason: string, now: Instant): HyperliquidObservation {
  const stale = { reason, age: Math.max(0, now - last.at) };
  const seen = { ...last, stale, unknowns: [...last.unknowns, reason] };
  return { ...seen, facts: hyperliquidFacts(seen) };
}
