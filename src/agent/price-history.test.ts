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
  for (let minute = 0; minute <= 60; minute++) history.add(START + minute * MINUTE, at(minute === 60 ? "2850" : "3000"));
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
