import { expect, test } from "vitest";
import { movedDollars } from "./moved-dollars.ts";

const OWN = "0x00000000000000000000000000000000000000aa";
const OTHER = "0x00000000000000000000000000000000000000bb";
const entry = (type: string, rest: Readonly<Record<string, unknown>> = {}) => ({
  time: 1,
  hash: "0x00",
  delta: { type, ...rest },
});

test.each([
  ["a deposit", entry("deposit", { usdc: "5" }), "5"],
  ["a withdrawal and its fee", entry("withdraw", { usdc: "5", fee: "1" }), "-6"],
  ["dollars from another account", entry("internalTransfer", { usdc: "5", user: OTHER, destination: OWN, fee: "1" }), "5"],
  ["dollars to another account", entry("internalTransfer", { usdc: "5", user: OWN, destination: OTHER, fee: "1" }), "-6"],
  [
    "dollars in spot",
    entry("spotTransfer", { token: "USDC", amount: "5", usdcValue: "5.0", user: OTHER, destination: OWN }),
    "5",
  ],
  [
    "a token that is called a dollar and is worth none",
    entry("spotTransfer", { token: "USDC", amount: "1000000000", usdcValue: "0.5", user: OTHER, destination: OWN }),
    "0",
  ],
  [
    "a token that calls itself worth much",
    entry("spotTransfer", { token: "GIFT", amount: "5", usdcValue: "1000000000", user: OTHER, destination: OWN }),
    "0",
  ],
  ["a transfer to oneself", entry("send", { token: "USDC", amount: "5", user: OWN, destination: OWN }), "0"],
  ["dollars between classes", entry("accountClassTransfer", { usdc: "5", toPerp: true }), "0"],
  ["something that nobody knows yet", entry("airdropTax", { usdc: "5" }), null],
  ["a deposit of no number", entry("deposit", { usdc: "-1e9" }), null],
])("%s moves what it moves: %#", (_, told, moved) => {
  expect(movedDollars(told, OWN)?.toFixed() ?? null).toBe(moved);
});
