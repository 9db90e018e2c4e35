import { type Instant, isoTime, MINUTE } from "../../core/clock.ts";

/** "14:05 UTC", or "2026-01-06 14:05 UTC" where that is not today. To the next full minute, so that it holds when it is read. */
export function timeSaid(at: Instant, now: Instant): string {
  const text = isoTime(Math.ceil(at / MINUTE) * MINUTE);
  const [day, time] = [text.slice(0, 10), `${text.slice(11, 16)} UTC`];
  return day === isoTime(now).slice(0, 10) ? time : `${day} ${time}`;
}
