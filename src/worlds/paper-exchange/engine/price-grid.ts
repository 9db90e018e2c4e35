import { pow10 } from "./fixed-point.ts";

const SIGNIFICANT = 5;

/** Whether a price in units of 10^-places may be on the wire: whole, or at most five significant figures. */
export function isOnGrid(px: bigint, places: number): boolean {
  const digits = px.toString().length;
  if (digits <= SIGNIFICANT) return true;
  return px % pow10(Math.min(digits - SIGNIFICANT, places)) === 0n;
}

/** The nearest price that may be on the wire, at or below, or at or above; never zero. */
export function toGrid(px: bigint, places: number, direction: "down" | "up"): bigint {
  if (px <= 1n) return 1n;
  const drop = Math.min(px.toString().length - SIGNIFICANT, places);
  if (drop <= 0) return px;
  const step = pow10(drop);
  const down = px - (px % step);
  return direction === "down" || down === px ? down : down + step;
}
