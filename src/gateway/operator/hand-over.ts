import type { Instant } from "../../core/clock.ts";
import type { Hash } from "../../core/hex.ts";
import type { OrderProof } from "../../journal/entries.ts";
import { GatewayError } from "../gateway-error.ts";
import type { WalletContext } from "../wallet-context.ts";
import { operatorKeyHash, signedBy } from "./operator-key.ts";
import { handoverText } from "./orders.ts";

export interface Handover {
  /** The new operator's public key. */
  readonly to: string;
  /** Its signature, which shows that somebody has the key. */
  readonly consent: string;
  readonly journal: Hash;
}

/**
 * Records that another key's orders hold from here on. What the one before has ordered stands.
 *
 * @throws {GatewayError} PROOF_INVALID
 */
export async function handOver(
  wallet: WalletContext,
  { to, consent, journal }: Handover,
  order: OrderProof,
  now: Instant,
): Promise<void> {
  const text = handoverText({ wallet: wallet.parts.wallet, journal }, wallet.state.operator ?? "", to);
  if (!signedBy(to, text, consent)) {
    throw new GatewayError("PROOF_INVALID", "the new key has not agreed to this handover", {
      remedy: "Hand over with both key files at hand: mandate keys hand-over FILE --operator-key OLD --to NEW",
    });
  }
  await wallet.commit([{ kind: "operator", body: { key: to, key_hash: operatorKeyHash(to), order } }], now);
  // The copy beside the journal names the operator too.
  wallet.parts.onAmended(wallet.parts.terms);
}
