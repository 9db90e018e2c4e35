import { expect, test } from "vitest";
import { DAY } from "../core/clock.ts";
import { decimal } from "../core/decimal.ts";
import type { DispatchedBody, SettledBody } from "./entries.ts";
import { afterDelivered, afterReopened, afterSettled, holdingsUnderWay, NO_TRANSIT, TRANSIT_COUNTS } from "./transit.ts";

const sent = (id: string, over: Partial<DispatchedBody> = {}): DispatchedBody => ({
  ...{ id, from: "base", to: "arb", mailbox: "0x01", account: "wallet", asset: "arb/USDC" },
  ...{ amount: "10", counted: "10", message: "0x" },
  ...over,
});
const settled = (...dispatched: readonly DispatchedBody[]) => ({ dispatched }) as unknown as SettledBody;
const delivered = (id: string) => ({ id, chain: "arb", block: 1 });

test("what settles twice is under way once, and what the chain takes back was never sent", () => {
  const once = afterSettled(NO_TRANSIT, settled(sent("a"), sent("b")), 5);
  expect(Object.keys(afterSettled(once, settled(sent("a")), 6).underWay)).toEqual(["a", "b"]);
  expect(Object.keys(afterReopened(once, settled(sent("a"))).underWay)).toEqual(["b"]);
  expect(afterReopened(once, null)).toEqual(once);
});

test("what was delivered is under way no more, not even when its dispatch settles again", () => {
  const done = afterDelivered(afterSettled(NO_TRANSIT, settled(sent("a")), 5), delivered("a"));
  expect(done?.ended.amount).toBe("10");
  const again = afterSettled(afterReopened(done?.transit ?? NO_TRANSIT, settled(sent("a"))), settled(sent("a")), 9);
  expect(again.underWay).toEqual({});
  expect(afterDelivered(again, delivered("a"))).toBeNull();
});

test("of what arrived nothing is kept, but for what the chain takes back after, until that is sent again", () => {
  const many = Array.from({ length: 100 }, (_, i) => `m${i}`);
  const there = many.reduce((transit, id) => {
    const done = afterDelivered(afterSettled(transit, settled(sent(id)), 5), delivered(id));
    return done?.transit ?? transit;
  }, NO_TRANSIT);
  expect(there).toEqual(NO_TRANSIT);
  const back = afterReopened(there, settled(sent("m7"), sent("m8")));
  expect([...back.arrived]).toEqual(["m7", "m8"]);
  const again = afterSettled(back, settled(sent("m7"), sent("new")), 9);
  expect([Object.keys(again.underWay), [...again.arrived]]).toEqual([["new"], ["m8"]]);
  expect([...afterReopened(again, settled(sent("m7"))).arrived]).toEqual(["m8", "m7"]);
});

test("what is under way counts for as much as was guaranteed, for less than a day, and not once it has arrived", () => {
  const transit = afterSettled(NO_TRANSIT, settled(sent("a", { counted: "4" }), sent("b", { counted: "0" })), 5);
  const held = { account: "wallet", asset: "arb/USDC", amount: decimal("4") };
  expect(TRANSIT_COUNTS).toBe(DAY);
  expect(holdingsUnderWay(transit, 5 + DAY - 1)).toEqual([held]);
  expect(holdingsUnderWay(transit, 5 + DAY)).toEqual([]);
  expect(holdingsUnderWay(transit, 6, new Set(["a"]))).toEqual([]);
});
