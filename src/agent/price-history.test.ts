import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { AssetId } from "../protocols/effects.ts";
import { PriceHistory } from "./price-history.ts";

const START = Date.UTC(2026, 0, 5);
const at = (price: string) => new Map<AssetId, ReturnType<typeof decimal>>([["base/WETH", decimal(price)]]);

test("a move is told over the spans that the history reaches back to, and over no other", () => {
  const history = new PriceHistory();
  expect(history.changes(START)).toEqual({});
  for (let minute = 0; minute <= 60; minute++)
    history.add(START + Math.round(minute * MINUTE), at(minute === 60 ? "2850" : "3000"));
  expect(history.changes(START + HOUR)).toEqual({ "base/WETH": { "1h": "-0.05" } });
});

test("a gap in the history is not bridged by an older price", () => {
  const history = new PriceHistory();
  history.add(START, at("3000"));
  history.add(START + 2 * HOUR, at("2000"));
  expect(history.changes(START + 2 * HOUR)).toEqual({});
});

test("an asset that had no price then has no move", () => {
  const history = new PriceHistory();
  history.add(START, new Map());
  history.add(START + HOUR, at("2000"));
  expect(history.changes(START + HOUR)).toEqual({});
});

test.each([1, 1.02, 7])(
  "after days of points %s minutes apart each move is still told from a point that is hardly older than its span",
  (step) => {
    const history = new PriceHistory();
    // A dollar a minute: what is told says from when it is.
    const price = (minute: number) => 1_000 + minute;
    for (let minute = 0; minute <= 2 * 24 * 60; minute += step) {
      history.add(START + Math.round(minute * MINUTE), at(price(minute).toFixed(4)));
      if (minute < 25 * 60) continue;
      const told = history.changes(START + Math.round(minute * MINUTE)) as Record<string, Record<string, string>>;
      const ages = Object.entries(told["base/WETH"] ?? {}).map(([span, change]) => [
        span,
        minute - (price(minute) / (1 + Number(change)) - 1_000),
      ]);
      const rounding = 2;
      expect(ages).toEqual([
        ["1h", within(60 - rounding, 60 + step + rounding)],
        ["6h", within(360 - rounding, 380 + rounding)],
        ["24h", within(1_440 - rounding, 1_500 + rounding)],
      ]);
    }
  },
);

const within = (least: number, most: number) => expect.toSatisfy((age: number) => age >= least && age <= most);
