import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { LedgerUpdates } from "./info-schemas.ts";

/** What goes from one account to another, or between one's own pockets. */
const BETWEEN = ["internalTransfer", "subAccountTransfer", "send", "spotTransfer"];
const A_HUNDREDTH = decimal("0.01");
/** What moves no dollars in or out, or is what trading brought. */
const WITHIN = ["accountClassTransfer", "liquidation", "rewardsClaim"];

/**
 * Dollars that an entry of an account's ledger brought in or took out, signed, fees included. Of tokens that are no dollars
 * none: what they are worth is the word of whoever trades them. Null: nobody can say.
 */
export function movedDollars({ delta }: LedgerUpdates[number], account: Address): Decimal | null {
  const { type, token } = delta;
  if (WITHIN.includes(type)) return ZERO;
  if (BETWEEN.includes(type) && token !== undefined && !isDollars(delta)) return ZERO;
  const usdc = amountOf(token === undefined ? delta.usdc : delta.amount);
  const fee = amountOf(delta.fee ?? "0");
  if (usdc === null || fee === null) return null;
  if (type === "deposit") return usdc;
  if (type === "withdraw") return usdc.plus(fee).negated();
  if (!BETWEEN.includes(type) || typeof delta.user !== "string" || typeof delta.destination !== "string") return null;
  const own = account.toLowerCase();
  const [from, to] = [delta.user.toLowerCase() === own, delta.destination.toLowerCase() === own];
  if (from === to) return ZERO;
  return to ? usdc : usdc.plus(fee).negated();
}

/** A name is whatever a token's deployer likes; what a dollar is worth is a dollar. */
function isDollars({ token, amount, usdcValue }: LedgerUpdates[number]["delta"]): boolean {
  const [units, usd] = [amountOf(amount), amountOf(usdcValue ?? amount)];
  return token === "USDC" && (units === null || usd === null || units.minus(usd).abs().lte(units.times(A_HUNDREDTH)));
}

function amountOf(value: unknown): Decimal | null {
  return typeof value === "string" && /^\d{1,30}(\.\d{1,18})?$/.test(value) ? decimal(value) : null;
}
