import { hashTypedData } from "viem/utils";
import { DAY } from "../../../core/clock.ts";
import type { ClassTransfer } from "../../../protocols/effects.ts";
import { classTransferAction } from "../../../protocols/hyperliquid/class-transfer.ts";
import { signatureParts } from "../../../protocols/hyperliquid/signature-parts.ts";
import { type Network, userSignedTypedData } from "../../../protocols/hyperliquid/typed-data.ts";
import type { ExchangeSigner, SignedExchangeAction } from "./hyperliquid-rail.ts";

/** How long the venue may take a nonce of the past: what a wallet's owner signs has no other expiry there. */
export const OWNER_NONCE_FOR = 2 * DAY;

type Typed = Parameters<ExchangeSigner["signTypedData"]>[0];

/** The only message that an owner's key ever signs here. */
export async function signClassTransfer(
  owner: ExchangeSigner,
  transfer: ClassTransfer,
  { network, nonce }: { readonly network: Network; readonly nonce: number },
): Promise<SignedExchangeAction> {
  const action = classTransferAction(transfer, { network, nonce });
  const typed = userSignedTypedData(action) as Typed;
  const signature = signatureParts(await owner.signTypedData(typed));
  const body = { action, nonce, signature };
  return {
    hash: hashTypedData(typed),
    bytes: Buffer.from(JSON.stringify(body)),
    nonce,
    expires: nonce + OWNER_NONCE_FOR,
    cloids: [],
  };
}
