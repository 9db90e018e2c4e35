import { expect, test } from "vitest";
import { DAY } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";
import { NonceWindows } from "./nonce-windows.ts";

const SIGNER: Address = "0x1111111111111111111111111111111111111111";
const OTHER: Address = "0x2222222222222222222222222222222222222222";
const NOW = 1_767_600_000_000;

test("a nonce is taken once, by each signer", () => {
  const windows = new NonceWindows();
  expect(windows.take(SIGNER, NOW, [NOW])).toBeNull();
  expect(windows.take(SIGNER, NOW, [NOW])).toBe(`Invalid nonce: duplicate nonce ${NOW}`);
  expect(windows.take(OTHER, NOW, [NOW])).toBeNull();
});

test("nonces may come out of order, above the smallest of the hundred that are kept", () => {
  const windows = new NonceWindows();
  for (let i = 1; i <= 100; i += 1) expect(windows.take(SIGNER, NOW + 2 * i, [NOW])).toBeNull();
  expect(windows.take(SIGNER, NOW + 101, [NOW])).toBeNull();
  expect(windows.take(SIGNER, NOW + 3, [NOW])).toMatch("too low");
  expect(windows.take(SIGNER, NOW + 2, [NOW])).toMatch("too low");
});

test("a nonce lies within two days before and one after, of the exchange's time or the machine's", () => {
  const windows = new NonceWindows();
  expect(windows.take(SIGNER, NOW - 2 * DAY, [NOW])).toMatch("time range");
  expect(windows.take(SIGNER, NOW + DAY, [NOW])).toMatch("time range");
  expect(windows.take(SIGNER, NOW - 2 * DAY + 1, [NOW])).toBeNull();
  expect(windows.take(SIGNER, NOW + DAY - 1, [NOW])).toBeNull();
  expect(windows.take(SIGNER, NOW + 300 * DAY, [NOW, NOW + 300 * DAY])).toBeNull();
});

test("what was taken is still taken after a restart", () => {
  const before = new NonceWindows();
  before.take(SIGNER, NOW, [NOW]);
  const after = new NonceWindows(before.toJSON());
  expect(after.take(SIGNER, NOW, [NOW])).toMatch("duplicate");
});
