import { expect, test } from "vitest";
import { Patience } from "./patience.ts";
import { HttpRequestError, TimeoutError } from "./request-errors.ts";

const late = new TimeoutError();

test("who is silent is waited for a quarter, a half and in full by turns, and in full as soon as something is heard", () => {
  const patience = new Patience(20_000);
  const waits = Array.from({ length: 8 }, () => {
    const { ms } = patience;
    patience.missed();
    return ms / 1_000;
  });
  expect(waits).toEqual([20, 5, 10, 20, 5, 10, 20, 5]);
  patience.heard();
  expect(patience.ms).toBe(20_000);
});

test("a first silence is tried once more, a second one not at all, and what was answered as often as anything", () => {
  const patience = new Patience(20_000);
  patience.missed();
  expect([patience.triesAfter(late, 2), patience.triesAfter(late, 0)]).toEqual([1, 0]);
  patience.missed();
  expect(patience.triesAfter(late, 2)).toBe(0);
  expect(patience.triesAfter(new HttpRequestError("Service Unavailable", { status: 503 }), 2)).toBe(2);
});
