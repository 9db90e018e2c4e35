/** What a market is in, and how sure that is, from 0 to 1. */
export interface Regime {
  readonly regime: "trending-bull" | "trending-bear" | "range-bound" | "carry-friendly" | "unknown";
  readonly confidence: "0.6" | "0.5" | "0.4";
}

export interface RegimeFeatures {
  /** Percent over thirty days. Null: not known. */
  readonly return_30d_pct: number | null;
  /** The newest fifteen days have a higher high and a higher low than the fifteen before. */
  readonly higher_highs: boolean;
  /** Of a year, as a share: 0.3 is 30 %. Null: not known. */
  readonly volatility: number | null;
  /** What longs pay in eight hours, in percent of the position. Null: not known. */
  readonly funding_8h_pct: number | null;
}

/**
 * The market's regime by four rules, the first that holds: more than 10 % up with higher highs is a bull trend, more than
 * 10 % down a bear trend, less than 5 % either way at under 30 % volatility a range, funding above 0.01 % at under 40 %
 * volatility good for carry. Exactly on a boundary is not beyond it.
 */
export function regimeFrom({ return_30d_pct: moved, higher_highs, volatility, funding_8h_pct: funding }: RegimeFeatures): Regime {
  if (moved !== null && moved > 10 && higher_highs) return { regime: "trending-bull", confidence: "0.6" };
  if (moved !== null && moved < -10) return { regime: "trending-bear", confidence: "0.6" };
  if (moved !== null && volatility !== null && Math.abs(moved) < 5 && volatility < 0.3)
    return { regime: "range-bound", confidence: "0.6" };
  if (funding !== null && volatility !== null && funding > 0.01 && volatility < 0.4)
    return { regime: "carry-friendly", confidence: "0.5" };
  return { regime: "unknown", confidence: "0.4" };
}

/** Looks that must agree before a regime counts. */
export const LOOKS = 3;

/** A regime counts once the newest three looks at it agree; until then it is unknown. */
export function confirmed(looks: readonly Regime[]): Regime {
  const [newest] = looks;
  const agree =
    newest !== undefined && looks.length >= LOOKS && looks.slice(0, LOOKS).every(({ regime }) => regime === newest.regime);
  return agree ? newest : { regime: "unknown", confidence: "0.4" };
}
