import { expect, test } from "vitest";
import type { HyperliquidAction } from "../../../protocols/effects.ts";
import { couldReduce } from "./could-reduce.ts";

type Trade = HyperliquidAction["action"];

const one = (a: number, b: boolean, r: boolean) => ({ a, b, p: "1", s: "1", r, t: { limit: { tif: "Ioc" as const } } });
const order = (...orders: readonly ReturnType<typeof one>[]): Trade => ({ type: "order", orders: [...orders], grouping: "na" });

test.each<readonly [string, Trade, boolean]>([
  ["a reduce-only order", order(one(0, false, true)), true],
  ["an order that may open", order(one(0, false, false)), false],
  ["a sale of spot", order(one(10_107, false, false)), true],
  ["a purchase of spot, whatever it says", order(one(10_107, true, true)), false],
  ["a builder's perpetual that may open", order(one(110_000, false, false)), false],
  ["a batch with one that may open", order(one(0, false, true), one(0, false, false)), false],
  ["a cancel", { type: "cancel", cancels: [{ a: 0, o: 1 }] }, true],
  ["a modify to a reduce-only order", { type: "modify", oid: 1, order: one(0, false, true) }, true],
  ["a modify to one that may open", { type: "batchModify", modifies: [{ oid: 1, order: one(0, false, false) }] }, false],
  ["margin that is put in", { type: "updateIsolatedMargin", asset: 0, isBuy: true, ntli: 1 }, true],
  ["margin that is taken out", { type: "updateIsolatedMargin", asset: 0, isBuy: true, ntli: -1 }, false],
  ["leverage", { type: "updateLeverage", asset: 0, isCross: false, leverage: 1 }, false],
  ["a scheduled cancel", { type: "scheduleCancel" }, false],
  ["a transfer", { type: "usdClassTransfer", amount: "5", toPerp: false }, false],
])("by its bytes %s may be an exit: %#", (_, action, may) => {
  expect(couldReduce(action)).toBe(may);
});
