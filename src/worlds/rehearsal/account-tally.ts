import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { Exchange } from "../paper-exchange/engine/exchange.ts";

/** What an account's trading came to at the exchange, as the exchange booked it. USD. */
export interface AccountFigures {
  readonly fills: number;
  /** Traded in all. */
  readonly turnover_usd: Decimal;
  readonly fees_usd: Decimal;
  /** Paid in all; negative where the account was paid. */
  readonly funding_usd: Decimal;
  readonly liquidations: number;
}

const NOTHING: AccountFigures = {
  fills: 0,
  turnover_usd: ZERO,
  fees_usd: ZERO,
  funding_usd: ZERO,
  liquidations: 0,
};

/** Counts every fill and funding payment of every account as it happens: the exchange itself keeps the last ones alone. */
export class AccountTally {
  readonly #figures = new Map<Address, AccountFigures>();

  constructor(exchange: Pick<Exchange, "on">) {
    exchange.on((event) => {
      if (event.kind === "fill") {
        const { px, sz, fee, feeToken, liquidation } = event.fill;
        const { account } = event;
        const before = this.of(account);
        const price = decimal(px);
        this.#figures.set(account, {
          ...before,
          fills: before.fills + 1,
          turnover_usd: before.turnover_usd.plus(price.times(sz)),
          // A fee in the token that was bought is worth what was paid for it.
          fees_usd: before.fees_usd.plus(feeToken === "USDC" ? decimal(fee) : price.times(fee)),
          liquidations: before.liquidations + (liquidation?.liquidatedUser === account ? 1 : 0),
        });
      }
      if (event.kind === "funding") {
        const before = this.of(event.account);
        this.#figures.set(event.account, { ...before, funding_usd: before.funding_usd.minus(event.payment.delta.usdc) });
      }
    });
  }

  of(account: Address): AccountFigures {
    return this.#figures.get(account) ?? NOTHING;
  }
}
