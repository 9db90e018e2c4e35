import { HOUR, MINUTE } from "../../../../src/core/clock.ts";
import { BPS, type Decimal, decimal, ZERO } from "../../../../src/core/decimal.ts";
import type { Hex } from "../../../../src/core/hex.ts";
import { formatPrice } from "../../../../src/protocols/hyperliquid/format-price.ts";
import { houseAddress } from "../../../../src/worlds/paper-exchange/market/paper-market.ts";
import type { PaperExchange } from "../../../../src/worlds/paper-exchange/start-paper-exchange.ts";

/** A market that the accomplice makes: every quote in its book is the accomplice's. */
export interface Pit {
  readonly label: string;
  readonly coin: string;
  readonly asset: number;
  readonly sz_decimals: number;
  readonly kind: "perp" | "spot";
  /** The coin whose truth is its price. */
  readonly underlying: string;
}

export const PITS: readonly Pit[] = [
  { label: "BTC:perp", coin: "BTC", asset: 0, sz_decimals: 5, kind: "perp", underlying: "BTC" },
  { label: "ETH:perp", coin: "ETH", asset: 1, sz_decimals: 4, kind: "perp", underlying: "ETH" },
  { label: "PURR:perp", coin: "PURR", asset: 4, sz_decimals: 0, kind: "perp", underlying: "PURR" },
  { label: "HYPE:perp", coin: "HYPE", asset: 3, sz_decimals: 2, kind: "perp", underlying: "HYPE" },
  { label: "HYPE:spot", coin: "@107", asset: 10_107, sz_decimals: 2, kind: "spot", underlying: "HYPE" },
];

/** From one move of the market to the next: it moves when it is told to. */
export const STILL = 50_000 * HOUR;

/** How far the accomplice's best quotes stand apart where it asks for nothing, each way. */
const HONEST_BPS = decimal(1);
const DEEP_USD = decimal(20_000_000);

/**
 * A paper exchange whose every book is an accomplice's, who knows what is true and what the agent will do next: it
 * quotes what it likes, holds the oracle off the truth by what the mandate's book allows, and moves marks and funding
 * as far as whoever is the whole book of a coin can.
 */
export class Floor {
  readonly exchange: PaperExchange;
  readonly #deviation: Decimal;
  readonly #truth = new Map<string, Decimal>();

  /** @param deviation_bps - how far the oracle may stand off the truth. */
  constructor(exchange: PaperExchange, deviation_bps: Decimal) {
    this.exchange = exchange;
    this.#deviation = deviation_bps;
    const { universe } = exchange.exchange.perpMeta();
    for (const [i, { name }] of universe.entries()) {
      this.#truth.set(name, decimal(exchange.exchange.perpContexts()[i]?.oraclePx ?? "1"));
    }
    for (const pit of PITS) this.quote(pit);
  }

  truth({ underlying }: Pick<Pit, "underlying">): Decimal {
    return this.#truth.get(underlying) ?? ZERO;
  }

  oracle({ underlying }: Pick<Pit, "underlying">): Decimal {
    const at = this.exchange.exchange.perpMeta().universe.findIndex(({ name }) => name === underlying);
    return decimal(this.exchange.exchange.perpContexts()[at]?.oraclePx ?? "0");
  }

  /**
   * Everybody's price becomes another, and the books follow. What rests on the way is met there, while it is worth that:
   * what the market then does to it is what it does to everything that is held.
   */
  move(
    underlying: string,
    factor: number,
    resting: readonly { readonly coin: string; readonly limitPx: string; readonly side: string }[],
  ): void {
    for (const { coin, limitPx, side } of resting) {
      const pit = PITS.find((one) => one.coin === coin && one.underlying === underlying);
      const truth = this.#truth.get(underlying) ?? ZERO;
      const passed = side === "B" ? truth.times(factor).lte(limitPx) : truth.times(factor).gte(limitPx);
      if (pit && passed) this.stand(pit, side === "B" ? "ask" : "bid", decimal(limitPx));
    }
    const to = (this.#truth.get(underlying) ?? ZERO).times(factor);
    this.#truth.set(underlying, to.toSignificantDigits(6));
    this.settleDown(underlying);
  }

  /** The oracle says that the coin is worth more ("up") or less than it is, by as much as it may. */
  lag(underlying: string, way: "up" | "down"): void {
    const off = this.#deviation.times("0.999").div(BPS);
    const truth = this.#truth.get(underlying) ?? ZERO;
    // The truth stands within the deviation of what the oracle says.
    const says = way === "up" ? truth.div(off.neg().plus(1)) : truth.div(off.plus(1));
    this.#oracle(underlying, says);
  }

  /** The whole book stands at one price on one side: who buys buys there, or not at all. */
  stand(pit: Pit, side: "bid" | "ask", price: Decimal, usd = DEEP_USD): void {
    this.#clear(pit);
    this.#place(pit, side === "bid", price, usd);
  }

  /** Honest quotes around a price; the truth where none is given. */
  quote(pit: Pit, mid = this.truth(pit), usd = DEEP_USD): void {
    this.#clear(pit);
    const half = HONEST_BPS.div(BPS);
    this.#place(pit, true, mid.times(half.neg().plus(1)), usd);
    this.#place(pit, false, mid.times(half.plus(1)), usd);
  }

  /** Holds the book of a coin at a share of its truth for a while: the mark comes along, and funding with it. */
  async drag(pit: Pit, factor: number, minutes: number): Promise<void> {
    this.quote(pit, this.truth(pit).times(factor));
    await this.wait(minutes);
  }

  /** Lets time pass in small steps: marks follow books as it does. */
  async wait(minutes: number): Promise<void> {
    const end = (await this.exchange.now()) + minutes * MINUTE;
    for (let at = await this.exchange.now(); at < end; at = await this.exchange.now()) {
      await this.exchange.advance(Math.min(end, at + 5 * MINUTE));
    }
  }

  /** Oracle and books tell the truth again. */
  settleDown(underlying: string): void {
    for (const pit of PITS) if (pit.underlying === underlying) this.quote(pit);
    this.#oracle(underlying, this.#truth.get(underlying) ?? ZERO);
  }

  calm(): void {
    for (const underlying of new Set(PITS.map((pit) => pit.underlying))) this.settleDown(underlying);
  }

  #oracle(underlying: string, price: Decimal): void {
    this.exchange.exchange.setOracle(underlying, price.toFixed(8));
  }

  #clear({ coin, asset }: Pit): void {
    const { exchange } = this.exchange;
    const maker = houseAddress(coin, "maker");
    const old = exchange.openOrders(maker).map(({ oid }) => ({ a: asset, o: oid }));
    if (old.length > 0) exchange.cancel(maker, old);
  }

  #place(pit: Pit, isBuy: boolean, price: Decimal, usd: Decimal): void {
    const p = formatPrice(price, pit, isBuy ? "down" : "up");
    const s = usd.div(p).toDecimalPlaces(pit.sz_decimals, 1).toFixed();
    const order = { a: pit.asset, b: isBuy, p, s, r: false, t: { limit: { tif: "Gtc" as const } } };
    this.exchange.exchange.order(houseAddress(pit.coin, "maker"), [order]);
  }
}

/** All that an account has: dollars apart from what it holds, and what it holds, signed. */
export interface Possessions {
  readonly usd: Decimal;
  readonly perps: Readonly<Record<string, Decimal>>;
  readonly spot: Readonly<Record<string, Decimal>>;
}

export function possessionsOf({ exchange }: PaperExchange, account: Hex): Possessions {
  const perp = exchange.perpState(account);
  const { balances } = exchange.spotState(account);
  const cash = balances.find(({ coin }) => coin === "USDC")?.total ?? "0";
  return {
    usd: decimal(perp.marginSummary.totalRawUsd).plus(cash),
    perps: Object.fromEntries(perp.assetPositions.map(({ position }) => [position.coin, decimal(position.szi)])),
    spot: Object.fromEntries(balances.filter(({ coin }) => coin !== "USDC").map(({ coin, total }) => [coin, decimal(total)])),
  };
}

/** What they are worth at the true prices, USD. */
export function worthOf(floor: Floor, { usd, perps, spot }: Possessions): Decimal {
  let worth = usd;
  for (const [coin, size] of [...Object.entries(perps), ...Object.entries(spot)]) {
    worth = worth.plus(size.times(floor.truth({ underlying: coin })));
  }
  return worth;
}
