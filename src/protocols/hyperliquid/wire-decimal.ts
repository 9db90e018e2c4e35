import { z } from "zod";
import { Decimal } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";

/** An amount that has no form on the wire. */
export class NotOnWireError extends MandateError {
  constructor(value: Decimal) {
    super("HYPERLIQUID_NOT_ON_WIRE", `${value.toFixed()} cannot be written as an unsigned number on Hyperliquid's wire`, {
      remedy: "Prices and sizes are zero or positive, with at most 8 decimal places.",
      details: { value: value.toFixed() },
    });
  }
}

/** The venue keeps at most this many decimal places of any number. */
const MOST_PLACES = 8;

/** Digits, without a sign or an exponent, without zeros that say nothing: the venue hashes the shortest form. */
export const WIRE_DECIMAL = /^(0|[1-9]\d{0,30})(\.\d{0,7}[1-9])?$/;

/** A number on the wire, in its only form. */
export const wireDecimal = z.string().regex(WIRE_DECIMAL);

/** A number on the wire that is more than zero. */
export const positiveWireDecimal = wireDecimal.refine((text) => text !== "0", "must be more than zero");

/** A 20-byte address in lower case: the only form that two sides hash alike. */
export const wireAddress = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform((text) => text as `0x${string}`);

/** A client's own order id: 16 bytes. */
export const wireCloid = z
  .string()
  .regex(/^0x[0-9a-f]{32}$/)
  .transform((text) => text as `0x${string}`);

/** A whole number that a JSON number holds exactly. */
export const wireCount = z.int().nonnegative();

/**
 * The wire form of an amount. Exact: it never rounds.
 *
 * @throws {NotOnWireError} for a negative amount, or one of more than 8 decimal places
 */
export function toWire(value: Decimal): string {
  const text = value.isZero() ? "0" : value.toFixed();
  if (!WIRE_DECIMAL.test(text)) throw new NotOnWireError(value);
  if (new Decimal(text).decimalPlaces() > MOST_PLACES) throw new NotOnWireError(value);
  return text;
}

/** The shortest form of a plain decimal, as the venue writes it before it hashes: "1.50" is "1.5". */
export function normalDecimal(text: string): string {
  if (!/^\d+(\.\d+)?$/.test(text)) return text;
  const plain = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return plain.replace(/^0+(?=\d)/, "");
}
