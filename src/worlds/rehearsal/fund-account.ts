import { type Decimal, ZERO } from "../../core/decimal.ts";
import { InvariantError } from "../../core/errors.ts";
import type { Address } from "../../core/hex.ts";
import type { Exchange } from "../paper-exchange/engine/exchange.ts";

/** What an account begins with, in USD, by class. */
export interface PaperFunds {
  readonly perp: Decimal;
  readonly spot: Decimal;
}

/** Pays an account in at a paper exchange, and moves what belongs to spot there. */
export function fundAccount(
  exchange: Pick<Exchange, "deposit" | "usdClassTransfer">,
  account: Address,
  { perp, spot }: PaperFunds,
): void {
  const paid = exchange.deposit(account, perp.plus(spot).toFixed());
  if (!paid.ok) throw new InvariantError(`the account was not funded: ${paid.error}`);
  if (spot.lte(ZERO)) return;
  const moved = exchange.usdClassTransfer(account, spot.toFixed(), false);
  if (!moved.ok) throw new InvariantError(`the account's spot was not funded: ${moved.error}`);
}
