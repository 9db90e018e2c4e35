import { DAY, HOUR, MINUTE, SECOND } from "../core/clock.ts";
import type { Refusal } from "./scalars.ts";

/** A time span as users write it: seconds up to two minutes, then the largest unit that divides it. "60s", "5m", "1h". */
export function spanText(milliseconds: number): string {
  const units = [
    ["d", DAY],
    ["h", HOUR],
    ["m", MINUTE],
  ] as const;
  const found = milliseconds < 2 * MINUTE ? undefined : units.find(([, size]) => milliseconds % size === 0);
  return found ? `${milliseconds / found[1]}${found[0]}` : `${milliseconds / SECOND}s`;
}

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** A time span with its unit: "60s", "5m", "1h", "1d". In milliseconds, more than none, at most 365 days. */
export function readDuration(text: string): number | Refusal {
  const read = /^([1-9]\d{0,8})([smhd])$/.exec(text);
  if (!read) {
    return /^\d+(?:\.\d+)?$/.test(text)
      ? { code: "NO_UNIT", message: `${text} has no unit`, remedy: `Write the unit: ${text}s, ${text}m, ${text}h or ${text}d.` }
      : {
          code: "NOT_A_DURATION",
          message: `${JSON.stringify(text.slice(0, 40))} is not a time span`,
          remedy: "Write a whole number and s, m, h or d: 60s, 5m, 1h, 1d.",
        };
  }
  const span = Number(read[1]) * (UNITS[read[2] ?? ""] ?? Number.NaN);
  return span <= 365 * DAY ? span : { code: "OUT_OF_RANGE", message: `${text} is over 365 days`, remedy: "Write 365d or less." };
}
