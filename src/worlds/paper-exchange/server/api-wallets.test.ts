import { expect, test } from "vitest";
import { DAY } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";
import { ApiWallets } from "./api-wallets.ts";

const NOW = 1_767_600_000_000;
const address = (n: number): Address => `0x${String(n).padStart(40, "0")}`;
const MASTER = address(1);
const nobody = () => false;

function approve(wallets: ApiWallets, n: number, name: string, now = NOW) {
  return wallets.approve({ master: MASTER, address: address(n), name, now }, nobody);
}

test("a wallet that is approved again under its name takes the place of the one before", () => {
  const wallets = new ApiWallets();
  expect(approve(wallets, 2, "")).toBeNull();
  expect(approve(wallets, 3, "bot")).toBeNull();
  expect(approve(wallets, 4, "")).toBeNull();
  expect(wallets.masterOf(address(2), NOW)).toBeNull();
  expect(wallets.masterOf(address(3), NOW)).toBe(MASTER);
  expect(wallets.masterOf(address(4), NOW)).toBe(MASTER);
});

test("a wallet ends when it said it would, after ninety days otherwise, and never later than after 180", () => {
  const wallets = new ApiWallets();
  expect(approve(wallets, 2, `bot valid_until ${NOW + DAY}`)).toBeNull();
  expect(wallets.of(MASTER, NOW)).toMatchObject([{ name: "bot", validUntil: NOW + DAY }]);
  expect(wallets.masterOf(address(2), NOW + DAY)).toBeNull();
  expect(approve(wallets, 3, "other")).toBeNull();
  expect(wallets.masterOf(address(3), NOW + 90 * DAY - 1)).toBe(MASTER);
  expect(wallets.masterOf(address(3), NOW + 90 * DAY)).toBeNull();
  expect(approve(wallets, 4, `bot valid_until ${NOW + 181 * DAY}`)).toBe("Invalid agent expiry.");
  expect(approve(wallets, 4, `bot valid_until ${NOW}`)).toBe("Invalid agent expiry.");
});

test("names are short, three at most, and an account is no wallet", () => {
  const wallets = new ApiWallets();
  expect(approve(wallets, 2, "a".repeat(17))).toMatch("at most 16");
  for (const n of [2, 3, 4]) expect(approve(wallets, n, `bot ${n}`)).toBeNull();
  expect(approve(wallets, 5, "bot 5")).toBe("Too many extra agents.");
  expect(wallets.approve({ master: MASTER, address: address(6), name: "", now: NOW }, () => true)).toMatch("existing user");
  expect(wallets.approve({ master: address(9), address: address(2), name: "", now: NOW }, nobody)).toMatch("already used");
});
