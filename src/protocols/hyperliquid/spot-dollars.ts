import { type Decimal, ZERO } from "../../core/decimal.ts";
import type { SpotState } from "./info-schemas.ts";

/** The number of the token that dollars are. Its name is no proof: any token may bear it. */
const DOLLARS = 0;

/** What an account has in dollars in spot, and how much of that resting orders keep. */
export function spotDollars({ balances }: SpotState): { readonly total: Decimal; readonly hold: Decimal } {
  const isDollars = ({ coin, token }: SpotState["balances"][number]) =>
    token === undefined ? coin === "USDC" : token === DOLLARS;
  return balances.find(isDollars) ?? { total: ZERO, hold: ZERO };
}
