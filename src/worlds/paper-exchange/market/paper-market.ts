import type { Instant } from "../../../core/clock.ts";
import { InvariantError } from "../../../core/errors.ts";
import type { Address } from "../../../core/hex.ts";
import { type Json, sha256 } from "../../../core/json.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import type { Exchange } from "../engine/exchange.ts";
import { fixed, showFixed } from "../engine/fixed-point.ts";
import { toGrid } from "../engine/price-grid.ts";
import type { MarketSource, Picture } from "./source.ts";

/** What each maker and taker of the market's own begins with: enough that no size asked of them is too much. */
const HOUSE_USD = "1000000000000";
const HOUSE_USDC = "1000000000000";
const LEAST_USD = 12;

interface Traded {
  readonly coin: string;
  readonly asset: number;
  readonly szDecimals: number;
  readonly pxPlaces: number;
  readonly base: string | null;
}

/**
 * The people of an exchange that nobody rehearses: makers whose quotes follow a source, and takers without an opinion.
 * They are accounts with orders in the real book; what a user leaves in their way they take.
 */
export class PaperMarket {
  readonly #exchange: Exchange;
  readonly #source: MarketSource;
  readonly #markets: readonly Traded[];

  constructor(exchange: Exchange, source: MarketSource) {
    this.#exchange = exchange;
    this.#source = source;
    this.#markets = tradedOn(exchange);
    for (const market of this.#markets) for (const role of ["maker", "taker"] as const) this.#open(market, role);
  }

  /** Brings the exchange to `to`: time first, then new quotes, then flow, then the oracle and what follows from it. */
  step(to: Instant): void {
    const exchange = this.#exchange;
    exchange.advance(to);
    const pictures = this.#source.at(to);
    const oracles: Record<string, string> = {};
    for (const market of this.#markets) {
      const picture = pictures.get(market.coin);
      if (picture === undefined) continue;
      this.#quote(market, picture);
      this.#flow(market, picture);
      oracles[market.coin] = text(picture.oracle, market.pxPlaces);
    }
    exchange.setOracles(oracles);
  }

  /** What the source needs to go on; the accounts are the exchange's to save. */
  save(): Json {
    return this.#source.save();
  }

  load(saved: Json): void {
    this.#source.load(saved);
  }

  #open({ coin, asset, base }: Traded, role: "maker" | "taker"): void {
    const address = houseAddress(coin, role);
    if (this.#exchange.exists(address)) return;
    this.#exchange.openHouse(address);
    this.#exchange.deposit(address, HOUSE_USD);
    if (base === null) {
      this.#exchange.updateLeverage(address, asset, true, 1);
      return;
    }
    this.#exchange.depositToken(address, "USDC", HOUSE_USDC);
    this.#exchange.depositToken(address, base, HOUSE_USDC);
  }

  #quote(market: Traded, { bids, asks }: Picture): void {
    const maker = houseAddress(market.coin, "maker");
    const old = this.#exchange.openOrders(maker);
    if (old.length > 0)
      this.#exchange.cancel(
        maker,
        old.map(({ oid }) => ({ a: market.asset, o: oid })),
      );
    const orders = [
      ...bids.flatMap(({ px, sz }) => orderAt(market, true, px, sz, "Gtc")),
      ...asks.flatMap(({ px, sz }) => orderAt(market, false, px, sz, "Gtc")),
    ];
    if (orders.length > 0) this.#exchange.order(maker, orders);
  }

  #flow(market: Traded, { flow, bids, asks }: Picture): void {
    const best = flow > 0 ? asks[0] : bids[0];
    if (flow === 0 || best === undefined) return;
    const px = best.px * (flow > 0 ? 1.05 : 0.95);
    const orders = orderAt(market, flow > 0, px, Math.abs(flow), "Ioc");
    if (orders.length > 0) this.#exchange.order(houseAddress(market.coin, "taker"), orders);
  }
}

/** The account of a market's maker or taker. */
export function houseAddress(coin: string, role: "maker" | "taker"): Address {
  return `0x${sha256(`house:${role}:${coin}`).slice(0, 40)}`;
}

function orderAt(
  { asset, szDecimals, pxPlaces }: Traded,
  isBuy: boolean,
  px: number,
  sz: number,
  tif: "Gtc" | "Ioc",
): readonly WireOrder[] {
  if (px * sz < LEAST_USD) return [];
  const price = toGrid(fixed(text(px, pxPlaces), pxPlaces), pxPlaces, isBuy ? "down" : "up");
  const size = fixed(text(sz, szDecimals), szDecimals);
  if (size <= 0n) return [];
  return [{ a: asset, b: isBuy, p: showFixed(price, pxPlaces), s: showFixed(size, szDecimals), r: false, t: { limit: { tif } } }];
}

function text(value: number, places: number): string {
  if (!Number.isFinite(value) || value <= 0 || value >= 1e15) throw new InvariantError(`${value} is no price or size`);
  return value.toFixed(places);
}

function tradedOn(exchange: Exchange): readonly Traded[] {
  const perps = exchange.perpMeta().universe.map(({ name, szDecimals }, asset) => ({
    coin: name,
    asset,
    szDecimals,
    pxPlaces: 6 - szDecimals,
    base: null,
  }));
  const { universe, tokens } = exchange.spotMeta();
  const spots = universe.flatMap(({ name, index, tokens: [base] }) => {
    const token = tokens[base];
    if (token === undefined) return [];
    const { szDecimals } = token;
    return [{ coin: name, asset: 10_000 + index, szDecimals, pxPlaces: 8 - szDecimals, base: token.name }];
  });
  return [...perps, ...spots];
}
