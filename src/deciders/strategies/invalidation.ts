import { type Decimal, decimal } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { Observation } from "../../venues/venue.ts";
import { isMarketOf } from "./market-names.ts";
import type { Strategy, Trigger } from "./strategy.ts";

/** What of a strategy has ended: all of it, or some of its markets, each with the reason in words. */
export interface Invalidation {
  /** Null: it has not ended as a whole. */
  readonly all: string | null;
  /** By asset. */
  readonly markets: ReadonlyMap<string, string>;
}

/**
 * Holds a strategy's triggers against the figures of an observation, `facts.metrics`: a figure for the whole portfolio, or
 * figures by asset. A trigger that has come true of a market ends the strategy there; true of every one of its markets that
 * has the figure, or of the portfolio, it ends the strategy. A figure that is not there fires nothing.
 */
export function invalidation({ invalidation_triggers, markets }: Strategy, { facts }: Pick<Observation, "facts">): Invalidation {
  const metrics = entriesOf(facts.metrics);
  const ended = new Map<string, string>();
  for (const trigger of invalidation_triggers) {
    const said = metrics.get(trigger.metric);
    const whole = figure(said);
    if (whole !== null) {
      if (fires(trigger, whole)) return { all: words(trigger, whole, ""), markets: ended };
      continue;
    }
    const own = [...entriesOf(said)].flatMap(([asset, value]) => {
      const is = figure(value);
      return is === null || !isMarketOf(asset, markets) ? [] : [{ asset, is }];
    });
    const fired = own.filter(({ is }) => fires(trigger, is));
    const [first] = fired;
    if (first && fired.length === own.length) {
      return {
        all: words(trigger, first.is, own.length === 1 ? ` of ${first.asset}` : " of all of its markets"),
        markets: ended,
      };
    }
    for (const { asset, is } of fired) if (!ended.has(asset)) ended.set(asset, words(trigger, is, ""));
  }
  return { all: null, markets: ended };
}

function words({ metric, operator, value }: Trigger, is: Decimal, of: string): string {
  return `${metric}${of} is ${is.toFixed()}, and ${metric} ${operator} ${value} ends it`;
}

function fires({ operator, value }: Trigger, is: Decimal): boolean {
  const order = is.comparedTo(decimal(value));
  if (operator === "==") return order === 0;
  return operator.startsWith("<")
    ? order < 0 || (operator === "<=" && order === 0)
    : order > 0 || (operator === ">=" && order === 0);
}

function entriesOf(value: Json | undefined): ReadonlyMap<string, Json> {
  const isRow = typeof value === "object" && value !== null && !Array.isArray(value);
  return new Map(isRow ? Object.entries(value) : []);
}

function figure(value: Json | undefined): Decimal | null {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^-?\d{1,12}(\.\d{1,18})?$/.test(text) ? decimal(text) : null;
}
