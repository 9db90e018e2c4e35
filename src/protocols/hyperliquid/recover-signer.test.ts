import { signL1Action } from "@nktkas/hyperliquid/signing";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { lower } from "../../core/hex.ts";
import { recoverSigner } from "./recover-signer.ts";
import { hashL1Action, l1TypedData } from "./typed-data.ts";

const wallet = privateKeyToAccount(`0x${"17".repeat(32)}`);
const ORDER = {
  type: "order",
  orders: [{ a: 0, b: true, p: "30000", s: "0.1", r: false, t: { limit: { tif: "Gtc" } } }],
  grouping: "na",
};

test("the published vectors hold", () => {
  expect(hashL1Action({ action: ORDER, nonce: 1234567890 })).toBe(
    "0x25367e0dba84351148288c2233cd6130ed6cec5967ded0c0b7334f36f957cc90",
  );
  expect(
    hashL1Action({
      action: ORDER,
      nonce: 1234567890,
      vaultAddress: "0x1234567890123456789012345678901234567890",
      expiresAfter: 1234567890,
    }),
  ).toBe("0x2d62412aa0fc57441b5189841d81554a6a9680bf07204e1454983a9ca44f0744");
});

test("another order of keys is another hash", () => {
  const { type, grouping, orders } = ORDER;
  expect(hashL1Action({ action: { type, grouping, orders }, nonce: 1 })).not.toBe(hashL1Action({ action: ORDER, nonce: 1 }));
});

test("a signature says who signed, for the network that it was made for and for no other", async () => {
  const envelope = { action: ORDER, nonce: 1_700_000_000_000, expiresAfter: 1_700_000_010_000 };
  const signature = await signL1Action({ wallet, ...envelope, isTestnet: true });
  expect(await recoverSigner(l1TypedData(envelope, "testnet"), signature)).toBe(lower(wallet.address));
  expect(await recoverSigner(l1TypedData(envelope, "mainnet"), signature)).not.toBe(lower(wallet.address));
  expect(await recoverSigner(l1TypedData({ ...envelope, nonce: 1 }, "testnet"), signature)).not.toBe(lower(wallet.address));
});

test("a signature of numbers that are on no curve belongs to nobody", async () => {
  const zero = `0x${"00".repeat(32)}` as const;
  expect(await recoverSigner(l1TypedData({ action: ORDER, nonce: 1 }, "testnet"), { r: zero, s: zero, v: 27 })).toBeNull();
});
