import { type Decimal, ratio } from "../core/decimal.ts";

/** "61.3 %" of a share of one: one decimal place at most, half to even. */
export function percent(share: Decimal): string {
  return `${share.times(100).toDecimalPlaces(1).toFixed()} %`;
}

/** "61.3 %" of a part of a whole. */
export function percentOf(part: Decimal, whole: Decimal): string {
  return percent(ratio(part, whole));
}

/** "$1,254.40": USD with two places and thousands separated, half to even. */
export function usd(value: Decimal): string {
  const rounded = value.toDecimalPlaces(2);
  const [whole = "0", cents = "00"] = rounded.abs().toFixed(2).split(".");
  const sign = rounded.lt(0) ? "-" : "";
  return `${sign}$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}
