import { z } from "zod";
import { type Decimal, decimal } from "../../core/decimal.ts";
import type { UserSignedAction } from "./account-actions.ts";
import type { LedgerUpdates } from "./info-schemas.ts";
import type { Network } from "./typed-data.ts";

/** Dollars in their only form on the wire, more than none: the venue's have six places. */
const WIRE_USD = /^(?!0$)(0|[1-9]\d{0,19})(\.\d{0,5}[1-9])?$/;

/**
 * Dollars between the two classes of one's own account, as it is asked for. There is no field for anybody to send to, and
 * no amount that names a sub-account.
 */
export const classTransfer = z.strictObject({
  type: z.literal("usdClassTransfer"),
  amount: z.string().regex(WIRE_USD),
  toPerp: z.boolean(),
});

/** The chain that the venue's own pages name in what they let people sign: its number is part of the domain, and of nothing else. */
const SIGNED_ON = { mainnet: "0xa4b1", testnet: "0x66eee" } as const;

/** What the owner's key signs, keys in the venue's order. */
export function classTransferAction(
  { amount, toPerp }: Pick<z.infer<typeof classTransfer>, "amount" | "toPerp">,
  { network, nonce }: { readonly network: Network; readonly nonce: number },
): Extract<UserSignedAction, { readonly type: "usdClassTransfer" }> {
  return {
    type: "usdClassTransfer",
    signatureChainId: SIGNED_ON[network],
    hyperliquidChain: network === "mainnet" ? "Mainnet" : "Testnet",
    amount,
    toPerp,
    nonce,
  };
}

/** A transfer as an account's ledger tells it. Null: the entry is another. */
export function classTransferOf({ delta }: LedgerUpdates[number]): { readonly usd: Decimal; readonly toPerp: boolean } | null {
  const { type, usdc, toPerp } = delta;
  if (type !== "accountClassTransfer" || typeof toPerp !== "boolean" || typeof usdc !== "string") return null;
  return /^\d+(\.\d+)?$/.test(usdc) ? { usd: decimal(usdc), toPerp } : null;
}
