import type { Hex } from "viem";
import { keccak256 } from "viem/utils";
import { type Address, lower } from "../../core/hex.ts";

/** Of the messages that mailboxes of today make. */
const MESSAGE_VERSION = 3;
/** Version, nonce, origin, sender, destination, recipient. */
const HEADER_BYTES = 77;
/** A token's message: to whom, and how much. */
const TRANSFER_BYTES = 64;

/** A token message between two routers. */
export interface WarpMessage {
  /** The name that both mailboxes know it by. */
  readonly id: Hex;
  /** All of it: whoever has it can have it delivered. */
  readonly bytes: Hex;
  readonly origin: number;
  /** 32 bytes, as the message has them. */
  readonly sender: Hex;
  readonly destination: number;
  readonly router: Hex;
  readonly recipient: Hex;
  /** In the message's units. */
  readonly carried: bigint;
  /** What the destination's router is handed. */
  readonly body: Hex;
}

/** Reads a token message. Undefined: it is of another version, or carries something else than a transfer. */
export function readWarpMessage(bytes: Hex): WarpMessage | undefined {
  const text = lower(bytes).slice(2);
  if (text.length !== (HEADER_BYTES + TRANSFER_BYTES) * 2) return undefined;
  const part = (from: number, length: number): Hex => `0x${text.slice(from * 2, (from + length) * 2)}`;
  if (Number(part(0, 1)) !== MESSAGE_VERSION) return undefined;
  return {
    id: keccak256(bytes),
    bytes: lower(bytes),
    origin: Number(part(5, 4)),
    sender: part(9, 32),
    destination: Number(part(41, 4)),
    router: part(45, 32),
    recipient: part(HEADER_BYTES, 32),
    carried: BigInt(part(HEADER_BYTES + 32, 32)),
    body: part(HEADER_BYTES, TRANSFER_BYTES),
  };
}

/** An address as Hyperlane has it: 32 bytes, zeros first. */
export function addressToBytes32(address: Address): Hex {
  return `0x${lower(address).slice(2).padStart(64, "0")}`;
}

/** The address in 32 bytes. Undefined: what stands before it is not zero, so that it names none. */
export function bytes32ToAddress(bytes: Hex): Address | undefined {
  return bytes.length === 66 && BigInt(bytes) < 1n << 160n ? lower(`0x${bytes.slice(26)}`) : undefined;
}
