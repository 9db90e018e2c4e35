import { parseEther, toHex } from "viem";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { STRANGER } from "../../support/standing.ts";
import type { Doors } from "./doors.ts";
import { holds } from "./holds.ts";

const { assets } = EVM_BOOK.chains.base;
const own = REHEARSAL_WALLET;
const hash = `0x${"11".repeat(32)}`;
const transaction = { from: own, to: STRANGER, data: "0x", value: "0x1" };

/** Messages that would be a way around the gateway. Each is refused, whatever it says. */
const ODD: readonly (readonly [method: string, ...params: readonly unknown[]])[] = [
  ["eth_sign", own, hash],
  ["personal_sign", hash, own],
  ["eth_signTypedData_v4", own, JSON.stringify({ primaryType: "Permit", domain: {}, types: {}, message: {} })],
  ["eth_signTransaction", transaction],
  ["eth_sendRawTransaction", "0x02"],
  ["eth_sendRawTransactionSync", "0x02"],
  ["eth_sendPrivateTransaction", { tx: "0x02" }],
  ["wallet_sendCalls", { calls: [transaction] }],
  ["anvil_setBalance", STRANGER, "0xffff"],
  ["anvil_impersonateAccount", own],
  ["hardhat_setCode", own, "0x00"],
  ["evm_revert", "0x0"],
  ["debug_traceCall", transaction, "latest", {}],
  ["eth_sendTransaction", { ...transaction, from: STRANGER }],
  ["eth_sendTransaction", { ...transaction, value: toHex(parseEther("0.01")) }],
  ["eth_sendTransaction", { from: own, data: "0x00" }],
  ["eth_sendTransaction", { ...transaction, authorizationList: [{ address: STRANGER }] }],
  ["eth_sendTransaction", { ...transaction, type: "0x3", blobVersionedHashes: [hash] }],
  ["eth_call", { to: assets.USDC.address, data: "0x" }, "latest", { [own]: { balance: "0xff" } }],
];

export async function oddCall(doors: Doors, which: number): Promise<void> {
  const [method, ...params] = ODD[which % ODD.length] ?? ["eth_sign"];
  const { error } = await doors.ask(method, ...params);
  holds(error !== undefined, `${method} was answered`);
  // Between honest reads of one message it is as odd.
  const read = ["eth_blockNumber", []] as const;
  const answers = await doors.askAll([read, [method, params], read]);
  holds(answers.find(({ id }) => id === 1)?.result === undefined, `${method} was answered in a batch`);
}
