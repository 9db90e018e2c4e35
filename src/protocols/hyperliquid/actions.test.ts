import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { tradingAction } from "./actions.ts";
import { classTransfer } from "./class-transfer.ts";
import { cloidOf } from "./cloid.ts";
import { readExchangeAnswer } from "./exchange-answer.ts";
import { normalDecimal, toWire } from "./wire-decimal.ts";

const order = { a: 0, b: true, p: "30000", s: "0.1", r: false, t: { limit: { tif: "Gtc" } } };

test("an order with exactly its keys is read, and one key more or less is refused", () => {
  const action = { type: "order", orders: [order], grouping: "na" };
  expect(tradingAction.safeParse(action).success).toBe(true);
  expect(tradingAction.safeParse({ ...action, builder: { b: `0x${"11".repeat(20)}`, f: 1 } }).success).toBe(false);
  expect(tradingAction.safeParse({ ...action, grouping: { p: 1 } }).success).toBe(false);
  expect(tradingAction.safeParse({ type: "order", orders: [order] }).success).toBe(false);
  expect(tradingAction.safeParse({ ...action, orders: [{ ...order, x: 1 }] }).success).toBe(false);
  expect(tradingAction.safeParse({ ...action, orders: [] }).success).toBe(false);
  expect(tradingAction.safeParse({ type: "withdraw3", amount: "1" }).success).toBe(false);
});

test.each([
  { type: "agentSetAbstraction", abstraction: "u" },
  { type: "agentEnableDexAbstraction" },
  { type: "userSetAbstraction", abstraction: "unifiedAccount" },
  { type: "userDexAbstraction", enabled: true },
  { type: "userPortfolioMargin", enabled: true },
])("$type, which changes how the account is kept, is no action that is signed", (action) => {
  const user = `0x${"11".repeat(20)}`;
  const signed = { signatureChainId: "0x66eee", hyperliquidChain: "Testnet", user, nonce: 1 };
  for (const one of [action, { ...action, ...signed }]) {
    expect(tradingAction.safeParse(one).success).toBe(false);
    expect(classTransfer.safeParse(one).success).toBe(false);
  }
});

test("numbers have one form", () => {
  for (const p of ["1.50", "01", "1e5", "-1", "+1", " 1", ".5", "1.", "0", "0.123456789"]) {
    expect(tradingAction.safeParse({ type: "order", orders: [{ ...order, p }], grouping: "na" }).success, p).toBe(false);
  }
  expect(toWire(decimal("1.50"))).toBe("1.5");
  expect(toWire(decimal("0.00000001"))).toBe("0.00000001");
  expect(toWire(decimal("-0"))).toBe("0");
  expect(() => toWire(decimal("-1"))).toThrow("cannot be written");
  expect(() => toWire(decimal("0.000000001"))).toThrow("cannot be written");
  expect(["1.50", "100", "0.0", "007.10", "x"].map(normalDecimal)).toEqual(["1.5", "100", "0", "7.1", "x"]);
});

test("a client's order id is a function of the action's id", () => {
  expect(cloidOf("a")).toMatch(/^0x[0-9a-f]{32}$/);
  expect(cloidOf("a")).toBe(cloidOf("a"));
  expect(cloidOf("a")).not.toBe(cloidOf("b"));
});

test("every status of a batch is read, and what is no answer is none", () => {
  expect(
    readExchangeAnswer({
      status: "ok",
      response: {
        type: "order",
        data: { statuses: [{ resting: { oid: 7 } }, { error: "no" }, { filled: { totalSz: "1", avgPx: "2", oid: 8 } }] },
      },
    }),
  ).toEqual({
    kind: "statuses",
    statuses: [{ resting: { oid: 7 } }, { error: "no" }, { filled: { totalSz: decimal("1"), avgPx: decimal("2"), oid: 8 } }],
  });
  expect(readExchangeAnswer({ status: "err", response: "no" })).toEqual({ kind: "refused", reason: "no" });
  expect(readExchangeAnswer({ status: "ok", response: { type: "default" } })).toEqual({ kind: "done" });
  expect(readExchangeAnswer("bad gateway")).toBeNull();
});
