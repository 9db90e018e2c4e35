import type { Book } from "./book.ts";
import type { Mandate } from "./terms.ts";

/** Whether a network's money is worth something: all but a world's, and that of an exchange's own testnet. */
export function isRealMoney({ terms, rehearsal }: Pick<Mandate, "terms" | "rehearsal">): boolean {
  return !rehearsal && isRealMoneyBook(terms.book);
}

/** The same of terms alone, as they are pinned: a network is a world's as a whole or not at all. */
export function isRealMoneyBook(book: Book): boolean {
  const [chains, exchanges] = [Object.values(book.chains), Object.values(book.exchanges)];
  if (chains.length + exchanges.length === 0) return true;
  return (
    chains.some(({ rpc }) => rpc !== "world") || exchanges.some(({ api, network }) => api !== "world" && network !== "testnet")
  );
}
