import { DAY, type Instant } from "../core/clock.ts";
import { type Decimal, decimal, max, ZERO } from "../core/decimal.ts";
import type { RequestState, WalletState } from "./fold-wallet.ts";
import { factOf } from "./request-history.ts";

/**
 * What would stand behind an exchange's positions had nothing been lost of it: the most that was at risk at one time, and
 * all that was put in after it, USD. Null: no request was of an exchange.
 *
 * It goes back a day, and at least to the last request that could open: what is lost after that one is lost though nothing
 * may be opened any more. What stood before the first of those stood at it too, so one request earlier is in it.
 */
export function marginStaked({ requests }: Pick<WalletState, "requests">, now: Instant): Decimal | null {
  let most: Decimal | null = null;
  let put = ZERO;
  let opened = false;
  for (const { reserved, settled, closedAt } of requests.where(hasMargin).values().toReversed()) {
    if (reserved.margin === undefined) continue;
    most = max(most ?? ZERO, decimal(reserved.margin.at_risk_usd).plus(put));
    if (!neverHappened(settled)) put = put.plus(decimal(reserved.margin.put_usd));
    opened ||= !decimal(reserved.at_worst.buys_usd).isZero();
    if (opened && closedAt !== null && closedAt <= now - DAY) break;
  }
  return most;
}

const hasMargin = factOf((requests) => requests.some(({ reserved }) => reserved.margin !== undefined));

/** What nobody answered may have been done, and of bytes that came twice the second are refused by their nonce. */
function neverHappened(settled: RequestState["settled"]): boolean {
  return settled?.outcome === "rejected" && !/nonce/i.test(settled.reason ?? "nonce");
}
