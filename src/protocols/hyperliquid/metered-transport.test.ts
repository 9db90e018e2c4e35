import { HttpRequestError } from "@nktkas/hyperliquid";
import { expect, test } from "vitest";
import { ManualClock, MINUTE } from "../../core/clock.ts";
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
    if (refuses) throw new HttpRequestError({ response: new Response("", { status: 429 }) });
    return null;
  });
  await expect(ask({ type: "l2Book" })).rejects.toThrow();
  refuses = false;
  await ask({ type: "l2Book" });
  expect(at).toEqual([0, MINUTE]);
});
