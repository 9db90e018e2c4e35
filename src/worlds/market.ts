import { Decimal, decimal, ONE } from "../core/decimal.ts";
import { normal, seededRandom } from "../core/random.ts";

/** Decimal places of a true price. */
export const PRICE_PLACES = 8;

const YEAR_MS = 365 * 24 * 3_600_000;
const LEAST_PRICE = new Decimal(10).pow(-PRICE_PLACES);

/** Something that happens to a price, whatever chance does. */
export interface ScenarioStep {
  /** Milliseconds after the world's start. It shows at the first tick that is not before it. */
  readonly at: number;
  readonly asset: string;
  /** Relative: "+0.12" is 12 % up. More than -1. */
  readonly change: string;
  /** Spread evenly (in logarithm) over so many milliseconds; left out, it is a jump. */
  readonly over?: number;
}

export interface MarketAsset {
  /** USD at the start. */
  readonly price: string;
  /** Standard deviation of a year's log return; 0 moves by the scenario alone. */
  readonly annualVolatility: number;
}

export interface MarketProcess {
  readonly seed: string;
  readonly assets: Readonly<Record<string, MarketAsset>>;
  readonly scenario: readonly ScenarioStep[];
  /** Milliseconds between two ticks. */
  readonly period: number;
}

export interface MarketState {
  /** Ticks made so far; tick n is at n periods after the start. */
  readonly tick: number;
  /** USD, at most {@link PRICE_PLACES} places, never zero. */
  readonly prices: Readonly<Record<string, Decimal>>;
}

export function startMarket({ assets }: MarketProcess): MarketState {
  const prices = Object.entries(assets).map(([symbol, { price }]) => [symbol, truePrice(decimal(price))] as const);
  return { tick: 0, prices: Object.fromEntries(prices) };
}

/**
 * The next tick: geometric Brownian motion without drift in the mean, times what the scenario says. Pure: the same
 * process and state give the same prices, and no asset's chance depends on which others there are.
 */
export function stepMarket(market: MarketProcess, state: MarketState): MarketState {
  const tick = state.tick + 1;
  const prices = Object.entries(state.prices).map(([symbol, price]) => {
    const factor = chance(market, symbol, tick) * scripted(market, symbol, tick);
    return [symbol, factor === 1 ? price : truePrice(price.times(factor))] as const;
  });
  return { tick, prices: Object.fromEntries(prices) };
}

/** The same market with one price put by hand; chance goes on from there. */
export function withPrice(state: MarketState, symbol: string, price: Decimal): MarketState {
  return { ...state, prices: { ...state.prices, [symbol]: truePrice(price) } };
}

function truePrice(price: Decimal): Decimal {
  return Decimal.max(price.toDecimalPlaces(PRICE_PLACES), LEAST_PRICE);
}

function chance({ seed, assets, period }: MarketProcess, symbol: string, tick: number): number {
  const volatility = assets[symbol]?.annualVolatility ?? 0;
  if (volatility === 0) return 1;
  const years = period / YEAR_MS;
  const z = normal(seededRandom(`${seed}:price:${symbol}:${tick}`));
  return Math.exp(volatility * Math.sqrt(years) * z - (volatility * volatility * years) / 2);
}

function scripted({ scenario, period }: MarketProcess, symbol: string, tick: number): number {
  const from = (tick - 1) * period;
  const to = tick * period;
  let factor = 1;
  for (const { at, asset, change, over } of scenario) {
    if (asset !== symbol) continue;
    const whole = ONE.plus(decimal(change.replace(/^\+/, ""))).toNumber();
    if (over === undefined || over === 0) {
      const now = at <= to && (at > from || (tick === 1 && at <= 0));
      if (now) factor *= whole;
    } else {
      const share = (Math.min(to, at + over) - Math.max(from, at)) / over;
      if (share > 0) factor *= whole ** share;
    }
  }
  return factor;
}
