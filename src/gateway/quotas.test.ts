import { expect, test } from "vitest";
import { MINUTE } from "../core/clock.ts";
import { Quotas } from "./quotas.ts";

const NOW = Date.UTC(2026, 0, 5);

function used(): Quotas {
  const quotas = new Quotas();
  for (let i = 0; i < 240; i += 1) expect(quotas.request(NOW, () => true)).toBeNull();
  return quotas;
}

test("past the rate, what looks like an exit and comes to no verdict is counted like one that was none", () => {
  const quotas = used();
  for (let i = 0; i < 60; i += 1) expect(quotas.request(NOW, () => true)?.code).toBe("RATE_LIMITED");
  expect(() => quotas.request(NOW, () => true)).toThrow("more than 240 requests");
  expect(quotas.request(NOW + MINUTE, () => true)).toBeNull();
});

test("true exits pass however many they are, and what cannot be one uses up nothing", () => {
  const quotas = used();
  for (let i = 0; i < 500; i += 1) {
    expect(quotas.request(NOW, () => true)?.code).toBe("RATE_LIMITED");
    quotas.wasExit();
    expect(() => quotas.request(NOW, () => false)).toThrow("more than 240 requests");
  }
});
