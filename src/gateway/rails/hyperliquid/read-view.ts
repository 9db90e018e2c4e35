import { type Instant, SECOND } from "../../../core/clock.ts";
import { BPS, type Decimal, decimal, ONE, ZERO } from "../../../core/decimal.ts";
import type { ExchangeBook, MarketEntry } from "../../../mandate/exchange/exchange-book.ts";
import { type AssetId, assetId, type ChainLabel, type NoPrice, type Price, type Unknown } from "../../../protocols/effects.ts";
import { modeProblem } from "../../../protocols/hyperliquid/account-mode.ts";
import type { SeenPerps } from "../../../protocols/hyperliquid/consistent.ts";
import type { OpenOrder, PerpContext, SpotState } from "../../../protocols/hyperliquid/info-schemas.ts";
import type { Market, PerpMarket, SpotMarket } from "../../../protocols/hyperliquid/market.ts";
import { unknown } from "../../../protocols/meaning.ts";
import type { VenueReads } from "./venue-reads.ts";

/** How an account has set a market: what a new position there would be. */
export interface LeverageSetting {
  readonly value: Decimal;
  readonly isolated: boolean;
}

export interface SeenMarket {
  readonly label: string;
  readonly entry: MarketEntry;
  /** As the venue describes it now. Null: it has none such any more. */
  readonly market: Market | null;
  readonly mark: Decimal | null;
  readonly day_volume_usd: Decimal;
  /** Perpetuals only. */
  readonly open_interest_usd: Decimal | null;
  /** Null: spot, or not known. */
  readonly leverage: LeverageSetting | null;
}

/** The account and its markets at one moment: everything that a judgment reads at the venue. */
export interface HyperliquidView {
  readonly label: ChainLabel;
  readonly at: Instant;
  readonly markets: readonly SeenMarket[];
  readonly prices: Readonly<Record<AssetId, Price | NoPrice>>;
  readonly perp: SeenPerps;
  readonly spot: SpotState;
  readonly orders: readonly OpenOrder[];
  /** Requests that are left, as a share of all that the venue ever gave. */
  readonly quota_left: Decimal;
  /** What the venue takes of a taker's trade, in basis points. */
  readonly fee_bps: Readonly<Record<"perp" | "spot", Decimal>>;
  /** Dollars that transfers of which nobody knows yet whether they were made may take from perpetuals. */
  readonly leaving_usd: Decimal;
  readonly problems: readonly Unknown[];
}

export interface ReadViewParameters {
  readonly reads: VenueReads;
  readonly label: ChainLabel;
  readonly book: ExchangeBook;
  readonly now: Instant;
  /** Numbers of the markets that something is asked of: how those are set is read too. */
  readonly asked?: readonly number[];
}

/**
 * Reads the account and the book's markets.
 *
 * @throws {InfoUnavailableError} and {@link InfoShapeError}: then nothing is known, and nothing is judged.
 * @throws {GatewayError} RATE_LIMITED
 */
export async function readView({ reads, label, book, now, asked = [] }: ReadViewParameters): Promise<HyperliquidView> {
  const entries = Object.entries(book.markets);
  const [perps, spots, perp, spot, orders, fees, { used, cap }, mode] = await Promise.all([
    reads.perps(),
    hasSpot(book) ? reads.spots() : null,
    reads.perpState(),
    reads.spotState(),
    reads.openOrders(),
    reads.fees(),
    reads.requests(),
    reads.mode(),
  ]);
  const otherMode = modeProblem(mode, spot);
  const settings = await readSettings({ reads, entries, asked, perp, orders });
  const markets = entries.map(([name, entry]): SeenMarket => {
    if (entry.kind === "perp") {
      const at = perps.markets.findIndex(({ asset }) => asset === entry.asset);
      const context = perps.contexts[at];
      return {
        label: name,
        entry,
        market: perps.markets[at] ?? null,
        mark: context?.markPx ?? null,
        day_volume_usd: context?.dayNtlVlm ?? decimal(0),
        open_interest_usd: context ? context.openInterest.times(context.oraclePx) : null,
        leverage: settings.get(entry.asset) ?? null,
      };
    }
    const context = spots?.contexts.find(({ coin }) => coin === entry.coin);
    return {
      label: name,
      entry,
      market: spots?.markets.find(({ asset }) => asset === entry.asset) ?? null,
      mark: context?.markPx ?? null,
      day_volume_usd: context?.dayNtlVlm ?? decimal(0),
      open_interest_usd: null,
      leverage: null,
    };
  });
  return {
    label,
    at: now,
    markets,
    prices: pricesOf(label, book, oraclesOf(perps), now),
    perp,
    spot,
    orders,
    quota_left: ONE.minus(decimal(used).div(cap)),
    fee_bps: { perp: fees.userCrossRate.times(BPS), spot: fees.userSpotCrossRate.times(BPS) },
    leaving_usd: ZERO,
    problems: [
      ...(Math.abs(now - perp.time) > book.max_age
        ? [unknown("NODE_STALE", `the venue's account state is ${Math.round((now - perp.time) / SECOND)} s old`)]
        : []),
      ...(otherMode === null ? [] : [unknown("ACCOUNT_MODE", otherMode)]),
      ...perp.doubts.map((doubt) => unknown("ACCOUNT_IN_DOUBT", `what the venue says of the account is in doubt: ${doubt}`)),
      ...markets.flatMap((market) => marketProblems(market, asked.includes(market.entry.asset))),
    ],
  };
}

/** What the account has: less to ask for than a whole view. */
export interface HeldView {
  readonly perp: SeenPerps;
  readonly spot: SpotState;
  readonly markets: readonly HeldMarket[];
}

/** A market as far as a position in it is told. */
export type HeldMarket = Pick<SeenMarket, "label" | "entry" | "market">;

/** Reads what the account has. @throws as {@link readView} */
export async function readHeld({ reads, book }: Pick<ReadViewParameters, "reads" | "book">): Promise<HeldView> {
  const [perp, spot, spots] = await Promise.all([reads.perpState(), reads.spotState(), hasSpot(book) ? reads.spots() : null]);
  const markets = Object.entries(book.markets).map(([label, entry]) => ({
    label,
    entry,
    market: spots?.markets.find(({ asset }) => asset === entry.asset) ?? null,
  }));
  return { perp, spot, markets };
}

/** Reads the book's prices alone. @throws as {@link readView} */
export async function readPrices({
  reads,
  label,
  book,
  now,
}: Pick<ReadViewParameters, "reads" | "label" | "book" | "now">): Promise<HyperliquidView["prices"]> {
  return pricesOf(label, book, oraclesOf(await reads.perps()), now);
}

function oraclesOf({
  markets,
  contexts,
}: Awaited<ReturnType<VenueReads["perps"]>>): ReadonlyMap<string, PerpContext | undefined> {
  return new Map(markets.map(({ coin, named_twice }, i) => [coin, named_twice ? undefined : contexts[i]] as const));
}

export function hasSpot({ markets }: ExchangeBook): boolean {
  return Object.values(markets).some(({ kind }) => kind === "spot");
}

/** How markets are set: where something is held the venue says so; it is asked for what else rests or is wanted. */
async function readSettings({
  reads,
  entries,
  asked,
  perp,
  orders,
}: {
  readonly reads: VenueReads;
  readonly entries: readonly (readonly [string, MarketEntry])[];
  readonly asked: readonly number[];
  readonly perp: SeenPerps;
  readonly orders: readonly OpenOrder[];
}): Promise<ReadonlyMap<number, LeverageSetting>> {
  const held = new Map(perp.assetPositions.map(({ position }) => [position.coin, position.leverage]));
  const wanted = entries.filter(
    ([, { kind, coin, asset }]) =>
      kind === "perp" && (asked.includes(asset) || held.has(coin) || orders.some((one) => one.coin === coin)),
  );
  const rows = await Promise.all(
    wanted.map(async ([, { asset, coin }]) => {
      const own = held.get(coin);
      const setting = own
        ? { value: decimal(own.value), isolated: own.type === "isolated" }
        : await reads.leverage(coin, { anew: asked.includes(asset) });
      return [asset, setting] as const;
    }),
  );
  return new Map(rows);
}

/** The venue's oracle is what many exchanges say, and no book of the venue's own: it prices a perpetual, and its spot hedge. */
function pricesOf(
  label: ChainLabel,
  book: ExchangeBook,
  oracles: ReadonlyMap<string, PerpContext | undefined>,
  at: Instant,
): HyperliquidView["prices"] {
  const prices: Record<AssetId, Price | NoPrice> = { [assetId(label, "USDC")]: { usd: ONE, error_bps: decimal(0), at } };
  for (const [name, entry] of Object.entries(book.markets)) {
    const by = entry.kind === "perp" ? entry.coin : entry.priced_by;
    const oracle = oracles.get(by)?.oraclePx;
    prices[assetId(label, name)] =
      oracle?.isPositive() && !oracle.isZero()
        ? { usd: oracle, error_bps: entry.deviation_bps, at }
        : { missing: "PRICE_UNKNOWN", reason: `the venue has no oracle price for ${by}` };
  }
  return prices;
}

/**
 * A market is pinned by number, decimals and tokens: under another description it is another market. Where nothing is asked of
 * it, it makes the account doubtful, and keeps nobody in other markets.
 */
function marketProblems({ label, entry, market }: SeenMarket, asked: boolean): readonly Unknown[] {
  const changed = (what: string) => [unknown(asked ? "CODE_CHANGED" : "ACCOUNT_IN_DOUBT", `${label} at the venue ${what}`)];
  if (market === null || market.kind !== entry.kind) return changed("is not there any more");
  if (market.coin !== entry.coin) return changed(`is ${market.coin}, not the pinned ${entry.coin}`);
  if (market.sz_decimals !== entry.sz_decimals)
    return changed(`has ${market.sz_decimals} size decimals, not ${entry.sz_decimals}`);
  if (entry.kind === "spot" && (market as SpotMarket).base.token_id !== entry.token_id) return changed("trades another token");
  if (entry.kind === "perp" && (market as PerpMarket).named_twice) return changed("shares its name with another");
  if (entry.kind === "perp" && (market as PerpMarket).delisted) return changed("is delisted");
  return [];
}
