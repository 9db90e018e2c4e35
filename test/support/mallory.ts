import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { InvariantError } from "../../src/core/errors.ts";
import { type Address, type Hex, lower } from "../../src/core/hex.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";

const account = privateKeyToAccount(keccak256(toHex("mandate tests: mallory")));

/** Somebody on the chain who means no good, and has ether to burn. */
export const MALLORY: Address = lower(account.address);

interface Receipt {
  readonly status: Hex;
  readonly contractAddress: Address | null;
}

/** Sends a transaction of Mallory's; without `to` it creates a contract. */
export async function malloryDoes(
  world: EvmWorld,
  { to, data }: { readonly to?: Address; readonly data: Hex },
): Promise<Receipt> {
  await world.rpc("anvil_setBalance", [MALLORY, toHex(10n ** 24n)]);
  const nonce = Number(await world.rpc("eth_getTransactionCount", [MALLORY, "latest"]));
  const fees = { maxFeePerGas: 100_000_000_000_000n, maxPriorityFeePerGas: 0n };
  const signed = await account.signTransaction({
    type: "eip1559",
    chainId: world.chainId,
    nonce,
    gas: 12_000_000n,
    data,
    ...fees,
    ...(to === undefined ? {} : { to }),
  });
  const receipt = (await world.rpc("eth_sendRawTransactionSync", [signed])) as Receipt;
  if (receipt.status !== "0x1") throw new InvariantError("Mallory's transaction was reverted");
  return receipt;
}

export async function malloryDeploys(world: EvmWorld, initCode: Hex): Promise<Address> {
  const { contractAddress } = await malloryDoes(world, { data: initCode });
  if (contractAddress === null) throw new InvariantError("Mallory's contract has no address");
  return lower(contractAddress);
}

/** A token that calls itself USDC and is not. */
export async function deployLyingToken(world: EvmWorld): Promise<Address> {
  return malloryDeploys(world, (await ownArtifact("LyingToken")).bytecode);
}
