import type { Hex } from "viem";
import { decodeEventLog, keccak256, toEventSelector } from "viem/utils";
import type { Address } from "../../../core/hex.ts";
import { MAILBOX_DEPLOY_ABI } from "./hyperlane-abi.ts";
import type { HyperlaneSite } from "./hyperlane-site.ts";

/** A message that a mailbox took. */
export interface Dispatched {
  readonly id: Hex;
  readonly message: Hex;
}

const DISPATCH = toEventSelector("Dispatch(address,uint32,bytes32,bytes)");

/** Every message that a mailbox ever took, oldest first. */
export async function dispatchedFrom({ node }: HyperlaneSite, mailbox: Address): Promise<readonly Dispatched[]> {
  const filter = { address: mailbox, topics: [DISPATCH], fromBlock: "0x0", toBlock: "latest" };
  const logs = (await node.rpc("eth_getLogs", [filter])) as readonly { readonly topics: [Hex, ...Hex[]]; readonly data: Hex }[];
  return logs.map(({ topics, data }) => {
    const { args } = decodeEventLog({ abi: MAILBOX_DEPLOY_ABI, eventName: "Dispatch", topics, data });
    return { id: keccak256(args.message), message: args.message };
  });
}

/** Delivers a message, as a relayer would. @throws {WorldTransactionError} the recipient or its security module refuses it. */
export async function deliver(site: HyperlaneSite, mailbox: Address, message: Hex): Promise<void> {
  await site.call(mailbox, MAILBOX_DEPLOY_ABI, "process", ["0x", message]);
}
