import { createL1ActionHash } from "@nktkas/hyperliquid/signing";
import type { Address, Hex } from "../../core/hex.ts";
import type { UserSignedAction } from "./account-actions.ts";

/** Which of the venue's networks a signature is for. Nothing signed for one is valid on the other. */
export type Network = "mainnet" | "testnet";

/** What a wallet signs: EIP-712. */
export interface TypedData {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: Address;
  };
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** An action and what is hashed with it. */
export interface L1Envelope {
  /** As it goes over the wire: the order of its keys is part of the hash. */
  readonly action: Readonly<Record<string, unknown>>;
  readonly nonce: number;
  readonly vaultAddress?: Address | undefined;
  readonly expiresAfter?: number | undefined;
}

const NOBODY: Address = "0x0000000000000000000000000000000000000000";

/** Keccak-256 of the action's msgpack form, its nonce, vault and expiry. */
export function hashL1Action({ action, nonce, vaultAddress, expiresAfter }: L1Envelope): Hex {
  return createL1ActionHash({
    action,
    nonce,
    ...(vaultAddress === undefined ? {} : { vaultAddress }),
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
  });
}

/** What is signed for an action that trades: a phantom agent, which names the network and the action's hash. */
export function l1TypedData(envelope: L1Envelope, network: Network): TypedData {
  return {
    domain: { name: "Exchange", version: "1", chainId: 1337, verifyingContract: NOBODY },
    types: {
      Agent: [
        { name: "source", type: "string" },
        { name: "connectionId", type: "bytes32" },
      ],
    },
    primaryType: "Agent",
    message: { source: network === "mainnet" ? "a" : "b", connectionId: hashL1Action(envelope) },
  };
}

const CHAIN = { name: "hyperliquidChain", type: "string" };
const AMOUNT = { name: "amount", type: "string" };
const DESTINATION = { name: "destination", type: "string" };
const TIME = { name: "time", type: "uint64" };
const NONCE = { name: "nonce", type: "uint64" };

const USER_SIGNED: Readonly<Record<UserSignedAction["type"], readonly [string, TypedData["types"][string]]>> = {
  usdClassTransfer: ["UsdClassTransfer", [CHAIN, AMOUNT, { name: "toPerp", type: "bool" }, NONCE]],
  approveAgent: [
    "ApproveAgent",
    [CHAIN, { name: "agentAddress", type: "address" }, { name: "agentName", type: "string" }, NONCE],
  ],
  usdSend: ["UsdSend", [CHAIN, DESTINATION, AMOUNT, TIME]],
  spotSend: ["SpotSend", [CHAIN, DESTINATION, { name: "token", type: "string" }, AMOUNT, TIME]],
  withdraw3: ["Withdraw", [CHAIN, DESTINATION, AMOUNT, TIME]],
  sendAsset: [
    "SendAsset",
    [
      CHAIN,
      DESTINATION,
      { name: "sourceDex", type: "string" },
      { name: "destinationDex", type: "string" },
      { name: "token", type: "string" },
      AMOUNT,
      { name: "fromSubAccount", type: "string" },
      NONCE,
    ],
  ],
};

/** What is signed for an action that a wallet shows its owner. The network is the action's own field. */
export function userSignedTypedData(action: UserSignedAction): TypedData {
  const [name, fields] = USER_SIGNED[action.type];
  const values: Readonly<Record<string, unknown>> = { ...action };
  const primaryType = `HyperliquidTransaction:${name}`;
  return {
    domain: {
      name: "HyperliquidSignTransaction",
      version: "1",
      chainId: Number.parseInt(action.signatureChainId, 16),
      verifyingContract: NOBODY,
    },
    types: { [primaryType]: fields },
    primaryType,
    message: Object.fromEntries(
      fields.map(({ name: field, type }) => {
        const value = values[field] ?? (type === "string" ? "" : undefined);
        return [field, type === "uint64" ? BigInt(String(value)) : value];
      }),
    ),
  };
}
