import type { Mandate } from "./terms.ts";

/** Whether a network's money is worth something: all but a world's, and that of an exchange's own testnet. */
export function isRealMoney({ terms, rehearsal }: Pick<Mandate, "terms" | "rehearsal">): boolean {
  if (rehearsal) return false;
  const exchanges = Object.values(terms.book.exchanges);
  const chains = Object.keys(terms.book.chains).length;
  return chains > 0 || exchanges.length === 0 || exchanges.some(({ network }) => network !== "testnet");
}
