import { decimal } from "../../../core/decimal.ts";
import type { Hex } from "../../../core/hex.ts";
import { type AssetId, assetId, type ChainLabel, type ClassTransfer, type Unknown } from "../../../protocols/effects.ts";
import { type ExchangeEffects, type ExchangeMove, type OrderEffect, opens } from "../../../protocols/exchange-effects.ts";
import { type TradingAction, tradingAction, type WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { classTransfer } from "../../../protocols/hyperliquid/class-transfer.ts";
import { isOnGrid } from "../../../protocols/hyperliquid/format-price.ts";
import type { OpenOrder } from "../../../protocols/hyperliquid/info-schemas.ts";
import { spotDollars } from "../../../protocols/hyperliquid/spot-dollars.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { figuresAfter, figuresBefore } from "./figures.ts";
import type { HyperliquidView, SeenMarket } from "./read-view.ts";
import { positionIn, standingOf } from "./standing.ts";

export interface ExchangeAssessment {
  readonly effects: ExchangeEffects;
  /** The actions as they will be signed, but for the orders' ids: keys in the venue's order, nothing else in them. */
  readonly actions: readonly SignableAction[];
  readonly unknown: readonly Unknown[];
}

/** What is signed: by the API wallet, or by the owner. */
export type SignableAction = TradingAction | ClassTransfer;

const NO_OWNER = "takes the owner's key, and this gateway has none";

/** Transfers of less are no use to anybody, USD. */
const LEAST_TRANSFER = decimal(1);

/** Below this share of requests it matters what exits used up. */
const COUNTED_BELOW = decimal("0.25");

/** A dollar in the venue's units of isolated margin. */
const MARGIN_UNITS = 1_000_000;

/** What a request's actions do, by their bytes and by where the account stands. Pure. */
export function assessExchange(
  raw: readonly unknown[],
  view: HyperliquidView,
  label: ChainLabel,
  /** What the journal knows of exits that took nothing away, by what the request is as an exit. */
  idleExits: (actions: readonly SignableAction[]) => number = () => 0,
  /** Why no dollars may be moved so between the classes. Null: they may. */
  noTransfer: (transfer: ClassTransfer) => string | null = () => NO_OWNER,
): ExchangeAssessment {
  const problems: Unknown[] = [...view.problems];
  const actions: SignableAction[] = [];
  const moves: ExchangeMove[] = [];
  for (const one of raw) {
    const transfer = classTransfer.safeParse(one);
    if (transfer.success) {
      actions.push(transfer.data);
      moves.push({ do: "transfer", usd: decimal(transfer.data.amount), to: transfer.data.toPerp ? "perp" : "spot" });
      problems.push(...transferProblems(transfer.data, { view, alone: raw.length === 1, no: noTransfer(transfer.data) }));
      continue;
    }
    const read = tradingAction.safeParse(one);
    if (!read.success) {
      const [issue] = read.error.issues;
      const where = issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
      problems.push(unknown("ACTION_NOT_ALLOWED", `no action that is signed: ${issue?.message ?? "not understood"}${where}`));
      continue;
    }
    actions.push(read.data);
    const meaning = movesOf(read.data, view, label);
    moves.push(...meaning.moves);
    problems.push(...meaning.problems);
  }
  problems.push(...settingProblems(moves));
  const leverage = new Map(moves.flatMap((move) => (move.do === "leverage" ? [[move.asset, move] as const] : [])));
  const standing = view.markets.map((seen) => standingOf(seen, view, label));
  const markets = standing.map((market) => {
    const set = leverage.get(market.asset);
    return set ? { ...market, leverage: { value: set.leverage, isolated: set.isolated } } : market;
  });
  // Where there is enough left nobody counts.
  const idle_exits = view.quota_left.lt(COUNTED_BELOW) ? idleExits(actions) : 0;
  const effects: ExchangeEffects = {
    moves,
    markets,
    before: figuresBefore(view, standing),
    after: { ...figuresAfter(view, markets, moves), quota_left: view.quota_left },
    idle_exits,
    fee_bps: view.fee_bps,
  };
  return { effects, actions, unknown: problems };
}

/** What is set of a market is set once in a request, and before anything is ordered there: orders are judged by it. */
function settingProblems(moves: readonly ExchangeMove[]): readonly Unknown[] {
  const touched = new Set<AssetId>();
  return moves.flatMap((move) => {
    if (move.do === "cancel" || move.do === "schedule-cancel" || move.do === "transfer") return [];
    const asset = move.do === "order" || move.do === "replace" ? move.order.asset : move.asset;
    const again = touched.has(asset);
    touched.add(asset);
    if (!again || move.do === "order" || move.do === "replace") return [];
    return [
      unknown(
        "ACTION_NOT_ALLOWED",
        `${move.do} of ${asset} after another action on it; ask for it first, in a request of its own`,
      ),
    ];
  });
}

/** A transfer stands alone: what follows it would be judged by where the dollars are not yet. */
function transferProblems(
  { amount, toPerp }: ClassTransfer,
  { view: { perp, spot }, alone, no }: { readonly view: HyperliquidView; readonly alone: boolean; readonly no: string | null },
): readonly Unknown[] {
  const { total, hold } = spotDollars(spot);
  const free = toPerp ? total.minus(hold) : perp.withdrawable;
  const refuse = (what: string) => [unknown("ACTION_NOT_ALLOWED", `usdClassTransfer ${what}`)];
  return [
    ...(no === null ? [] : refuse(no)),
    ...(alone ? [] : refuse("beside other actions; ask for it first, in a request of its own")),
    ...(decimal(amount).lt(LEAST_TRANSFER) ? refuse(`of $${amount}; $${LEAST_TRANSFER.toFixed()} is the least`) : []),
    ...(decimal(amount).gt(free) ? refuse(`of $${amount}; $${free.toFixed()} are free there`) : []),
  ];
}

interface Meaning {
  readonly moves: readonly ExchangeMove[];
  readonly problems: readonly Unknown[];
}

function movesOf(action: TradingAction, view: HyperliquidView, label: ChainLabel): Meaning {
  switch (action.type) {
    case "order":
      return together([
        // What waits for its parent cannot be looked up before that fills: nobody could say whether it still may come.
        ...(action.grouping === "normalTpsl"
          ? [refused("orders grouped as normalTpsl; send the order, then its stops (grouping: na or positionTpsl)")]
          : []),
        ...(action.grouping === "positionTpsl" ? action.orders.flatMap((order) => followProblems(order, view)) : []),
        ...action.orders.map((order) => placed(order, view, label, (effect) => ({ do: "order", order: effect }))),
      ]);
    case "modify":
      return replaced(action.oid, action.order, view, label);
    case "batchModify":
      return together(action.modifies.map(({ oid, order }) => replaced(oid, order, view, label)));
    case "cancel":
      return together(action.cancels.map(({ o }) => cancelled(o, view)));
    case "cancelByCloid":
      return together(action.cancels.map(({ cloid }) => cancelled(cloid, view)));
    case "updateLeverage":
      return onMarket(action.asset, view, "perp", (seen) => ({
        do: "leverage",
        asset: assetId(label, seen.label),
        leverage: decimal(action.leverage),
        isolated: !action.isCross,
      }));
    case "updateIsolatedMargin":
      if (action.ntli === 0) return refused("margin that is moved by nothing");
      return onMarket(action.asset, view, "perp", (seen) => ({
        do: "margin",
        asset: assetId(label, seen.label),
        usd: decimal(action.ntli).div(MARGIN_UNITS),
      }));
    case "scheduleCancel":
      return { moves: [{ do: "schedule-cancel", at: action.time ?? null }], problems: [] };
  }
}

function refused(what: string): Meaning {
  return { moves: [], problems: [unknown("ACTION_NOT_ALLOWED", what)] };
}

function together(meanings: readonly Meaning[]): Meaning {
  return { moves: meanings.flatMap(({ moves }) => moves), problems: meanings.flatMap(({ problems }) => problems) };
}

function onMarket(
  asset: number,
  view: HyperliquidView,
  kind: "perp" | "spot" | null,
  move: (seen: SeenMarket) => ExchangeMove,
): Meaning {
  const seen = view.markets.find(({ entry }) => entry.asset === asset && (kind === null || entry.kind === kind));
  if (seen) return { moves: [move(seen)], problems: [] };
  return {
    moves: [],
    problems: [unknown("MARKET_NOT_ALLOWED", `asset ${asset} is no ${kind ?? ""} market of the mandate's book`)],
  };
}

function placed(
  order: WireOrder,
  view: HyperliquidView,
  label: ChainLabel,
  move: (effect: OrderEffect) => ExchangeMove,
): Meaning {
  const problems: Unknown[] = [];
  const meaning = onMarket(order.a, view, null, (seen) => {
    const effect = effectOf(order, assetId(label, seen.label));
    problems.push(...orderProblems(order, effect, seen));
    return move(effect);
  });
  return { moves: meaning.moves, problems: [...meaning.problems, ...problems] };
}

function effectOf({ b, p, s, r, t }: WireOrder, asset: AssetId): OrderEffect {
  return {
    asset,
    side: b ? "buy" : "sell",
    size: decimal(s),
    price: decimal(p),
    reduceOnly: r,
    trigger: "trigger" in t ? { price: decimal(t.trigger.triggerPx), kind: t.trigger.tpsl } : null,
    rests: "trigger" in t || t.limit.tif !== "Ioc",
  };
}

function orderProblems({ c, t }: WireOrder, effect: OrderEffect, seen: SeenMarket): readonly Unknown[] {
  const { entry, label } = seen;
  const { size, price } = effect;
  const problems: Unknown[] = opens(effect, entry.kind) ? [...thinProblems(seen)] : [];
  const refuse = (what: string) => problems.push(unknown("ACTION_NOT_ALLOWED", `an order on ${label} ${what}`));
  if (c !== undefined) refuse("names a cloid; the gateway gives each order its own");
  if ("limit" in t && t.limit.tif === "FrontendMarket") refuse("is FrontendMarket; say Ioc and the worst price");
  if ("trigger" in t && t.trigger.isMarket)
    refuse("would fill at any price once triggered; a stop names its limit (isMarket: false)");
  if (size.isZero() || size.decimalPlaces() > entry.sz_decimals)
    refuse(`of ${size.toFixed()} is off the lot of ${entry.sz_decimals} decimals`);
  if (!isOnGrid(price, entry)) refuse(`at ${price.toFixed()} is off the price grid`);
  return problems;
}

/** Nobody opens where an accomplice could be the market. */
function thinProblems({ entry, label, day_volume_usd, open_interest_usd }: SeenMarket): readonly Unknown[] {
  const thin = (what: string) => [unknown("MARKET_NOT_ALLOWED", `${label} is too thin to open in: ${what}`)];
  if (day_volume_usd.lt(entry.min_day_volume_usd)) {
    return thin(`$${day_volume_usd.toFixed(0)} traded in a day, $${entry.min_day_volume_usd.toFixed()} is the least`);
  }
  if (entry.kind === "spot" || open_interest_usd?.gte(entry.min_open_interest_usd)) return [];
  return thin(
    `$${open_interest_usd?.toFixed(0) ?? "0"} of open interest, $${entry.min_open_interest_usd.toFixed()} is the least`,
  );
}

/** The venue closes the whole position by it, whatever size it says: so it says that size, and closes nothing else. */
function followProblems(order: WireOrder, view: HyperliquidView): readonly Meaning[] {
  const seen = view.markets.find(({ entry }) => entry.asset === order.a && entry.kind === "perp");
  if (!seen) return [];
  const position = positionIn(seen, view);
  const closes = order.r && "trigger" in order.t && (order.b ? position.isNegative() : position.isPositive());
  if (closes && decimal(order.s).eq(position.abs())) return [];
  return [
    refused(
      `a stop of the whole position (positionTpsl) on ${seen.label} that is no reduce-only trigger of its size, ${position.abs().toFixed()}`,
    ),
  ];
}

function replaced(id: number | Hex, order: WireOrder, view: HyperliquidView, label: ChainLabel): Meaning {
  const old = findOrder(view.orders, id);
  // It would go on closing the whole position, and its bytes do not say so.
  if (old?.isPositionTpsl) return refused("a change of a stop of the whole position; cancel it, and place it anew");
  // A stop in the place of a stop still protects; whether it is looser nobody can say without judging the market.
  return placed(order, view, label, (effect) => ({
    do: "replace",
    order: effect,
    protective: old === null || isProtective(old),
  }));
}

function cancelled(id: number | Hex, view: HyperliquidView): Meaning {
  const order = findOrder(view.orders, id);
  // One that was never seen may be a stop.
  return { moves: [{ do: "cancel", protective: order === null || isProtective(order) }], problems: [] };
}

function findOrder(orders: readonly OpenOrder[], id: number | Hex): OpenOrder | null {
  return orders.find(({ oid, cloid }) => (typeof id === "number" ? oid === id : cloid === id)) ?? null;
}

/** A stop on a position: to take it away is to stand unprotected. */
export function isProtective({ reduceOnly, isTrigger, isPositionTpsl }: OpenOrder): boolean {
  return isPositionTpsl || (reduceOnly && isTrigger);
}
