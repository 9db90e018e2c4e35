import { DAY, HOUR, MINUTE, SECOND } from "../core/clock.ts";

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
