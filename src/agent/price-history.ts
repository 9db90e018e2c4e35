import { HOUR, type Instant, MINUTE } from "../core/clock.ts";
import { type Decimal, decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { AssetId } from "../protocols/effects.ts";

/** Prices at a moment, as text: a day of points is small, however many agents keep one. */
interface Point {
  readonly at: Instant;
  /** One for each of the assets that were known then, in their order; empty: it had none. */
  readonly prices: string;
}

/** A move that is told; how much older than its length the point may be that it is told from. */
const SPANS: readonly { readonly name: string; readonly length: number; readonly late: number }[] = [
  { name: "1h", length: HOUR, late: 10 * MINUTE },
  { name: "6h", length: 6 * HOUR, late: 20 * MINUTE },
  { name: "24h", length: 24 * HOUR, late: HOUR },
];
/** Points closer together than this are one. */
const APART = MINUTE;

/**
 * A day of prices as the agent saw them, so that a strategy may speak of moves ("falls more than 5 % in an hour").
 * It begins empty with each process, and says nothing of spans that it does not reach back to. Older points lie further apart.
 */
export class PriceHistory {
  #points: readonly Point[] = [];
  readonly #assets: AssetId[] = [];
  #latest: ReadonlyMap<AssetId, Decimal> = new Map();

  add(at: Instant, prices: ReadonlyMap<AssetId, Decimal>): void {
    const last = this.#points.at(-1);
    if (last && at - last.at < APART) return;
    for (const asset of prices.keys()) if (!this.#assets.includes(asset)) this.#assets.push(asset);
    const written = this.#assets.map((asset) => prices.get(asset)?.toFixed() ?? "").join(" ");
    this.#points = [...thinned(this.#points, at), { at, prices: written }];
    this.#latest = prices;
  }

  /** `{ "base/WETH": { "1h": "-0.0512" } }`: change as a share of the older price, four places, half to even. */
  changes(now: Instant): Json {
    const changes: Record<string, Record<string, string>> = {};
    for (const { name, length, late } of SPANS) {
      const before = this.#points.findLast(({ at }) => now - at >= length && now - at <= length + late);
      const old = before?.prices.split(" ") ?? [];
      for (const [asset, price] of this.#latest) {
        const then = old[this.#assets.indexOf(asset)] || "0";
        if (/[1-9]/.test(then))
          changes[asset] = { ...changes[asset], [name]: price.div(decimal(then)).minus(1).toDecimalPlaces(4).toFixed() };
      }
    }
    return changes;
  }
}

/** What a later look may need: no gap grows wider than what the next span allows a point to be older. */
function thinned(points: readonly Point[], now: Instant): readonly Point[] {
  const kept: Point[] = [];
  for (const [index, point] of points.entries()) {
    const span = SPANS.find(({ length, late }) => now - point.at <= length + late);
    const [before, after] = [kept.at(-1), points[index + 1]];
    const bridged = before && after && span !== SPANS[0] && after.at - before.at <= (span?.late ?? 0);
    if (span && !bridged) kept.push(point);
  }
  return kept;
}
