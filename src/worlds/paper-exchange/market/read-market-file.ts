import { z } from "zod";
import { MandateError } from "../../../core/errors.ts";

/** A file of candles or books that cannot be read. */
export class MarketFileError extends MandateError {
  constructor(message: string) {
    super("MARKET_FILE", message, {
      remedy:
        "Candles: CSV with the header t,o,h,l,c,v, or JSON with those keys. Books: JSON of l2Book snapshots, one a line or a list.",
    });
  }
}

const positive = z.coerce.number().positive();
const candle = z
  .object({
    t: z.coerce.number().int().nonnegative(),
    o: positive,
    h: positive,
    l: positive,
    c: positive,
    v: z.coerce.number().nonnegative(),
  })
  .refine(({ o, h, l, c }) => h >= Math.max(o, c) && l <= Math.min(o, c), "high and low must enclose open and close");
const level = z.object({ px: positive, sz: positive });
const book = z.object({
  coin: z.string().min(1),
  time: z.int().nonnegative(),
  levels: z.tuple([z.array(level), z.array(level)]),
});

/** One candle; `t` in milliseconds, `v` in the base coin. */
export type FileCandle = z.infer<typeof candle>;
export type RecordedBook = z.infer<typeof book>;

/**
 * Candles out of CSV (header `t,o,h,l,c,v`) or a JSON list, in ascending order.
 *
 * @throws {MarketFileError}
 */
export function readCandles(text: string): readonly FileCandle[] {
  const rows = text.trimStart().startsWith("[") ? parse(text) : csv(text);
  const read = z.array(candle).min(2).safeParse(rows);
  if (!read.success) throw new MarketFileError(`the candles cannot be read: ${z.prettifyError(read.error).split("\n")[0]}`);
  for (const [i, { t }] of read.data.entries()) {
    if (i > 0 && t <= (read.data[i - 1]?.t ?? 0)) throw new MarketFileError(`candle ${i + 1} is not after the one before`);
  }
  return read.data;
}

/**
 * Books as `l2Book` gives them, in ascending order of time: a JSON list, or one a line.
 *
 * @throws {MarketFileError}
 */
export function readBooks(text: string): readonly RecordedBook[] {
  const lines = text.trimStart().startsWith("[") ? parse(text) : text.trim().split("\n").map(parse);
  const read = z.array(book).min(1).safeParse(lines);
  if (!read.success) throw new MarketFileError(`the books cannot be read: ${z.prettifyError(read.error).split("\n")[0]}`);
  for (const { coin, time, levels } of read.data) {
    const [bid, ask] = [levels[0][0]?.px, levels[1][0]?.px];
    if (bid === undefined || ask === undefined || bid >= ask)
      throw new MarketFileError(`the book of ${coin} at ${time} has no spread`);
  }
  return read.data.toSorted((a, b) => a.time - b.time);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MarketFileError(`this is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function csv(text: string): unknown {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const names = head.split(",").map((it) => it.trim());
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, i) => [name, cells[i]?.trim()]));
  });
}
