import { BPS, type Decimal, ZERO } from "../../core/decimal.ts";
import type { Book } from "../../planning/plan.ts";
import { assetId } from "../../protocols/effects.ts";
import type { InfoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { L2Book, PerpContext, SpotContext, UserFees } from "../../protocols/hyperliquid/info-schemas.ts";
import { type Market, perpMarkets, spotMarkets } from "../../protocols/hyperliquid/market.ts";
import type { SeenMarket } from "./observation.ts";
import type { HyperliquidScope, MarketPin } from "./scope.ts";

export type MarketReads = Pick<InfoClient, "perpMetaAndContexts" | "spotMetaAndContexts" | "userFees" | "l2Book">;

/**
 * The mandate's markets as the venue describes and trades them now.
 *
 * @throws {InfoUnavailableError}, {@link InfoShapeError} and {@link MarketMetaError}
 */
export async function readMarkets(
  info: MarketReads,
  scope: HyperliquidScope,
  userFees: MarketReads["userFees"] = (user) => info.userFees(user),
): Promise<readonly SeenMarket[]> {
  const pins = Object.entries(scope.markets);
  const hasSpot = pins.some(([, { kind }]) => kind === "spot");
  const [[perpMeta, perpContexts], spot, fees, books] = await Promise.all([
    info.perpMetaAndContexts(),
    hasSpot ? info.spotMetaAndContexts() : null,
    userFees(scope.account.address),
    Promise.all(pins.map(([, { coin }]) => info.l2Book(coin))),
  ]);
  const perps = perpMarkets(perpMeta);
  const pairs = spot === null ? [] : spotMarkets(spot[0]);
  const oracle = (coin: string) =>
    perpContexts[perps.findIndex((market) => market.coin === coin && !market.named_twice)]?.oraclePx;
  return pins.map(([name, pin], i) => {
    const at = (pin.kind === "perp" ? perps : pairs).findIndex(({ asset }) => asset === pin.asset);
    const market = pin.kind === "perp" ? perps[at] : pairs[at];
    const perp = pin.kind === "perp" ? perpContexts[at] : undefined;
    const context: PerpContext | SpotContext | undefined =
      perp ?? spot?.[1].find(({ coin }) => pin.kind === "spot" && coin === pin.coin);
    const book = bookOf(books[i]);
    const price = positive(oracle(pin.kind === "perp" ? pin.coin : pin.priced_by));
    return {
      asset: assetId(scope.label, name),
      pin,
      token: market?.kind === "spot" ? { name: market.base.name, index: market.base.index } : null,
      price_usd: price,
      mark_usd: context?.markPx ?? null,
      mid_usd: context?.midPx ?? midOf(book),
      funding_hour: perp?.funding ?? null,
      open_interest_usd: perp ? perp.openInterest.times(perp.oraclePx) : null,
      day_volume_usd: context?.dayNtlVlm ?? ZERO,
      max_leverage: market?.kind === "perp" ? market.max_leverage : 1,
      fee_bps: feeOf(fees, pin.kind),
      book,
      book_at: books[i]?.time ?? null,
      problem: problemOf(pin, market),
    };
  });
}

/** A market is the pinned one by all that the pin says, or it is another market. */
function problemOf(pin: MarketPin, market: Market | undefined): SeenMarket["problem"] {
  const another = (what: string) => ({ reason: `the venue's market ${what}`, closes: false });
  if (pin.kind === "perp" && pin.dex !== "") return another(`is of the dex ${pin.dex}, which is not read`);
  if (market === undefined) return another(`number ${pin.asset} is not there`);
  if (market.coin !== pin.coin) return another(`number ${pin.asset} is ${market.coin}, not ${pin.coin}`);
  if (market.sz_decimals !== pin.sz_decimals)
    return another(`has ${market.sz_decimals} decimals of size, not ${pin.sz_decimals}`);
  if (pin.kind === "spot" && market.kind === "spot" && market.base.token_id !== pin.token_id)
    return another("trades another token");
  if (market.kind === "perp" && market.named_twice) return another("shares its name with another");
  if (market.kind === "perp" && market.delisted) return { reason: "the venue has delisted it", closes: true };
  return null;
}

function bookOf(read: L2Book | undefined): Book | null {
  if (!read) return null;
  const [bids, asks] = read.levels.map((side) => side.map(({ px, sz }) => ({ price: px, size: sz })));
  return { bids: bids ?? [], asks: asks ?? [] };
}

function midOf(book: Book | null): Decimal | null {
  const [bid, ask] = [book?.bids[0]?.price, book?.asks[0]?.price];
  return bid && ask ? bid.plus(ask).div(2) : null;
}

function feeOf(fees: UserFees, kind: "perp" | "spot"): Decimal {
  return (kind === "perp" ? fees.userCrossRate : fees.userSpotCrossRate).times(BPS);
}

function positive(price: Decimal | undefined): Decimal | null {
  return price?.gt(ZERO) ? price : null;
}
