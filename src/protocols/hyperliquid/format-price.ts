import { Decimal } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import { toWire } from "./wire-decimal.ts";

/** What a market's price rule depends on. */
export interface PriceRule {
  readonly kind: "perp" | "spot";
  readonly sz_decimals: number;
}

/** Which way a price may move when it is rounded: a buyer's limit down, a seller's up. */
export type Rounding = "down" | "up";

/** A price that the venue has no tick for. */
export class PriceFormatError extends MandateError {
  constructor(price: Decimal) {
    super("HYPERLIQUID_PRICE", `the price ${price.toFixed()} rounds to nothing that the venue takes`, {
      remedy: "Give a positive price of at least one tick.",
      details: { price: price.toFixed() },
    });
  }
}

const FIGURES = 5;
const PLACES = { perp: 6, spot: 8 } as const;

/**
 * A price on the venue's grid: at most five significant figures, and at most 6 (perpetuals) or 8 (spot) decimal
 * places less the size's; whole numbers are always on it.
 *
 * @throws {PriceFormatError}
 */
export function roundPrice(price: Decimal, rule: PriceRule, rounding: Rounding): Decimal {
  if (!price.isFinite() || !price.isPositive() || price.isZero()) throw new PriceFormatError(price);
  const rounded = price.toDecimalPlaces(places(price, rule), rounding === "down" ? Decimal.ROUND_FLOOR : Decimal.ROUND_CEIL);
  if (rounded.isZero()) throw new PriceFormatError(price);
  return rounded;
}

/** {@link roundPrice}, as it goes over the wire. */
export function formatPrice(price: Decimal, rule: PriceRule, rounding: Rounding): string {
  return toWire(roundPrice(price, rule, rounding));
}

/** Whether the venue takes a price as it is. */
export function isOnGrid(price: Decimal, rule: PriceRule): boolean {
  return price.isFinite() && price.isPositive() && !price.isZero() && price.decimalPlaces() <= places(price, rule);
}

function places(price: Decimal, { kind, sz_decimals }: PriceRule): number {
  return Math.max(0, Math.min(PLACES[kind] - sz_decimals, FIGURES - 1 - price.e));
}
