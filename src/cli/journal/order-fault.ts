import type { Instant } from "../../core/clock.ts";
import { MandateError } from "../../core/errors.ts";
import { firstLiveFault } from "../../gateway/operator/first-live.ts";
import { signedBy } from "../../gateway/operator/operator-key.ts";
import { readOrder } from "../../gateway/operator/orders.ts";
import type { OrderProof, WalletEntry } from "../../journal/entries.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";
import { isRealMoneyBook } from "../../mandate/real-money.ts";
import { termsFromJson } from "../../mandate/terms-json.ts";

/** Entries that only a person can have ordered. */
const ORDERED: readonly WalletEntry["kind"][] = ["answered", "amended", "reconciled"];

/** What is wrong with the operator's order that an entry says it came of; null: nothing, or it came of none. */
export function orderFault({ operator, orders }: WalletState, { kind, body }: WalletEntry): string | null {
  const order = (body as { readonly order?: OrderProof }).order;
  if (order === undefined) return ORDERED.includes(kind) ? "no operator ordered it" : null;
  if (operator === null || !signedBy(operator, order.text, order.signature)) return "its order is not the operator's";
  try {
    const { number } = readOrder(order.text);
    return number === orders + 1 ? null : `its order bears number ${number}, not ${orders + 1}`;
  } catch (error) {
    if (error instanceof MandateError) return error.message;
    throw error;
  }
}

/**
 * What is wrong with the start of a wallet with real money, from the entry after its pinned terms (null: there is none);
 * null: nothing, or it is no such start. That entry is the operator's order to go live under exactly these terms.
 */
export function firstStartFault(
  { seq, pinned }: Pick<WalletState, "seq" | "pinned">,
  wallet: string,
  next: { readonly entry: WalletEntry; readonly at: Instant } | null,
): string | null {
  const goLive = next?.entry.kind === "operator" ? next.entry.body.go_live : undefined;
  if (pinned === null || seq !== 1) return goLive === undefined ? null : "a wallet goes live with its first terms and not again";
  if (!isRealMoneyBook(termsFromJson(pinned.terms).book)) return null;
  if (next?.entry.kind !== "operator" || goLive === undefined) return "no operator ordered the first start with real money";
  const { key: operator } = next.entry.body;
  const fault = firstLiveFault(goLive, { operator, wallet, terms: pinned.terms_hash, at: next.at });
  return fault === null ? null : `its order to go live does not hold: ${fault}`;
}
