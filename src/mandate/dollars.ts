import { type Decimal, roundDown, roundUp } from "../core/decimal.ts";

/** "$1,234.50": what people read. Rounded against the reader: what is used up, what is left down. */
export function dollars(amount: Decimal, rounding: "down" | "up" = "up"): string {
  const [whole = "0", cents] = (rounding === "up" ? roundUp(amount, 2) : roundDown(amount, 2)).toFixed(2).split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${cents === "00" ? "" : `.${cents}`}`;
}
