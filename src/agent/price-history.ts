import { DAY, HOUR, type Instant, MINUTE } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { AssetId } from "../protocols/effects.ts";

interface Point {
  readonly at: Instant;
  readonly prices: ReadonlyMap<AssetId, Decimal>;
}

const SPANS: readonly (readonly [name: string, length: number])[] = [
  ["1h", HOUR],
  ["6h", 6 * HOUR],
  ["24h", DAY],
];
/** Points closer together than this are one. */
const APART = MINUTE;
/** How much older than a span its point may be. */
const LATE = 10 * MINUTE;

/**
 * A day of prices as the agent saw them, so that a strategy may speak of moves ("falls more than 5 % in an hour").
 * It begins empty with each process, and says nothing of spans that it does not reach back to.
 */
export class PriceHistory {
  #points: Point[] = [];

  add(at: Instant, prices: ReadonlyMap<AssetId, Decimal>): void {
    const last = this.#points.at(-1);
    if (last && at - last.at < APART) return;
    this.#points = [...this.#points.filter((point) => at - point.at <= DAY + LATE), { at, prices }];
  }

  /** `{ "base/WETH": { "1h": "-0.0512" } }`: change as a share of the older price, four places, half to even. */
  changes(now: Instant): Json {
    const latest = this.#points.at(-1);
    if (!latest) return {};
    const changes: Record<string, Record<string, string>> = {};
    for (const [name, length] of SPANS) {
      const before = this.#points.findLast(({ at }) => now - at >= length && now - at <= length + LATE);
      for (const [asset, price] of latest.prices) {
        const old = before?.prices.get(asset);
        if (old && !old.isZero())
          changes[asset] = { ...changes[asset], [name]: price.div(old).minus(1).toDecimalPlaces(4).toFixed() };
      }
    }
    return changes;
  }
}
