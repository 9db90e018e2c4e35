import { expect, test } from "vitest";
import { isIncoming } from "./incoming.ts";

const OWN = "0x00000000000000000000000000000000000000Aa";
const OTHER = "0x00000000000000000000000000000000000000bb";
const entry = (type: string, rest: Readonly<Record<string, unknown>> = {}) => ({
  time: 1,
  hash: "0x00",
  delta: { type, usdc: "5", ...rest },
});

test.each([
  ["a deposit", entry("deposit"), true],
  ["dollars from another account", entry("internalTransfer", { user: OTHER, destination: OWN.toLowerCase() }), true],
  ["a token from another account", entry("spotTransfer", { user: OTHER, destination: OWN }), true],
  ["dollars to another account", entry("internalTransfer", { user: OWN, destination: OTHER }), false],
  ["a transfer to oneself, from one dex to another", entry("send", { user: OWN, destination: OWN }), false],
  ["a transfer that does not say whose", entry("spotTransfer", { destination: OWN }), false],
  ["a withdrawal", entry("withdraw"), false],
  ["a liquidation", entry("liquidation"), false],
  ["a transfer between classes", entry("accountClassTransfer", { toPerp: true }), false],
  ["something that nobody knows yet", entry("airdropTax"), false],
])("%s is incoming: %#", (_, told, incoming) => {
  expect(isIncoming(told, OWN)).toBe(incoming);
});
