import { encodeFunctionData, maxUint256 } from "viem";
import type { Address } from "../../../src/core/hex.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { actsAs, PAYEE, PERMIT2, prepareSigning, SIGNING_LIMITS, TOKEN } from "../../gateway/support/signing-house.ts";

const { assets } = EVM_BOOK.chains.base;

/** What of a mandate lets messages be signed. */
export const SIGNING = {
  allowed_recipients: [PAYEE],
  allowed_signatures: SIGNING_LIMITS.allowed_signatures,
};

/** Puts a token that takes signatures into a world, and lets Permit2 take it from the wallet, as it may take USDC and WETH. */
export async function deploySigning(world: EvmWorld): Promise<Address> {
  const token = await prepareSigning(world);
  const data = encodeFunctionData({ abi: TOKEN, functionName: "approve", args: [PERMIT2, maxUint256] });
  await actsAs(world, REHEARSAL_WALLET, { to: token, data });
  return token;
}

/** A book with the token and Permit2 in it. */
export function withSigning(book: { readonly chains: { readonly base: Chain } }, token: Address): object {
  const { base } = book.chains;
  const added = {
    assets: { ...base.assets, PUSD: { address: token, decimals: 6 } },
    contracts: { ...base.contracts, permit2: { kind: "permit2", address: PERMIT2 } },
    feeds: { ...base.feeds, PUSD: base.feeds.USDC },
  };
  return { ...book, chains: { base: { ...base, ...added } } };
}

interface Chain {
  readonly assets: object;
  readonly contracts: object;
  readonly feeds: { readonly USDC: object };
}

/** Tokens that a message can pay in, of the wallet's. */
export const PAYS_IN = { USDC: assets.USDC.address, WETH: assets.WETH.address } as const;
