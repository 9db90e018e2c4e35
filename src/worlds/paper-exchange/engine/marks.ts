import { HOUR, SECOND } from "../../../core/clock.ts";
import type { BookSide } from "./book.ts";
import { divFloor, fixed, least, median, most, RATE_ONE, RATE_PLACES, showFixed, USD_PLACES } from "./fixed-point.ts";
import { type Account, emit, keep, leverageOf, type Market, nextHash, type PerpMarket, type State } from "./state.ts";

const DRIFT_MEMORY = BigInt(150 * SECOND);
const FUNDINGS_KEPT = 2_000;

export function midOf(market: Market): bigint | null {
  const [bid, ask] = [market.bids.best, market.asks.best];
  return bid === null || ask === null ? null : (bid.px + ask.px) / 2n;
}

/**
 * Moves the mark: the median of the oracle, the oracle with the smoothed distance of the mid, and the median of best
 * bid, best ask and last trade. One side of a book alone says nothing. Spot is marked at its mid, else its reference.
 */
export function updateMark(state: State, market: Market): void {
  const mid = midOf(market);
  const elapsed = BigInt(state.now - market.driftAt);
  market.driftAt = state.now;
  if (mid !== null && elapsed > 0n) {
    market.drift += divFloor((mid - market.oracle - market.drift) * elapsed, elapsed + DRIFT_MEMORY);
  }
  if (market.kind === "spot") market.mark = mid ?? market.oracle;
  else {
    const [bid, ask] = [market.bids.best?.px, market.asks.best?.px];
    const book = bid === undefined || ask === undefined ? market.oracle : median([bid, ask, market.last ?? (bid + ask) / 2n]);
    market.mark = most(1n, median([market.oracle, market.oracle + market.drift, book]));
  }
  if (mid !== null) market.candles.price(state.now, mid);
}

/** Counts the premium that stood since the last sample towards the hour's funding. */
export function samplePremium(state: State, market: PerpMarket): void {
  const elapsed = BigInt(state.now - market.premiumAt);
  if (elapsed <= 0n) return;
  market.premiumAt = state.now;
  market.premiumSum += premium(market) * elapsed;
  market.premiumFor += elapsed;
}

/** How far the impact prices are from the oracle, as a rate; zero inside the spread or where the book is too thin. */
export function premium(market: PerpMarket): bigint {
  const { bid, ask } = impactPrices(market);
  if (bid === null || ask === null) return 0n;
  const distance = most(0n, bid - market.oracle) - most(0n, market.oracle - ask);
  return divFloor(distance * RATE_ONE, market.oracle);
}

/** What selling and buying the impact notional would fetch on average. */
export function impactPrices(market: PerpMarket): { readonly bid: bigint | null; readonly ask: bigint | null } {
  return { bid: walk(market.bids, market.impactNotional), ask: walk(market.asks, market.impactNotional) };
}

function walk({ levels }: BookSide, notional: bigint): bigint | null {
  let [size, paid] = [0n, 0n];
  for (let i = levels.length - 1; i >= 0; i--) {
    const level = levels[i];
    if (level === undefined) break;
    const room = notional - paid;
    const offered = level.sz * level.px;
    if (offered >= room) return (notional * level.px) / (size * level.px + room);
    size += level.sz;
    paid += offered;
  }
  return null;
}

/** The rate of one hour, from the premium since the last: an eighth of premium plus clamped interest. */
export function fundingRate(state: State, market: PerpMarket): bigint {
  const average = market.premiumFor === 0n ? premium(market) : divFloor(market.premiumSum, market.premiumFor);
  const interest = fixed(state.switches.interestRate, RATE_PLACES);
  const band = RATE_ONE / 2_000n;
  const eight = average + most(-band, least(band, interest - average));
  const cap = fixed(state.switches.fundingCap, RATE_PLACES);
  return most(-cap, least(cap, divFloor(eight, 8n)));
}

/** Pays an hour's funding. What rounding leaves is the exchange's: who pays, pays up; who receives, receives down. */
export function payFunding(state: State): void {
  for (const market of state.markets.values()) {
    if (market.kind !== "perp") continue;
    samplePremium(state, market);
    const rate = fundingRate(state, market);
    const average = market.premiumFor === 0n ? 0n : divFloor(market.premiumSum, market.premiumFor);
    market.premiumSum = 0n;
    market.premiumFor = 0n;
    const shown = { coin: market.coin, fundingRate: showFixed(rate, RATE_PLACES), premium: showFixed(average, RATE_PLACES) };
    keep(market.fundings, { ...shown, time: state.now }, FUNDINGS_KEPT);
    if (rate !== 0n) for (const account of state.accounts.values()) payOne(state, account, market, rate);
  }
}

function payOne(state: State, account: Account, market: PerpMarket, rate: bigint): void {
  const position = account.positions.get(market.asset);
  if (position === undefined) return;
  const received = divFloor(-position.szi * market.oracle * rate, RATE_ONE);
  if (leverageOf(account, market).cross) account.usd += received;
  else position.raw += received;
  state.earned.usd -= received;
  position.fundingSinceOpen -= received;
  position.fundingSinceChange -= received;
  account.fundingAllTime.set(market.asset, (account.fundingAllTime.get(market.asset) ?? 0n) - received);
  if (account.kind === "house") return;
  const payment = {
    time: state.now,
    hash: nextHash(state),
    delta: {
      type: "funding" as const,
      coin: market.coin,
      usdc: showFixed(received, USD_PLACES),
      szi: showFixed(position.szi, market.szDecimals),
      fundingRate: showFixed(rate, RATE_PLACES),
      nSamples: null,
    },
  };
  keep(account.fundings, payment, FUNDINGS_KEPT);
  emit(state, { kind: "funding", account: account.address, payment });
}

/** The hour after an instant. */
export function nextHour(now: number): number {
  return (Math.floor(now / HOUR) + 1) * HOUR;
}
