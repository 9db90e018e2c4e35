import { type Decimal, roundDown, roundUp } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import type { Rounding } from "./format-price.ts";
import { toWire } from "./wire-decimal.ts";

/** A size of less than one lot. */
export class SizeFormatError extends MandateError {
  constructor(size: Decimal, szDecimals: number) {
    super("HYPERLIQUID_SIZE", `the size ${size.toFixed()} is less than one lot of ${szDecimals} decimal places`, {
      remedy: "Trade at least one lot, or leave the order out.",
      details: { size: size.toFixed(), sz_decimals: szDecimals },
    });
  }
}

/** A size in whole lots, possibly none. Never negative: a side is a flag on the wire, not a sign. */
export function roundSize(size: Decimal, szDecimals: number, rounding: Rounding): Decimal {
  if (!size.isFinite() || size.isNegative()) throw new SizeFormatError(size, szDecimals);
  return rounding === "down" ? roundDown(size, szDecimals) : roundUp(size, szDecimals);
}

/**
 * A size in whole lots, as it goes over the wire.
 *
 * @throws {SizeFormatError} for less than one lot
 */
export function formatSize(size: Decimal, szDecimals: number, rounding: Rounding): string {
  const rounded = roundSize(size, szDecimals, rounding);
  if (rounded.isZero()) throw new SizeFormatError(size, szDecimals);
  return toWire(rounded);
}
