import { InvariantError } from "../../../core/errors.ts";
import type { State } from "./state.ts";

/** Millionths of a dollar are a hundred wei of USDC. */
const WEI_PER_MILLIONTH = 100n;

/**
 * Holds the whole exchange to what must add up: what all accounts have in dollars, what the exchange has earned and
 * what nobody could pay is what was deposited less what was withdrawn; the same for each token; and each perpetual's
 * positions sum to zero. Then what all accounts are worth is that sum too, at whatever mark.
 *
 * @throws {InvariantError}
 */
export function audit(state: State): void {
  const tokens = new Map<number, bigint>([[0, (state.earned.usd + state.badDebt) * WEI_PER_MILLIONTH]]);
  const add = (token: number, amount: bigint) => tokens.set(token, (tokens.get(token) ?? 0n) + amount);
  const sizes = new Map<number, bigint>();
  const open = new Map<number, bigint>();
  for (const account of state.accounts.values()) {
    add(0, account.usd * WEI_PER_MILLIONTH);
    for (const [asset, { szi, raw }] of account.positions) {
      add(0, raw * WEI_PER_MILLIONTH);
      sizes.set(asset, (sizes.get(asset) ?? 0n) + szi);
      if (szi > 0n) open.set(asset, (open.get(asset) ?? 0n) + szi);
    }
    for (const [token, { total, hold }] of account.spot) {
      add(token, total);
      if (total < hold || hold < 0n) throw new InvariantError(`${account.address} holds less of token ${token} than it owes`);
    }
  }
  for (const [token, amount] of state.earned.spot) add(token, amount);
  for (const [token, amount] of tokens) {
    const external = state.external.get(token) ?? 0n;
    if (amount !== external) throw new InvariantError(`token ${token} does not add up: ${amount} instead of ${external}`);
  }
  for (const market of state.markets.values()) {
    const [bid, ask] = [market.bids.best, market.asks.best];
    if (bid !== null && ask !== null && bid.px >= ask.px) throw new InvariantError(`the book of ${market.coin} is crossed`);
    if (market.kind !== "perp") continue;
    const sum = sizes.get(market.asset) ?? 0n;
    if (sum !== 0n) throw new InvariantError(`the positions in ${market.coin} sum to ${sum}`);
    if ((open.get(market.asset) ?? 0n) !== market.openInterest)
      throw new InvariantError(`open interest of ${market.coin} is off`);
  }
}
