import { type Address, lower } from "../../core/hex.ts";
import type { LedgerUpdates } from "./info-schemas.ts";

/** What only ever brings something to the account whose ledger tells of it. */
const BRINGS = ["deposit", "rewardsClaim", "vaultDistribution", "vaultWithdraw"];
/** What goes from one account to another: both ledgers tell of it in the same words. */
const MOVES = ["internalTransfer", "spotTransfer", "subAccountTransfer", "send"];

/** Whether an entry of an account's ledger brought it something and took nothing. */
export function isIncoming({ delta }: LedgerUpdates[number], account: Address): boolean {
  const { type, user, destination } = delta;
  if (BRINGS.includes(type)) return true;
  if (!MOVES.includes(type) || typeof user !== "string" || typeof destination !== "string") return false;
  return lower(destination as Address) === lower(account) && lower(user as Address) !== lower(account);
}
