import type { Terms } from "../mandate/terms.ts";
import type { WalletId } from "./contract.ts";

/** By what name the journal and the gateway know a mandate's wallet. */
export function walletId({ accounts }: Pick<Terms, "accounts">): WalletId {
  return `wallet:${accounts.wallet}`;
}
