import fc from "fast-check";
import { encodeFunctionData } from "viem";
import { expect, test } from "vitest";
import type { Address, Hex } from "../../core/hex.ts";
import { decodeCall } from "../decode-call.ts";
import type { CallContext } from "../protocol.ts";
import { hookedTransferAbi, warpRouteAbi } from "./abi.ts";
import { addressToBytes32 } from "./message.ts";
import { transferRemoteCall } from "./warp-route.ts";
import { arrivingUnits, messageUnits, type WarpEnd, type WarpRoute } from "./warp-routes.ts";

const OWN: Address = "0x00000000000000000000000000000000000a11ce";
const STRANGER: Address = "0x00000000000000000000000000000000000b0b00";
const TOKEN: Address = "0x0000000000000000000000000000000000070ce1";
const ROUTER: Address = "0x0000000000000000000000000000000000070001";
const SYNTHETIC: Address = "0x0000000000000000000000000000000000070002";
const MAILBOX: Address = "0x0000000000000000000000000000000000070003";

const end = (over: Partial<WarpEnd>): WarpEnd => ({
  chain: "base",
  label: "usdc-route",
  address: ROUTER,
  type: "collateral",
  asset: "base/USDC",
  decimals: 6,
  token: TOKEN,
  mailbox: MAILBOX,
  domain: 1,
  scale: [1n, 1n],
  ...over,
});
const FAR = end({ chain: "arb", asset: "arb/USDC", domain: 2 });
const ROUTES: readonly WarpRoute[] = [
  { ...end({}), to: { arb: FAR } },
  {
    ...end({ label: "dai-route", address: SYNTHETIC, token: SYNTHETIC, type: "synthetic", asset: "base/hDAI", decimals: 18 }),
    to: { arb: FAR },
  },
];
const CONTEXT: CallContext = {
  chain: "base",
  from: "wallet",
  accounts: { wallet: OWN },
  book: {
    native: { symbol: "ETH" },
    assets: {
      USDC: { address: TOKEN, decimals: 6, kind: "erc20" },
      hDAI: { address: SYNTHETIC, decimals: 18, kind: "erc20" },
    },
    contracts: {
      "usdc-route": { address: ROUTER, kind: "hyperlane-warp-route" },
      "dai-route": { address: SYNTHETIC, kind: "hyperlane-warp-route" },
      mailbox: { address: MAILBOX, kind: "hyperlane-mailbox" },
    },
    pools: {},
  },
  routes: ROUTES,
};

const decode = (to: Address, data: Hex, value = 0n) => decodeCall(CONTEXT, { to, data, value });
const send = (to: Address, over: Partial<Parameters<typeof transferRemoteCall>[1]> = {}) => {
  const call = transferRemoteCall(to, { domain: 2, recipient: OWN, units: 1_000_000n, value: 5n, ...over });
  return decode(call.to, call.data, call.value);
};

test("what is locked is bounded by the allowance, what is burnt by the amount, and the value leaves with either", () => {
  const locked = send(ROUTER);
  expect(locked.unknown).toEqual([]);
  expect(locked.drains).toEqual([{ account: "wallet", asset: "base/USDC", spender: ROUTER }]);
  expect(locked.gives.map(({ asset, amount }) => [asset, amount.toFixed()])).toEqual([["base/ETH", "0.000000000000000005"]]);
  const burnt = send(SYNTHETIC);
  expect(burnt.drains).toEqual([]);
  expect(burnt.gives.map(({ asset, amount }) => [asset, amount.toFixed()])).toEqual([
    ["base/hDAI", "0.000000000001"],
    ["base/ETH", "0.000000000000000005"],
  ]);
});

test("the bytes guarantee nothing: what arrives is read elsewhere", () => {
  expect(send(ROUTER)).toMatchObject({ gets: [], dispatches: [{ account: "wallet", end: { chain: "arb" }, units: 1_000_000n }] });
});

test("for somebody else it is a payment of the amount and of the message's fees", () => {
  const { pays, dispatches } = send(ROUTER, { recipient: STRANGER });
  expect(pays.map(({ to, asset, amount }) => [to, asset, amount.toFixed()])).toEqual([
    [STRANGER, "base/USDC", "1"],
    [STRANGER, "base/ETH", "0.000000000000000005"],
  ]);
  expect(dispatches?.[0]?.account).toBeNull();
});

test("a synthetic's router is still a token: its approvals are decoded as those", () => {
  const approve = encodeFunctionData({
    abi: [
      {
        type: "function",
        name: "approve",
        stateMutability: "nonpayable",
        inputs: [{ type: "address" }, { type: "uint256" }],
        outputs: [],
      },
    ],
    args: [STRANGER, 1n],
  });
  expect(decode(SYNTHETIC, approve)).toMatchObject({
    call: { kind: "erc20", contract: "hDAI" },
    approves: [{ spender: STRANGER }],
  });
  expect(decode(ROUTER, approve).unknown).toMatchObject([{ code: "FUNCTION_NOT_ALLOWED" }]);
});

test("a mailbox is read and never called, and a hook of the caller's own is refused by name", () => {
  expect(decode(MAILBOX, "0x12345678").unknown).toMatchObject([{ code: "FUNCTION_NOT_ALLOWED" }]);
  const args = [2, addressToBytes32(OWN), 1n, "0x", STRANGER] as const;
  const hooked = encodeFunctionData({ abi: hookedTransferAbi, functionName: "transferRemote", args });
  for (const to of [ROUTER, SYNTHETIC]) {
    expect(decode(to, hooked).unknown).toMatchObject([{ code: "FUNCTION_NOT_ALLOWED", what: expect.stringContaining("hook") }]);
  }
});

test("any bytes to a router are bounded, or unknown", () => {
  const word = fc.oneof(fc.constant(addressToBytes32(OWN)), fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf));
  const honest = fc
    .tuple(fc.nat(4), word, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
    .map((args): Hex => encodeFunctionData({ abi: warpRouteAbi, functionName: "transferRemote", args }));
  const wild = fc.uint8Array({ maxLength: 140 }).map(hexOf);
  const tailed = fc
    .tuple(honest, fc.uint8Array({ minLength: 1, maxLength: 33 }))
    .map(([data, tail]): Hex => `${data}${hexOf(tail).slice(2)}`);
  fc.assert(
    fc.property(
      fc.constantFrom(ROUTER, SYNTHETIC),
      fc.oneof(honest, wild, tailed),
      fc.bigInt({ min: 0n, max: 9n }),
      (to, data, value) => {
        const meaning = decode(to, data, value);
        if (meaning.unknown.length > 0) return;
        const [sent] = meaning.dispatches ?? [];
        expect(meaning.gives.length + meaning.drains.length).toBeGreaterThan(0);
        expect(sent?.account === "wallet" || meaning.pays.length > 0).toBe(true);
        expect(data.slice(74, 98)).toBe("0".repeat(24));
      },
    ),
  );
});

test("scales are rounded down on both sides, so that no more is told than arrives", () => {
  const scale = fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 24n }), fc.bigInt({ min: 1n, max: 10n ** 24n }));
  fc.assert(
    fc.property(scale, scale, fc.bigInt({ min: 0n, max: 2n ** 128n }), (here, there, units) => {
      const arriving = arrivingUnits(end({ scale: there }), messageUnits(end({ scale: here }), units));
      expect(arriving * there[0] * here[1] <= units * here[0] * there[1]).toBe(true);
    }),
  );
});

function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
