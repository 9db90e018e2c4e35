import { InvariantError } from "../../../core/errors.ts";

/** Places of a dollar in perpetual accounts: price times size never has more. */
export const USD_PLACES = 6;
/** Places of USDC as a spot token. */
export const USDC_WEI = 8;
/** Places of a rate or share. */
export const RATE_PLACES = 12;
export const RATE_ONE: bigint = 10n ** BigInt(RATE_PLACES);

const POWERS: readonly bigint[] = Array.from({ length: 40 }, (_, n) => 10n ** BigInt(n));

export function pow10(n: number): bigint {
  return POWERS[n] ?? 10n ** BigInt(n);
}

/** Reads decimal text at a scale of `places`; null for what is no plain decimal or has more places than that. */
export function readFixed(text: string, places: number): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > places) return null;
  const value = BigInt(`${match[2]}${fraction.padEnd(places, "0")}`);
  return match[1] === "-" ? -value : value;
}

/** The same for text of ours, which must fit. */
export function fixed(text: string, places: number): bigint {
  const value = readFixed(text, places);
  if (value === null) throw new InvariantError(`${text} has no form with ${places} places`);
  return value;
}

/** Decimal text, without zeros that say nothing. */
export function showFixed(value: bigint, places: number): string {
  if (value < 0n) return `-${showFixed(-value, places)}`;
  if (places === 0) return value.toString();
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  const whole = digits.slice(0, -places);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Towards minus infinity. */
export function divFloor(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

/** Towards plus infinity. */
export function divCeil(a: bigint, b: bigint): bigint {
  return -divFloor(-a, b);
}

export function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new InvariantError("no median of nothing");
  return middle;
}
