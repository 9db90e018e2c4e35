import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../core/clock.ts";
import { decimal, ZERO } from "../../../core/decimal.ts";
import type { Address } from "../../../core/hex.ts";
import { weightOfAction, weightOfInfo } from "../../../protocols/hyperliquid/request-weights.ts";
import { AddressQuotas, IpWeights } from "./rate-limits.ts";

const NOW = 1_767_600_000_000;
const ADDRESS: Address = "0x1111111111111111111111111111111111111111";

test("an IP address has its weight anew every minute", () => {
  const weights = new IpWeights(40);
  expect(weights.take("a", 20, [NOW])).toBe(true);
  expect(weights.take("a", 21, [NOW])).toBe(false);
  expect(weights.take("a", 20, [NOW + SECOND])).toBe(true);
  expect(weights.take("a", 1, [NOW + SECOND])).toBe(false);
  expect(weights.take("b", 40, [NOW])).toBe(true);
  expect(weights.take("a", 40, [NOW + MINUTE])).toBe(true);
  weights.add("a", 1, [NOW + MINUTE, NOW]);
  expect(weights.take("a", 40, [NOW + MINUTE, NOW])).toBe(false);
  expect(weights.take("a", 40, [NOW + MINUTE, NOW + MINUTE])).toBe(true);
});

test("an address sends as much as it began with and a request for every dollar that it traded", () => {
  const quotas = new AddressQuotas(10);
  const about = { volume: ZERO, now: NOW, cancels: false };
  expect(quotas.take(ADDRESS, 10, about)).toBeNull();
  expect(quotas.take(ADDRESS, 1, about)).toMatch("Too many cumulative requests sent (10 > 10)");
  expect(quotas.take(ADDRESS, 5, { ...about, volume: decimal("5.9") })).toBeNull();
});

test("past its cap an address sends one request in ten seconds, and may cancel up to twice the cap", () => {
  const quotas = new AddressQuotas(10);
  const about = { volume: ZERO, now: NOW, cancels: false };
  quotas.take(ADDRESS, 10, about);
  expect(quotas.take(ADDRESS, 1, { ...about, now: NOW + 10 * SECOND - 1 })).toMatch("Too many");
  expect(quotas.take(ADDRESS, 1, { ...about, now: NOW + 10 * SECOND })).toBeNull();
  expect(quotas.take(ADDRESS, 1, { ...about, now: NOW + 11 * SECOND })).toMatch("Too many");
  expect(quotas.take(ADDRESS, 9, { ...about, now: NOW + 11 * SECOND, cancels: true })).toBeNull();
  expect(quotas.take(ADDRESS, 1, { ...about, now: NOW + 11 * SECOND, cancels: true })).toMatch("Too many");
});

test("requests weigh what the venue says", () => {
  expect(["l2Book", "userRole", "meta", "constructor"].map((type) => weightOfInfo(type))).toEqual([2, 60, 20, 20]);
  expect(weightOfInfo("userFills", 45)).toBe(22);
  expect(weightOfInfo("candleSnapshot", 5_000)).toBe(20 + 83);
  expect([1, 39, 40, 80].map(weightOfAction)).toEqual([1, 1, 2, 3]);
});
