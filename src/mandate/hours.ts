import { DAY, type Instant, MINUTE, WEEK } from "../core/clock.ts";
import { type Refusal, scalar } from "./scalars.ts";

/** A part of each week, in milliseconds from Monday 00:00 UTC; from `start` on, and at `end` no more. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** All of the week: what holds where nothing is written. */
export const ALWAYS = "mon-sun 00:00-24:00";

const DAYS: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** 1970 began on a Thursday. */
const FIRST_MONDAY = 4 * DAY;
const SHAPE = /^(?:([a-z]{3}(?:[-,][a-z]{3})*) )?(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/;

/**
 * The spans of "mon-fri 08:00-20:00", one a day. Days are a range, a list of both, or left out for all seven; a range of
 * days may go past Sunday, and a time that ends before it starts goes on into the next day. Null: it is no such text.
 */
export function readHours(text: string): readonly Span[] | null {
  const read = SHAPE.exec(text);
  if (!read) return null;
  const days = daysOf(read[1] ?? "mon-sun");
  const [from, to] = [minuteOf(read[2], read[3]), minuteOf(read[4], read[5])];
  if (days === null || from === null || to === null || from === to || from === DAY) return null;
  const length = to > from ? to - from : DAY - from + to;
  return days.map((day) => ({ start: day * DAY + from, end: day * DAY + from + length }));
}

function daysOf(text: string): readonly number[] | null {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [first = "", last = first, ...more] = part.split("-");
    const [a, b] = [DAYS.indexOf(first), DAYS.indexOf(last)];
    if (a < 0 || b < 0 || more.length > 0) return null;
    for (let day = a; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === b) break;
    }
  }
  return [...found];
}

function minuteOf(hour = "", minute = ""): number | null {
  const at = (Number(hour) * 60 + Number(minute)) * MINUTE;
  return at <= DAY ? at : null;
}

/** Whether an instant is within any of the texts. */
export function isOpenAt(texts: readonly string[], now: Instant): boolean {
  if (texts.includes(ALWAYS)) return true;
  const at = weekTime(now);
  // What begins on Sunday may end on Monday: a week on it is still the same span.
  return texts.flatMap(spansOf).some(({ start, end }) => (start <= at && at < end) || (start <= at + WEEK && at + WEEK < end));
}

/** When the next of the texts begins, after `now`. Null: there is none. */
export function nextOpening(texts: readonly string[], now: Instant): Instant | null {
  const at = weekTime(now);
  const waits = texts.flatMap(spansOf).map(({ start }) => (start > at ? start - at : start - at + WEEK));
  return waits.length === 0 ? null : now + Math.min(...waits);
}

function spansOf(text: string): readonly Span[] {
  return readHours(text) ?? [];
}

function weekTime(now: Instant): number {
  return (((now - FIRST_MONDAY) % WEEK) + WEEK) % WEEK;
}

/** A time of the week, as users write it. Comes out in lower case with single spaces. */
export const hours = scalar("a time in UTC, for example mon-fri 08:00-20:00", (text): string | Refusal => {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/\s*([-,])\s*/g, "$1");
  if (plain.length <= 60 && readHours(plain) !== null) return plain;
  return {
    code: "BAD_VALUE",
    message: `${JSON.stringify(text.slice(0, 60))} is no time of the week`,
    remedy: "Write days and times in UTC: mon-fri 08:00-20:00, sat,sun 22:00-06:00, or 00:00-24:00 for all day.",
  };
});
