import { UsageError } from "../../../core/errors.ts";
import { BookSide } from "./book.ts";
import { CandleStore } from "./candle-store.ts";
import { fixed, pow10, RATE_PLACES, USD_PLACES } from "./fixed-point.ts";
import { BACKSTOP, type Market, newAccount, type PerpMarket, type State, type Token } from "./state.ts";
import type { ExchangeConfig, FeeTier, PerpConfig, SpotConfig, Switches } from "./types.ts";

export const DEFAULT_SWITCHES: Switches = {
  reduceOnlyMinimum: "whole-close-exempt",
  spotBuyFee: "base",
  oracleBand: "0.8",
  triggerSlippage: "0.1",
  liquidationSlippage: "0.1",
  partialLiquidationAbove: "100000",
  interestRate: "0.0001",
  fundingCap: "0.04",
  withdrawalFee: "1",
  scheduleCancelVolume: "1000000",
};

/** The base tier is the venue's; what higher tiers pay is for the world to say. */
export const DEFAULT_FEES: readonly FeeTier[] = [
  { volume: "0", taker: "0.00045", maker: "0.00015", spotTaker: "0.0007", spotMaker: "0.0004" },
];

const USDC = { name: "USDC", szDecimals: 8, weiDecimals: 8 };
const SPOT_ASSETS = 10_000;

/** An exchange on which nothing has happened yet. */
export function buildState(config: ExchangeConfig): State {
  const switches = { ...DEFAULT_SWITCHES, ...config.switches };
  const tokens: readonly Token[] = [USDC, ...(config.tokens ?? [])].map((token, index) => ({ ...token, index }));
  const markets = new Map<number, Market>();
  for (const [asset, perp] of config.perps.entries()) markets.set(asset, perpMarket(config, asset, perp));
  for (const spot of config.spots ?? []) markets.set(SPOT_ASSETS + spot.index, spotMarket(config, tokens, spot));
  const byCoin = new Map([...markets.values()].map((market) => [market.coin, market]));
  if (byCoin.size !== markets.size) throw new UsageError("two markets of the exchange have one name");
  const insurance = fixed(config.insurance ?? "10000000", USD_PLACES);
  const backstop = newAccount(BACKSTOP, "backstop");
  backstop.usd = insurance;
  return {
    config,
    switches,
    tokens,
    markets,
    byCoin,
    accounts: new Map([[BACKSTOP, backstop]]),
    feeTiers: (config.fees ?? DEFAULT_FEES).map(({ volume, taker, maker, spotTaker, spotMaker }) => ({
      volume: fixed(volume, USD_PLACES),
      taker: fixed(taker, RATE_PLACES),
      maker: fixed(maker, RATE_PLACES),
      spotTaker: fixed(spotTaker, RATE_PLACES),
      spotMaker: fixed(spotMaker, RATE_PLACES),
    })),
    earned: { usd: 0n, spot: new Map() },
    badDebt: 0n,
    external: new Map([[0, insurance * 100n]]),
    now: config.start,
    nextOid: 1_000,
    nextTid: 1,
    sequence: 0,
    listeners: [],
  };
}

function common(config: ExchangeConfig, asset: number, coin: string, szDecimals: number, pxPlaces: number, price: string) {
  const px = fixed(price, pxPlaces);
  if (px <= 0n) throw new UsageError(`the price of ${coin} must be more than zero`);
  return {
    asset,
    coin,
    szDecimals,
    pxPlaces,
    bids: new BookSide(true),
    asks: new BookSide(false),
    oracle: px,
    mark: px,
    last: null,
    drift: 0n,
    driftAt: config.start,
    triggers: new Map(),
    trades: [],
    candles: new CandleStore(),
    changed: false,
  };
}

function perpMarket(config: ExchangeConfig, asset: number, perp: PerpConfig): PerpMarket {
  const tiers: PerpMarket["tiers"][number][] = [];
  let deduction = 0n;
  for (const { lowerBound, maxLeverage } of perp.tiers ?? [{ lowerBound: "0", maxLeverage: perp.maxLeverage }]) {
    const from = fixed(lowerBound, USD_PLACES);
    const leverage = BigInt(maxLeverage);
    const last = tiers[tiers.length - 1];
    if (last === undefined ? from !== 0n : from <= last.from || leverage >= last.leverage) {
      throw new UsageError(`the margin tiers of ${perp.coin} must begin at 0 and allow less and less leverage`);
    }
    if (last !== undefined) deduction += from / (2n * leverage) - from / (2n * last.leverage);
    tiers.push({ from, leverage, deduction, shown: maxLeverage });
  }
  return {
    ...common(config, asset, perp.coin, perp.szDecimals, 6 - perp.szDecimals, perp.oracle),
    kind: "perp",
    config: perp,
    tiers,
    impactNotional: fixed(perp.impactNotional ?? "6000", USD_PLACES),
    cap: perp.openInterestCap === undefined ? null : fixed(perp.openInterestCap, USD_PLACES),
    openInterest: 0n,
    premiumSum: 0n,
    premiumFor: 0n,
    premiumAt: config.start,
    fundings: [],
  };
}

function spotMarket(config: ExchangeConfig, tokens: readonly Token[], spot: SpotConfig): Market {
  const base = tokens.find(({ name }) => name === spot.base);
  if (base === undefined) throw new UsageError(`${spot.coin} trades ${spot.base}, which is no token`);
  return {
    ...common(config, SPOT_ASSETS + spot.index, spot.coin, base.szDecimals, 8 - base.szDecimals, spot.reference),
    kind: "spot",
    config: spot,
    base: base.index,
    quote: 0,
    baseUnit: pow10(base.weiDecimals - base.szDecimals),
  };
}
