import type { PrivateKeyAccount } from "viem/accounts";
import { MandateError } from "../../core/errors.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { type Anvil, BASE_FEE } from "./anvil.ts";
import type { RpcCall } from "./json-rpc.ts";

/** Enough for every transaction of a world. It is never estimated: an estimate is made for another second than the one it is mined in. */
const GAS = 14_000_000n;
const MAX_FEE = 100n * BASE_FEE;

export interface WorldTransaction {
  readonly from: PrivateKeyAccount;
  readonly nonce: number;
  /** Left out: `data` is init code. */
  readonly to?: Address;
  readonly data: Hex;
  readonly value?: bigint;
  /** The block's time, in seconds since 1970; left out, a second after the block before. */
  readonly at?: number;
}

/** A transaction of the world's own was reverted. */
export class WorldTransactionError extends MandateError {
  constructor(hash: Hex, to: Address | undefined) {
    super("WORLD_TRANSACTION", `a transaction of the world to ${to ?? "a new contract"} was reverted`, {
      remedy: "Look at it with: cast run HASH --rpc-url URL",
      details: { hash },
    });
  }
}

/**
 * Signs and mines one transaction in a block of its own at {@link BASE_FEE}.
 *
 * @throws {WorldTransactionError} when it was reverted.
 * @throws {WorldRpcError} when the node refused it.
 */
export async function sendTransaction(chain: Anvil, { from, nonce, to, data, value = 0n, at }: WorldTransaction): Promise<void> {
  const signed = await from.signTransaction({
    type: "eip1559",
    chainId: chain.chainId,
    nonce,
    gas: GAS,
    maxFeePerGas: MAX_FEE,
    maxPriorityFeePerGas: 0n,
    value,
    data,
    ...(to === undefined ? {} : { to }),
  });
  await setTime(chain, at);
  const [, told] = await chain.rpcAll([FEE, ["eth_sendRawTransactionSync", [signed]]]);
  const receipt = told as { readonly status: Hex; readonly transactionHash: Hex };
  if (receipt.status !== "0x1") throw new WorldTransactionError(receipt.transactionHash, to);
}

/** Mines a block without transactions at {@link BASE_FEE}. `at` as in {@link WorldTransaction}. */
export async function mineBlock(chain: Anvil, at?: number): Promise<void> {
  await setTime(chain, at);
  await chain.rpcAll([FEE, ["evm_mine"]]);
}

const FEE: RpcCall = ["anvil_setNextBlockBaseFeePerGas", [`0x${BASE_FEE.toString(16)}`]];

/** Before all else: a time that the chain is past is refused, and nothing is mined. */
async function setTime(chain: Anvil, at: number | undefined): Promise<void> {
  if (at !== undefined) await chain.rpc("evm_setNextBlockTimestamp", [at]);
}
