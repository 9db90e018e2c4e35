import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("work is done one at a time and in order, also after a failure", async () => {
  const turns = new Turns();
  const order: string[] = [];
  let under = 0;
  const work = (name: string) => async () => {
    under += 1;
    expect(under).toBe(1);
    await Promise.resolve();
    order.push(name);
    under -= 1;
    if (name === "b") throw new TypeError("b fails");
  };
  const done = await Promise.allSettled(["a", "b", "c"].map((name) => turns.take(work(name))));
  expect(order).toEqual(["a", "b", "c"]);
  expect(done.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("the operator waits for the call under way and for no queue of an agent's", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const { promise: until, resolve: release } = Promise.withResolvers<void>();
  const first = turns.take(() => until);
  const queue = Array.from({ length: 256 }, (_, i) => turns.take(async () => void order.push(`agent ${i}`)));
  await expect(turns.take(async () => undefined)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  const operator = turns.take(async () => void order.push("operator"), "operator");
  release();
  await Promise.all([first, operator, ...queue]);
  expect(order.slice(0, 2)).toEqual(["operator", "agent 0"]);
  expect(order).toHaveLength(257);
});

test("whoever has its turn sees an order that waits, and no look of the operator's", async () => {
  const turns = new Turns();
  const { promise: until, resolve: release } = Promise.withResolvers<void>();
  const first = turns.take(async () => {
    await until;
    return turns.orderWaits;
  });
  const look = turns.take(async () => turns.orderWaits, "operator");
  expect(turns.orderWaits).toBe(false);
  const order = turns.take(async () => turns.orderWaits, "order");
  expect(turns.orderWaits).toBe(true);
  release();
  expect(await Promise.all([first, look, order])).toEqual([true, true, false]);
});
