import { type Decimal, decimal, ZERO } from "../core/decimal.ts";
import type { Hash } from "../core/hex.ts";
import type { SignatureBody } from "./entries.ts";
import type { RequestState, WalletState } from "./fold-wallet.ts";

/** A request of which a message was signed. */
export type SignedMessage = RequestState & { readonly signature: SignatureBody };

export function isSignedMessage(request: RequestState): request is SignedMessage {
  return request.signature !== null;
}

/** Messages that were signed and can still be used, oldest first. */
export function liveSignatures(state: WalletState): readonly SignedMessage[] {
  return state.open.flatMap((key) => {
    const request = state.requests.get(key);
    return request && isSignedMessage(request) ? [request] : [];
  });
}

/**
 * Open requests that have to be settled before another one is judged. A message that was signed takes no turn: it may be
 * used or not for as long as it is valid, and counts in full meanwhile.
 */
export function waitingRequests(state: WalletState): readonly Hash[] {
  return state.open.filter((key) => state.requests.get(key)?.signature == null);
}

/** What others may take of an asset by messages that are live, in whole tokens: as payments, or as allowances of a spender. */
export function takeable(state: WalletState, { asset, spender }: { readonly asset: string; readonly spender?: string }): Decimal {
  let total = ZERO;
  for (const { signature } of liveSignatures(state)) {
    const allows = signature.type === ALLOWS;
    if (spender === undefined ? allows : !allows || signature.spender !== spender) continue;
    for (const part of signature.amounts) if (part.asset === asset) total = total.plus(decimal(part.amount));
  }
  return total;
}

/** The message that makes an allowance; all others are payments. */
export const ALLOWS = "Permit";
