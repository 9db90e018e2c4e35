import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../../src/core/decimal.ts";
import { figuresBefore } from "../../src/gateway/rails/hyperliquid/figures.ts";
import { readView } from "../../src/gateway/rails/hyperliquid/read-view.ts";
import { standingOf } from "../../src/gateway/rails/hyperliquid/standing.ts";
import { VenueReads } from "../../src/gateway/rails/hyperliquid/venue-reads.ts";
import type { ExchangeBook, MarketEntry } from "../../src/mandate/exchange/exchange-book.ts";
import type { AssetId } from "../../src/protocols/effects.ts";
import { infoClient } from "../../src/protocols/hyperliquid/info-client.ts";
import type { Exchange } from "../../src/worlds/paper-exchange/engine/exchange.ts";
import { limit, smallExchange, trader } from "../../src/worlds/paper-exchange/engine/testing/small-exchange.ts";
import { answerInfo } from "../../src/worlds/paper-exchange/server/answer-info.ts";
import { ApiWallets } from "../../src/worlds/paper-exchange/server/api-wallets.ts";
import { EquityHistory } from "../../src/worlds/paper-exchange/server/equity-history.ts";
import { AddressQuotas } from "../../src/worlds/paper-exchange/server/rate-limits.ts";
import { readQuestion } from "../../src/worlds/paper-exchange/server/read-question.ts";

const [ALICE, BOB] = [trader(0), trader(1)];
const RUNS = process.env.MANDATE_LONG ? 2_000 : 200;

interface Coin {
  readonly coin: string;
  readonly price: number;
  readonly lot: number;
  readonly most: number;
}

const COINS: readonly Coin[] = [
  { coin: "BTC", price: 100_000, lot: 5, most: 50 },
  { coin: "ETH", price: 3_000, lot: 4, most: 25 },
  { coin: "SOL", price: 200, lot: 2, most: 20 },
];

interface Place {
  readonly cross: boolean;
  readonly leverage: number;
  /** Signed, as a share of what the account could hold there. */
  readonly held: number;
  /** Orders that rest: how far from the mark, and how large. */
  readonly bid: { readonly away: number; readonly share: number } | null;
  readonly ask: { readonly away: number; readonly share: number } | null;
}

const rests = fc.option(fc.record({ away: fc.constantFrom(0.005, 0.02, 0.08), share: fc.constantFrom(0.1, 0.3, 0.9) }));
const place = fc.record({
  cross: fc.boolean(),
  leverage: fc.constantFrom(1, 2, 3, 5, 10, 20),
  held: fc.constantFrom(-0.6, -0.3, 0, 0, 0.3, 0.6),
  bid: rests,
  ask: rests,
});
const account = fc.tuple(place, place, place);
type Account = readonly Place[];

/** Two shares of three thousand dollars each, times the leverage, for every coin. */
const sizeOf = ({ price, lot }: Coin, { leverage }: Place, share: number) => ((3_000 * leverage * share) / price).toFixed(lot);

function opened(places: Account): Exchange {
  const exchange = smallExchange({
    perps: COINS.map(({ coin, price, lot, most }) => ({
      coin,
      szDecimals: lot,
      maxLeverage: most,
      oracle: String(price),
      ...(coin === "BTC"
        ? {
            tiers: [
              { lowerBound: "0", maxLeverage: 50 },
              { lowerBound: "20000", maxLeverage: 20 },
            ],
          }
        : {}),
    })),
  });
  exchange.deposit(BOB, "100000000");
  for (const [asset, one] of places.entries()) {
    const coin = COINS[asset];
    if (!coin) continue;
    const { price } = coin;
    exchange.updateLeverage(ALICE, asset, one.cross, Math.min(one.leverage, coin.most));
    const [side, other] = one.held > 0 ? (["buy", "sell"] as const) : (["sell", "buy"] as const);
    const size = sizeOf(coin, one, Math.abs(one.held));
    if (one.held !== 0) {
      exchange.order(BOB, [limit(asset, other, String(price), size)]);
      exchange.order(ALICE, [limit(asset, side, String(price), size, "Ioc")]);
    }
    const at = (share: number) => String(Math.round(price * share));
    if (one.bid) exchange.order(ALICE, [limit(asset, "buy", at(1 - one.bid.away), sizeOf(coin, one, one.bid.share))]);
    if (one.ask) exchange.order(ALICE, [limit(asset, "sell", at(1 + one.ask.away), sizeOf(coin, one, one.ask.share))]);
  }
  return exchange;
}

const book: ExchangeBook = {
  kind: "hyperliquid",
  api: "world",
  network: "testnet",
  markets: Object.fromEntries(
    COINS.map(({ coin, lot }, asset): [string, MarketEntry] => [
      `${coin}:perp`,
      {
        kind: "perp",
        dex: "",
        coin,
        asset,
        sz_decimals: lot,
        deviation_bps: decimal(50),
        min_day_volume_usd: decimal(0),
        min_open_interest_usd: decimal(0),
      },
    ]),
  ),
  fee_bps: { perp: decimal(5), spot: decimal(7) },
  funding_cap_bps: decimal(400),
  max_age: 60_000,
};

/** What the rail says of each coin, in percent; 100 where nothing of it can be liquidated. */
async function distancesOf(exchange: Exchange, markets = book.markets): Promise<readonly number[]> {
  const known = { exchange, wallets: new ApiWallets(), quotas: new AddressQuotas(10_000), equity: new EquityHistory() };
  const info = infoClient({
    url: async (question) => {
      const read = readQuestion(question);
      return read === null ? null : answerInfo(known, read);
    },
  });
  const reads = new VenueReads({ info, account: ALICE });
  const view = await readView({ reads, label: "hl", book: { ...book, markets }, now: exchange.now });
  const found = figuresBefore(
    view,
    view.markets.map((seen) => standingOf(seen, view, "hl")),
  ).liquidation_distances;
  return COINS.map(({ coin }) => found[`hl/${coin}:perp` as AssetId]?.toNumber() ?? 100);
}

/** Whether the account is liquidated when marks go so far, in percent, in steps that fill what rests on the way. */
function falls(places: Account, moves: readonly number[]): boolean {
  const exchange = opened(places);
  let liquidated = false;
  exchange.on((event) => {
    if (event.kind === "liquidation" && event.account === ALICE) liquidated = true;
  });
  const steps = 12;
  for (let step = 1; step <= steps; step++) {
    for (const [asset, { coin, price }] of COINS.entries()) {
      const to = price * (1 + ((moves[asset] ?? 0) * step) / steps / 100);
      for (const { side, limitPx, sz } of exchange.openOrders(ALICE).filter((order) => order.coin === coin)) {
        const reached = side === "B" ? to <= Number(limitPx) : to >= Number(limitPx);
        if (reached) exchange.order(BOB, [limit(asset, side === "B" ? "sell" : "buy", limitPx, sz, "Ioc")]);
      }
    }
    exchange.setOracles(
      Object.fromEntries(
        COINS.map(({ coin, price }, asset) => [coin, (price * (1 + ((moves[asset] ?? 0) * step) / steps / 100)).toFixed(4)]),
      ),
    );
  }
  return liquidated;
}

const signs = [-1, 1] as const;

test("no account is liquidated by a mark that moves less than its distance, nor by joint moves on cross margin", async () => {
  await fc.assert(
    fc.asyncProperty(account, async (places) => {
      const distances = await distancesOf(opened(places));
      for (const [asset, distance] of distances.entries()) {
        for (const sign of signs) {
          const move = distance * 0.999 * sign;
          if (distance === 0 || move <= -99) continue;
          expect(
            falls(
              places,
              COINS.map((_, i) => (i === asset ? move : 0)),
            ),
            `${COINS[asset]?.coin} ${move}`,
          ).toBe(false);
        }
      }
      const joint = Math.min(...distances.filter((_, i) => places[i]?.cross));
      if (!Number.isFinite(joint) || joint === 0 || joint === 100) return;
      for (let mask = 0; mask < 8; mask++) {
        // Isolated positions draw their margin from the same account when what rests there fills.
        const far = (i: number) => (places[i]?.cross ? joint : Math.min(distances[i] ?? 0, 90)) * 0.999;
        const moves = places.map((_, i) => far(i) * (mask & (1 << i) ? 1 : -1));
        expect(falls(places, moves), `joint ${moves.join(" ")}`).toBe(false);
      }
    }),
    { numRuns: RUNS },
  );
});

test("where nothing rests the distance is no more careful than it has to be: a little beyond it the account falls", async () => {
  await fc.assert(
    fc.asyncProperty(account, async (drawn) => {
      const places = drawn.map((one) => ({ ...one, bid: null, ask: null }));
      const distances = await distancesOf(opened(places));
      for (const [asset, distance] of distances.entries()) {
        const one = places[asset];
        if (!one || one.held === 0 || distance >= 95 || one.cross) continue;
        const move = (distance + 0.1) * (one.held > 0 ? -1 : 1);
        expect(
          falls(
            places,
            COINS.map((_, i) => (i === asset ? move : 0)),
          ),
          `${COINS[asset]?.coin} ${move}`,
        ).toBe(true);
      }
      const joint = Math.min(...distances.filter((_, i) => places[i]?.cross && places[i]?.held !== 0));
      if (!Number.isFinite(joint) || joint >= 95) return;
      const moves = places.map(({ cross, held }) => (cross ? (joint + 0.1) * (held > 0 ? -1 : 1) : 0));
      expect(falls(places, moves), `joint ${moves.join(" ")}`).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test("a position in a market that the book does not have stands behind the same cross margin", async () => {
  const one = { cross: true, leverage: 10, bid: null, ask: null };
  const exchange = opened([
    { ...one, held: 0.6 },
    { ...one, held: 0.6 },
    { ...one, held: 0 },
  ]);
  const [whole] = await distancesOf(exchange);
  const [known] = await distancesOf(
    exchange,
    Object.fromEntries(Object.entries(book.markets).filter(([label]) => label === "BTC:perp")),
  );
  expect(known).toBeLessThan(50);
  expect(known).toBeCloseTo(whole ?? 0, 1);
});
