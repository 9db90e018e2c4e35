import { expect, test } from "vitest";
import { MINUTE } from "../core/clock.ts";
import type { Outcome } from "../gateway/contract.ts";
import { stillWaits } from "./still-waits.ts";
import { START, setUp, want } from "./testing/in-memory-agent.ts";

const awaits = [{ id: "0xaa", kind: "order", rest: [], by: START + 60 * MINUTE } as const];
const open: Outcome = { kind: "open", key: "k", done: [], awaits, transactions: [], reason: null };

test("an open request waits unless every order that it awaits is seen to rest", () => {
  expect(stillWaits(open, { resting: ["0xaa", "0xbb"] })).toBe(false);
  expect(stillWaits(open, { resting: ["0xbb"] })).toBe(true);
  expect(stillWaits(open, {})).toBe(true);
  expect(stillWaits({ ...open, awaits: [] }, { resting: ["0xaa"] })).toBe(true);
  expect(stillWaits({ ...open, kind: "confirmed" }, {})).toBe(false);
});

test("an order that rests keeps no cycle from deciding, and none of an answer's other orders from being asked for", async () => {
  const stage = setUp(want({ kind: "send" }, { kind: "send" }));
  const { gateway, clock, book } = stage;
  gateway.request = async (request) => {
    gateway.requests.push(request);
    gateway.open_.splice(0, 1, open);
    return open;
  };
  gateway.settle = async () => [open];
  const venue = book.venue(clock);
  const observe = venue.observe;
  const run = (resting: readonly string[]) =>
    stage.run({ cycles: 2, venue: { ...venue, observe: async () => ({ ...(await observe()), resting }) } });
  await run(["0xaa"]);
  expect(gateway.requests).toHaveLength(4);
  expect(stage.asked()).toBe(2);
  gateway.requests.length = 0;
  await run([]);
  expect(gateway.requests).toHaveLength(0);
  expect(stage.asked()).toBe(2);
});
