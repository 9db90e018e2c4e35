import type { ChainBook } from "./book.ts";

/** The symbol whose feed prices another: the native coin's, what a vault's shares redeem, else its own. */
export function pricedAs({ native, assets }: Pick<ChainBook, "native" | "assets">, symbol: string): string {
  return symbol === native.symbol ? native.priced_as : (assets[symbol]?.of ?? symbol);
}
