import { type Instant, MINUTE } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { didYouMean } from "../../mandate/suggest.ts";
import type { StrategiesTerms } from "../../mandate/terms.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { Decision } from "../decider.ts";
import { chooseStrategies } from "./choose-strategies.ts";
import { type Enforced, enforceStrategy } from "./enforce-strategy.ts";
import { invalidation } from "./invalidation.ts";
import { REGIMES, type Regime, type Strategy } from "./strategy.ts";

/** The strategies of one mandate: which are listed now, which is followed and since when. */
export class StrategyDesk {
  readonly #all: readonly Strategy[];
  readonly #terms: StrategiesTerms;
  #following: { readonly strategy: Strategy; readonly since: Instant } | null = null;

  /** @throws {UsageError} when the mandate names a strategy that there is not. */
  constructor(all: readonly Strategy[], terms: StrategiesTerms) {
    const ids = all.map(({ id }) => id);
    const unknown = terms.only?.find((id) => !ids.includes(id));
    if (unknown !== undefined) {
      throw new UsageError(`strategies.only: there is no strategy ${unknown}`, {
        remedy: didYouMean(unknown, ids, `Strategies here: ${ids.join(", ") || "none"}.`),
      });
    }
    this.#all = terms.only === null ? all : all.filter(({ id }) => terms.only?.includes(id));
    this.#terms = terms;
  }

  get following(): string | null {
    return this.#following?.strategy.id ?? null;
  }

  /** Goes on with what an earlier process followed. One that is not there any more is forgotten. */
  resume({ strategy: id, since }: { readonly strategy: string; readonly since: Instant }): void {
    const strategy = this.#all.find((one) => one.id === id);
    if (this.#following === null && strategy) this.#following = { strategy, since };
  }

  /** The strategies that fit what is seen. */
  listed(seen: Observation): readonly Strategy[] {
    const { risk_profile, most } = this.#terms;
    const assets = seen.holdings.filter(({ role }) => role === "allowed").map(({ asset }) => asset);
    return chooseStrategies(this.#all, { risk_profile, most, assets, regime: regimeOf(seen) }).chosen;
  }

  /** Follows a strategy from now on; the reason why not, where it may not. */
  follow(id: string | null, seen: Observation): string | null {
    const strategy = this.listed(seen).find((one) => one.id === id) ?? null;
    const reason = this.#onlyReducing(strategy, id, seen);
    if (strategy !== null && reason === null && this.#following?.strategy.id !== id) {
      this.#following = { strategy, since: seen.at };
    }
    return reason;
  }

  /** Holds a decision to the strategy that it names, and remembers which is followed. */
  hold<I extends Intent, S extends Observation>(
    decision: Decision<I>,
    selected: string | null,
    seen: S,
    venue: Pick<Venue<I, S>, "vocabulary">,
  ): Enforced<I> {
    if (decision.kind === "hold") return { decision, remarks: [] };
    const strategy = this.listed(seen).find(({ id }) => id === selected) ?? null;
    const onlyReducing = this.follow(selected, seen);
    const ended = strategy === null ? new Map<string, string>() : invalidation(strategy, seen).markets;
    return enforceStrategy(decision, { strategy, onlyReducing, ended, seen, venue });
  }

  #onlyReducing(strategy: Strategy | null, selected: string | null, seen: Observation): string | null {
    if (strategy === null) {
      return selected === null ? "no strategy is named" : `${selected} is none of the strategies that fit now`;
    }
    const { all } = invalidation(strategy, seen);
    if (all !== null) return `${strategy.id}: ${all}`;
    const before = this.#following;
    if (before === null || before.strategy.id === strategy.id) return null;
    const { id, minimum_dwell_minutes } = before.strategy;
    if (invalidation(before.strategy, seen).all !== null) return null;
    const minutes = Math.floor((seen.at - before.since) / MINUTE);
    return seen.at - before.since < minimum_dwell_minutes * MINUTE
      ? `${id} is kept for ${minimum_dwell_minutes} minutes and has been for ${minutes}`
      : null;
  }
}

/** The regime that an observation names: `facts.regime`, as a word or as `{ regime }`. */
export function regimeOf({ facts }: Pick<Observation, "facts">): Regime {
  const said = facts.regime;
  const name = typeof said === "object" && said !== null && "regime" in said ? said.regime : said;
  return REGIMES.find((regime) => regime === name) ?? "unknown";
}
