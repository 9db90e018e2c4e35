import type { Clock } from "../core/clock.ts";
import { BPS, type Decimal, decimal, max, min, ONE, roundDown, roundUp, sum, ZERO } from "../core/decimal.ts";
import type { Outcome, Request } from "../gateway/contract.ts";
import { underlyingOfMarket } from "../mandate/exchange/exchange-book.ts";
import type { Limit, Limits, Mandate } from "../mandate/terms.ts";
import { type AssetId, splitAssetId } from "../protocols/effects.ts";
import type { HyperliquidIntent, OrderIntent } from "../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../venues/hyperliquid/observation.ts";
import { IntentError, type Venue } from "../venues/venue.ts";
import type { HomeEvent, HomeReport } from "./bring-home.ts";
import { waitOut } from "./passing-error.ts";

export interface BringExchangeHomeParameters {
  readonly mandate: Pick<Mandate, "terms">;
  readonly venue: Venue<HyperliquidIntent, HyperliquidObservation>;
  /** One reducing request, on the operator's word. */
  readonly exit: (actions: Request["actions"]) => Promise<Outcome>;
  /** Looks up what is open. */
  readonly settle: () => Promise<readonly Outcome[]>;
  readonly on?: (event: HomeEvent) => void;
  readonly signal?: AbortSignal;
  /** The machine's, by which a venue that does not answer now, or has answered enough for a minute, is asked again. */
  readonly clock?: Clock;
}

/** Home is at least this share in cash, and no perpetual at all. */
const HOME = decimal("0.99");
/** Most requests of one run. */
const MOST = 300;
/** Where the mandate bounds no exit's cost, one is still not closed at any price. */
const WIDEST = decimal(1_000);
/** Fees are part of what an exit costs, and the oracle may be read anew a moment later. */
const KEPT = decimal("0.8");
/** The same of what may be unhedged: legs that are priced apart move apart. */
const ROOM = decimal("0.98");
/** The venue takes no order below ten dollars but one that ends a position: a lot leaves nothing smaller behind. */
const LEAST_REST = decimal(12);

/**
 * Takes an exchange's account home: cancels what could open, then closes the largest position by a lot within a single
 * trade, again and again. The legs of a hedge leave in alternating lots, so that no more than max_unhedged_usd of it
 * (or than there was) is ever bare.
 */
export async function bringExchangeHome(given: BringExchangeHomeParameters): Promise<HomeReport> {
  const { signal, mandate } = given;
  const observe = () => waitOut(() => given.venue.observe(), given);
  const settle = () => waitOut(() => given.settle(), given);
  // Each order is a new one, of the size that was seen: one that was sent before has to be looked up first.
  const parameters = { ...given, exit: (actions: Request["actions"]) => waitOut(() => exitOnce(actions), given) };
  const exitOnce = async (actions: Request["actions"]): Promise<Outcome> => {
    await given.settle();
    return given.exit(actions);
  };
  const left = new Map<AssetId, string>();
  // An order that cannot be cancelled keeps no position from being closed.
  const resting = new Map<AssetId, string>();
  let exits = 0;
  await settle();
  let seen = await observe();
  for (const { asset, id } of seen.orders.filter((order) => !order.reduce_only)) {
    const why = await attempt(parameters, { kind: "cancel", market: asset, order: id }, seen);
    if (why === null) exits += 1;
    else resting.set(asset, why);
    await settle();
  }
  for (let asked = 0; asked < MOST && !signal?.aborted; asked++) {
    seen = await observe();
    const lot = nextLot(seen, mandate.terms.limits, left);
    if (!lot) break;
    const why = await attempt(parameters, closing(lot, seen, mandate.terms.limits), seen);
    if (why === null) exits += 1;
    else left.set(lot.asset, why);
    await settle();
  }
  seen = await observe();
  const opening = seen.orders.filter((order) => !order.reduce_only);
  const held = rowsOf(seen);
  for (const { asset } of held) if (!left.has(asset)) left.set(asset, "there was no lot of it that may be closed");
  for (const { asset } of opening) if (!left.has(asset)) left.set(asset, resting.get(asset) ?? "an order that could open rests");
  const cash_share = cashShare(seen);
  return {
    cash_share,
    home: opening.length === 0 && held.every(isSpot) && (cash_share?.gte(HOME) ?? false),
    exits,
    left: [...left].map(([asset, why]) => ({ asset, why })),
  };
}

/** Of the account's value, the part that no position moves. Null: something that is held has no price. */
function cashShare(seen: HyperliquidObservation): Decimal | null {
  const held = rowsOf(seen);
  if (held.length === 0) return ONE;
  if (held.some(({ usd }) => usd.isZero())) return null;
  const spot = sum(held.filter(isSpot).map(({ usd }) => usd));
  const value = seen.account_value_usd.plus(seen.spot_usd.total).plus(spot);
  if (!value.isPositive() || value.isZero()) return null;
  return max(ZERO, ONE.minus(sum(held.map(({ usd }) => usd.abs())).div(value)));
}

interface Row {
  readonly asset: AssetId;
  readonly size: Decimal;
  /** Signed, at the pinned price. */
  readonly usd: Decimal;
  readonly underlying: string;
}

interface Lot {
  readonly asset: AssetId;
  /** Signed, in coins: the whole position. */
  readonly held: Decimal;
  /** The most of it that may go at once, USD. */
  readonly most: Limit;
}

/** What is held, but for what is less than a lot: fees of spot are taken in coins, and what they leave nobody can sell. */
function rowsOf(seen: HyperliquidObservation): readonly Row[] {
  return seen.positions
    .filter(({ asset, size }) => !roundDown(size.abs(), decimalsOf(asset, seen)).isZero())
    .map(({ asset, size }) => ({
      asset,
      size,
      usd: size.times(priceOf(asset, seen) ?? ZERO),
      underlying: underlyingOfMarket(splitAssetId(asset).symbol),
    }));
}

function isSpot({ asset }: Pick<Row, "asset">): boolean {
  return asset.endsWith(":spot");
}

/** The largest position that may be closed by something, and how much of it leaves no more unhedged than may be. */
function nextLot(seen: HyperliquidObservation, limits: Limits, left: ReadonlyMap<AssetId, string>): Lot | null {
  const { max_unhedged_usd: bare } = limits;
  const rows = rowsOf(seen);
  const lots = rows
    .filter(({ asset }) => !left.has(asset))
    .map(({ asset, size, usd, underlying }) => {
      const net = sum(rows.filter((row) => row.underlying === underlying).map((row) => row.usd));
      const along = size.isNegative() ? net.negated() : net;
      // From where it stands to nothing unhedged, and as far beyond as may be bare, or already was.
      const most: Limit = bare === "unlimited" ? bare : along.plus(max(net.abs(), bare).times(ROOM));
      const goes = most === "unlimited" ? usd.abs() : min(usd.abs(), most);
      return { lot: { asset, held: size, most: goes.gte(usd.abs()) ? ("unlimited" as const) : most }, goes, along };
    })
    .filter(({ goes }) => goes.isPositive() && !goes.isZero());
  // What nothing hedges goes first: closing it can only make the account safer.
  return lots.sort((a, b) => b.along.comparedTo(a.along) || b.goes.comparedTo(a.goes))[0]?.lot ?? null;
}

function closing({ asset, held, most }: Lot, seen: HyperliquidObservation, limits: Limits): OrderIntent {
  const { max_exit_cost_bps: cost, max_single_trade_usd: trade } = limits;
  const side = held.isNegative() ? "buy" : "sell";
  const widest = cost === "unlimited" ? WIDEST : cost;
  const fee = seen.markets.find((market) => market.asset === asset)?.fee_bps ?? ZERO;
  // Of a small cost the fee is the larger part: what is left of it is the price's, but for a little.
  const slip = max(ZERO, min(widest.times(KEPT), widest.minus(fee).minus(ONE))).div(BPS);
  const pinned = priceOf(asset, seen) ?? ZERO;
  const price = pinned.times(side === "buy" ? ONE.plus(slip) : ONE.minus(slip));
  const decimals = decimalsOf(asset, seen);
  const coins = (limit: Limit, at: Decimal) =>
    limit === "unlimited" || at.isZero() ? held.abs() : roundDown(limit.div(at), decimals);
  const lot = min(held.abs(), coins(trade, side === "buy" ? price : pinned), coins(most, pinned));
  const rest = held.abs().minus(lot);
  const crumb = pinned.isZero() ? ZERO : roundUp(LEAST_REST.div(pinned), decimals);
  const size = !rest.isZero() && rest.lt(crumb) && held.abs().gte(crumb.times(2)) ? held.abs().minus(crumb) : lot;
  return { kind: "order", market: asset, side, size, type: "limit", price, tif: "ioc", reduce_only: true };
}

function decimalsOf(asset: AssetId, seen: HyperliquidObservation): number {
  return seen.markets.find((market) => market.asset === asset)?.pin.sz_decimals ?? 0;
}

function priceOf(asset: AssetId, seen: HyperliquidObservation): Decimal | null {
  return seen.markets.find((market) => market.asset === asset)?.price_usd ?? null;
}

/** Null: it took effect. Else why it did not. */
async function attempt(
  { venue, exit, on = () => undefined }: BringExchangeHomeParameters,
  intent: Extract<HyperliquidIntent, { kind: "order" | "cancel" }>,
  seen: HyperliquidObservation,
): Promise<string | null> {
  const asset = intent.market;
  const refused = (codes: readonly string[], why: string): string => {
    on({ kind: "refused", asset, codes, why });
    return why;
  };
  let actions: Request["actions"];
  try {
    actions = venue.compile(intent, seen);
  } catch (error) {
    if (!(error instanceof IntentError)) throw error;
    return refused([error.problem], error.message);
  }
  const outcome = await exit(actions);
  if (outcome.kind === "refused") {
    const reasons = outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome.verdict.because;
    return refused(
      reasons.map(({ code }) => code),
      reasons.map(({ code, message }) => `${code} ${message}`).join("; "),
    );
  }
  on({ kind: intent.kind === "cancel" ? "cancelled" : "closed", asset, outcome });
  return outcome.kind === "confirmed" ? null : `${splitAssetId(asset).symbol}: ${outcome.reason ?? outcome.kind}`;
}
