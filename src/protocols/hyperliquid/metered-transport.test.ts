import { expect, test } from "vitest";
import { type Clock, ManualClock, MINUTE } from "../../core/clock.ts";
import { HttpRequestError } from "../request-errors.ts";
import { meteredTransport } from "./metered-transport.ts";
import { WeightMeter } from "./weight-meter.ts";

const NOON = Date.UTC(2026, 0, 5, 12);

/** Of a weight of 100 a minute agents have 80. Each question's time after noon, as the exchange was asked. */
function asking(answer: () => unknown) {
  const clock = new ManualClock(NOON);
  const at: number[] = [];
  const ask = meteredTransport(
    async () => {
      at.push((await clock.now()) - NOON);
      return answer();
    },
    { meter: new WeightMeter(100), clock },
  );
  return { ask, at, clock };
}

test("what is asked waits for room in its share, and nothing fails", async () => {
  const { ask, at } = asking(() => null);
  for (let i = 0; i < 6; i++) await ask({ type: "metaAndAssetCtxs" });
  expect(at).toEqual([0, 0, 0, 0, MINUTE, MINUTE]);
});

test("a long answer weighs more, and what comes after it waits for that too", async () => {
  const { ask, at } = asking(() => Array.from({ length: 3_600 }, () => 0));
  await ask({ type: "candleSnapshot" });
  await ask({ type: "l2Book" });
  expect(at).toEqual([0, MINUTE]);
});

test("where the venue says that it is too much, that question fails and the next waits for a minute", async () => {
  let refuses = true;
  const { ask, at } = asking(() => {
    if (refuses) throw new HttpRequestError("Too Many Requests", { status: 429 });
    return null;
  });
  await expect(ask({ type: "l2Book" })).rejects.toThrow();
  refuses = false;
  await ask({ type: "l2Book" });
  expect(at).toEqual([0, MINUTE]);
});

test.each([
  ["says that it is too much", new HttpRequestError("Too Many Requests", { status: 429 })],
  ["does not answer", new HttpRequestError("connect ECONNREFUSED")],
])("where the venue %s, what waits for room fails with it, and asks nothing when there would be room", async (_, failure) => {
  const ends: (() => void)[] = [];
  const clock: Clock = {
    now: async () => NOON,
    sleep: (__, signal) =>
      new Promise((resolve) => (signal ? signal.addEventListener("abort", () => resolve()) : ends.push(resolve))),
  };
  let asked = 0;
  const { promise: answered, reject: fail } = Promise.withResolvers<never>();
  const ask = meteredTransport(() => (++asked <= 3 ? Promise.resolve(null) : answered), { meter: new WeightMeter(100), clock });
  for (let i = 0; i < 3; i++) await ask({ type: "metaAndAssetCtxs" });
  const look = ["metaAndAssetCtxs", "l2Book", "clearinghouseState"].map((type) => ask({ type }));
  fail(failure);
  expect((await Promise.allSettled(look)).map((one) => one.status === "rejected" && one.reason)).toEqual([
    failure,
    failure,
    failure,
  ]);
  expect([asked, ends]).toEqual([4, []]);
});

test("a question that the venue refuses for what it is keeps no other one from its turn", async () => {
  const [refusal, clock] = [new HttpRequestError("Unprocessable Entity", { status: 422 }), new ManualClock(NOON)];
  const { promise: answered, reject: fail } = Promise.withResolvers<never>();
  const ask = meteredTransport(({ type }) => (type === "l2Book" ? answered : Promise.resolve(null)), {
    meter: new WeightMeter(100),
    clock,
  });
  for (let i = 0; i < 3; i++) await ask({ type: "metaAndAssetCtxs" });
  const wrong = ask({ type: "l2Book" });
  const next = ask({ type: "metaAndAssetCtxs" });
  fail(refusal);
  await expect(wrong).rejects.toBe(refusal);
  expect(await next).toBeNull();
  expect(await clock.now()).toBe(NOON + MINUTE);
});
