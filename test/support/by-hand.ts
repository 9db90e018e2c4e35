import { privateKeyToAccount } from "viem/accounts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { nonceOf } from "./standing.ts";

/** Sends an empty transfer to self with the wallet's key, as a person with a copy of it would. */
export async function byHand(world: EvmWorld): Promise<void> {
  const signed = await privateKeyToAccount(REHEARSAL_KEY).signTransaction({
    type: "eip1559",
    chainId: world.chainId,
    nonce: await nonceOf(world),
    to: REHEARSAL_WALLET,
    gas: 21_000n,
    maxFeePerGas: 10_000_000_000n,
    maxPriorityFeePerGas: 0n,
  });
  await world.rpc("eth_sendRawTransactionSync", [signed]);
}
