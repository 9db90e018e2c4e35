import { expect, test } from "vitest";
import { isoTime, MINUTE, SECOND } from "../core/clock.ts";
import { Quotas } from "./quotas.ts";

const NOW = Date.UTC(2026, 0, 5);

function used(): Quotas {
  const quotas = new Quotas();
  for (let i = 0; i < 240; i += 1) expect(quotas.request(NOW, "contract", () => true)).toBeNull();
  return quotas;
}

test("past the rate, what looks like an exit and comes to no verdict is counted like one that was none", () => {
  const quotas = used();
  for (let i = 0; i < 60; i += 1) expect(quotas.request(NOW, "contract", () => true)?.error.code).toBe("RATE_LIMITED");
  expect(() => quotas.request(NOW, "contract", () => true)).toThrow("more than 240 requests");
  expect(quotas.request(NOW + MINUTE, "contract", () => true)).toBeNull();
});

test("true exits pass however many they are, and what cannot be one uses up nothing", () => {
  const quotas = used();
  for (let i = 0; i < 500; i += 1) {
    const over = quotas.request(NOW, "contract", () => true);
    expect(over?.error.code).toBe("RATE_LIMITED");
    over?.wasExit();
    expect(() => quotas.request(NOW, "contract", () => false)).toThrow("more than 240 requests");
  }
});

test("counterfeits by one door, and previews of them, keep no exit by the other waiting, and one a second is looked at", () => {
  const quotas = used();
  for (let i = 0; i < 240; i += 1) quotas.preview(NOW, "contract", () => true);
  for (let i = 0; i < 60; i += 1) {
    quotas.request(NOW, "json-rpc", () => true);
    quotas.preview(NOW, "contract", () => true);
  }
  expect(() => quotas.preview(NOW, "contract", () => true)).toThrow("too many were no exits");
  expect(() => quotas.request(NOW, "json-rpc", () => true)).toThrow(`again from ${isoTime(NOW + SECOND)}`);
  expect(quotas.request(NOW, "contract", () => true)?.error.code).toBe("RATE_LIMITED");
  expect(quotas.request(NOW + SECOND, "json-rpc", () => true)?.error.code).toBe("RATE_LIMITED");
});

test("an exit is given back once, however often it is judged", () => {
  const quotas = used();
  const over = quotas.request(NOW, "contract", () => true);
  for (let i = 0; i < 5; i += 1) over?.wasExit();
  for (let i = 0; i < 60; i += 1) expect(quotas.request(NOW, "contract", () => true)).not.toBeNull();
  expect(() => quotas.request(NOW, "contract", () => true)).toThrow("too many were no exits");
});

test("settling is bound like a read, and never while an exit is in flight", () => {
  const quotas = new Quotas();
  for (let i = 0; i < 240; i += 1) quotas.settle(NOW, false);
  expect(() => quotas.settle(NOW, false)).toThrow("settled more than 240 times");
  expect(() => quotas.settle(NOW, true)).not.toThrow();
  expect(() => quotas.settle(NOW + MINUTE, false)).not.toThrow();
});
