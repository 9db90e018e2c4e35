import { MandateError } from "../../core/errors.ts";
import { signedBy } from "../../gateway/operator/operator-key.ts";
import { readOrder } from "../../gateway/operator/orders.ts";
import type { OrderProof, WalletEntry } from "../../journal/entries.ts";
import type { WalletState } from "../../journal/fold-wallet.ts";

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
