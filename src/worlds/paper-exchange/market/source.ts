import type { Instant } from "../../../core/clock.ts";
import type { Json } from "../../../core/json.ts";

/** How one market stands for everybody who makes it. Numbers: chance made them, and the exchange rounds them. */
export interface Picture {
  /** The price that the oracle reports; for spot, the reference. */
  readonly oracle: number;
  /** What makers offer, best first: price and size in the base coin. */
  readonly bids: readonly Quote[];
  readonly asks: readonly Quote[];
  /** Size that somebody without an opinion buys (or, negative, sells) now; 0 for nothing. */
  readonly flow: number;
}

export interface Quote {
  readonly px: number;
  readonly sz: number;
}

/** Where a market's prices come from. The same source gives the same pictures at the same instants. */
export interface MarketSource {
  /** How the markets stand at an instant not before the last one asked for. */
  at(now: Instant): ReadonlyMap<string, Picture>;
  /** What it needs to go on from here. */
  save(): Json;
  load(saved: Json): void;
}

/** How makers stand around a price. */
export interface Depth {
  /** From best bid to best ask, in hundredths of a percent. */
  readonly spreadBps: number;
  /** USD on the best level of each side; the n-th level has n times that. */
  readonly levelUsd: number;
  readonly levels: number;
}

export const DEFAULT_DEPTH: Depth = { spreadBps: 2, levelUsd: 20_000, levels: 5 };

/** Quotes around a mid: each level a spread further away and larger than the one before. */
export function quotesAround(mid: number, { spreadBps, levelUsd, levels }: Depth): Pick<Picture, "bids" | "asks"> {
  const half = spreadBps / 20_000;
  const side = (sign: 1 | -1) =>
    Array.from({ length: levels }, (_, n) => {
      const px = mid * (1 + sign * half * (1 + 2 * n));
      return { px, sz: (levelUsd * (n + 1)) / px };
    });
  return { bids: side(-1), asks: side(1) };
}
