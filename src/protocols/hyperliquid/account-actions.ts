import { z } from "zod";
import { positiveWireDecimal, wireCount } from "./wire-decimal.ts";

/** An address as some client writes it: what is hashed is the text, so its case is kept. */
const writtenAddress = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text as `0x${string}`);

/** A dollar amount as some client writes it ("1.0"): the text is what is hashed. */
const writtenAmount = z
  .string()
  .regex(/^\d{1,20}(\.\d{1,18})?$/)
  .refine((text) => /[1-9]/.test(text), "must be more than zero");

/** Actions of a whole account, signed like trades (by its key, and some by its API wallets). */
export const accountAction = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("noop") }),
  z.strictObject({ type: z.literal("createSubAccount"), name: z.string().min(1).max(16) }),
  z.strictObject({
    type: z.literal("subAccountTransfer"),
    subAccountUser: writtenAddress,
    isDeposit: z.boolean(),
    usd: wireCount.min(1),
  }),
  z.strictObject({
    type: z.literal("subAccountSpotTransfer"),
    subAccountUser: writtenAddress,
    isDeposit: z.boolean(),
    token: z.string().max(100),
    amount: positiveWireDecimal,
  }),
  z.strictObject({
    type: z.literal("createVault"),
    name: z.string().min(3).max(50),
    description: z.string().min(10).max(250),
    initialUsd: wireCount.min(100_000_000),
    nonce: wireCount,
  }),
  z.strictObject({
    type: z.literal("vaultTransfer"),
    vaultAddress: writtenAddress,
    isDeposit: z.boolean(),
    usd: wireCount.min(1),
  }),
]);

const named = {
  signatureChainId: z
    .string()
    .regex(/^0x[0-9a-fA-F]{1,13}$/)
    .transform((text) => text as `0x${string}`),
  hyperliquidChain: z.enum(["Mainnet", "Testnet"]),
};

/** Actions that a wallet shows its owner field by field; no API wallet may sign one. */
export const userSignedAction = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("usdClassTransfer"),
    ...named,
    amount: z.string().regex(/^\d{1,20}(\.\d{1,18})?( subaccount:0x[0-9a-fA-F]{40})?$/),
    toPerp: z.boolean(),
    nonce: wireCount,
  }),
  z.strictObject({
    type: z.literal("approveAgent"),
    ...named,
    agentAddress: writtenAddress,
    agentName: z.string().max(60).nullish(),
    nonce: wireCount,
  }),
  z.strictObject({
    type: z.literal("usdSend"),
    ...named,
    destination: writtenAddress,
    amount: writtenAmount,
    time: wireCount,
  }),
  z.strictObject({
    type: z.literal("spotSend"),
    ...named,
    destination: writtenAddress,
    token: z.string().max(100),
    amount: writtenAmount,
    time: wireCount,
  }),
  z.strictObject({
    type: z.literal("withdraw3"),
    ...named,
    destination: writtenAddress,
    amount: writtenAmount,
    time: wireCount,
  }),
  z.strictObject({
    type: z.literal("sendAsset"),
    ...named,
    destination: writtenAddress,
    sourceDex: z.string().max(10),
    destinationDex: z.string().max(10),
    token: z.string().max(100),
    amount: writtenAmount,
    fromSubAccount: z.union([z.literal(""), writtenAddress]),
    nonce: wireCount,
  }),
]);

export type AccountAction = z.infer<typeof accountAction>;
export type UserSignedAction = z.infer<typeof userSignedAction>;
