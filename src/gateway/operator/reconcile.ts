import { type Instant, MINUTE } from "../../core/clock.ts";
import { type Decimal, sum, ZERO } from "../../core/decimal.ts";
import type { OrderProof } from "../../journal/entries.ts";
import { portfolioValue, priceOf } from "../../mandate/facts.ts";
import { type AssetId, splitAssetId } from "../../protocols/effects.ts";
import { movedDollars } from "../../protocols/hyperliquid/moved-dollars.ts";
import { GatewayError } from "../gateway-error.ts";
import type { WalletContext } from "../wallet-context.ts";
import type { StandingView } from "./orders.ts";
import { standingOf } from "./standing.ts";

export interface Acceptance {
  /** The hash of the standing that the operator was shown. */
  readonly seen: string;
  readonly why: string;
  readonly declare: boolean;
}

/**
 * Records that a person accepts what the chain says: its nonces and holdings go into the journal, and requests whose
 * outcome nobody can tell are closed with all that they took.
 *
 * @throws {GatewayError} STANDING_MOVED, PENDING_TRANSACTIONS, BAD_REQUEST
 */
export async function reconcile(
  wallet: WalletContext,
  { seen, why, declare }: Acceptance,
  order: OrderProof,
  now: Instant,
): Promise<{ readonly closed: readonly string[]; readonly moved_usd: Decimal }> {
  const standing = await standingOf(wallet);
  if (standing.hash !== seen) {
    throw new GatewayError("STANDING_MOVED", "what was shown is not what is any more", {
      remedy: "Look again: mandate reconcile FILE. Freeze the wallet first if it goes on moving.",
    });
  }
  const waiting = standing.chains.filter(({ chain_nonce, pending_nonce }) => pending_nonce !== chain_nonce);
  if (waiting.length > 0) {
    throw new GatewayError(
      "PENDING_TRANSACTIONS",
      `transactions of this key wait on ${waiting.map(({ chain }) => chain).join(", ")}`,
      { remedy: "Wait until they are mined or dropped, then look again." },
    );
  }
  // A message that is live moves when others like, and is settled on its own; one whose time is over and of which no node
  // tells whether it was used is closed by a person's word.
  const live = new Set(standing.signatures.filter(({ until }) => now <= until + MINUTE).map(({ key }) => key));
  const untold = new Set(standing.signatures.filter(({ key }) => !live.has(key)).map(({ key }) => key));
  const moving = standing.in_flight.filter(({ kind, key }) => kind !== "unresolved" && !live.has(key) && !untold.has(key));
  if (moving.length > 0) {
    throw new GatewayError("PENDING_TRANSACTIONS", `${moving.length} request is still being looked up`, {
      remedy: "Settle it first: looking again does that.",
    });
  }
  const closed = standing.in_flight.filter(({ kind, key }) => kind === "unresolved" || untold.has(key)).map(({ key }) => key);
  const moved_usd = declare ? await movedValue(wallet, standing, now) : ZERO;
  const body = {
    why,
    nonces: Object.fromEntries(standing.chains.map(({ chain, chain_nonce }) => [chain, chain_nonce])),
    holdings: standing.holdings.map(({ account, asset, chain }) => ({ account, asset, amount: chain.toFixed() })),
    allowances: standing.allowances
      .filter(({ chain }) => !chain.isZero())
      .map(({ owner, asset, spender, chain }) => ({ owner, asset, spender, amount: chain.toFixed() })),
    closed,
    moved_usd: moved_usd.toFixed(),
    order,
  };
  await wallet.commit([{ kind: "reconciled", body }], now);
  return { closed, moved_usd };
}

/** What the operator's own deposits and withdrawals are worth, of what counts in the portfolio's value. */
async function movedValue(wallet: WalletContext, { holdings }: StandingView, now: Instant): Promise<Decimal> {
  const { terms, exchanges } = wallet.parts;
  const prices = await wallet.reach(() => wallet.prices(now));
  const moved = holdings.flatMap(({ account, asset, journal, chain }) =>
    chain.eq(journal) ? [] : [{ account, asset: asset as AssetId, amount: chain.minus(journal) }],
  );
  const onChains = moved.filter(({ asset }) => !exchanges.has(splitAssetId(asset).chain));
  // As in the value itself: what has no feed is worth nothing, so a gift of it keeps nobody from declaring.
  const worth = onChains.length === 0 ? ZERO : portfolioValue(terms, { before: onChains }, prices);
  if (worth === null) throw noMark("something that moved has no price now");
  const coins = moved.filter(({ asset }) => isSpot(wallet, asset));
  return sum([
    worth,
    await movedAtExchanges(wallet),
    ...coins.map(({ asset, amount }) => {
      const price = priceOf(prices, asset);
      if (!price) throw noMark(`${asset} has no price now`);
      return amount.times(price.usd);
    }),
  ]);
}

/** At an exchange coins are moved in spot alone. Perpetuals are no money that could be; of dollars the ledger tells. */
function isSpot({ parts }: WalletContext, asset: AssetId): boolean {
  const { chain, symbol } = splitAssetId(asset);
  return parts.exchanges.get(chain)?.book.markets[symbol]?.kind === "spot";
}

/** Dollars that came and went since the account was valued. What trading made of them meanwhile is no move of anybody's. */
async function movedAtExchanges(wallet: WalletContext): Promise<Decimal> {
  const { valuedAt } = wallet.state;
  let total = ZERO;
  for (const rail of wallet.parts.exchanges.values()) {
    const ledger = await wallet.reach(() => rail.ledger(valuedAt, { anew: true }));
    for (const entry of ledger.filter(({ time }) => time > valuedAt)) {
      const moved = movedDollars(entry, rail.account);
      if (moved === null) throw noMark(`nobody can say what a ${JSON.stringify(entry.delta.type.slice(0, 40))} moved`);
      total = total.plus(moved);
    }
  }
  return total;
}

function noMark(why: string): GatewayError {
  return new GatewayError("BAD_REQUEST", `${why}, so the high-water mark cannot be moved by it`, {
    remedy: "Wait until it can be told, or accept without --declare.",
  });
}
