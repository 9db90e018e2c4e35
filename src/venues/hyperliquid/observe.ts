import type { Clock } from "../../core/clock.ts";
import { type Decimal, max, ONE, ratio, sum, ZERO } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import type { Address } from "../../core/hex.ts";
import { modeProblem } from "../../protocols/hyperliquid/account-mode.ts";
import type { InfoClient } from "../../protocols/hyperliquid/info-client.ts";
import type { OpenOrder, PerpState, SpotState } from "../../protocols/hyperliquid/info-schemas.ts";
import { spotDollars } from "../../protocols/hyperliquid/spot-dollars.ts";
import type { SeenHolding } from "../venue.ts";
import { hyperliquidFacts } from "./facts.ts";
import type { HyperliquidObservation, SeenMarket, SeenOrder, SeenPosition } from "./observation.ts";
import { type MarketReads, readMarkets } from "./read-markets.ts";
import { cashOf, type HyperliquidScope } from "./scope.ts";

/** What of the venue is read. */
export type HyperliquidReads = MarketReads & Pick<InfoClient, "perpState" | "spotState" | "openOrders" | "userAbstraction">;

export interface ObserveParameters {
  readonly scope: HyperliquidScope;
  readonly info: HyperliquidReads;
  readonly clock: Clock;
  /** Where the fees are asked for. Left out: of `info`, each time. */
  readonly userFees?: HyperliquidReads["userFees"];
  /** The same for the account's mode. Null: the venue does not say it. */
  readonly userAbstraction?: (user: Address) => Promise<string | null>;
}

/**
 * Reads the account and the mandate's markets.
 *
 * @throws {InfoUnavailableError}, {@link InfoShapeError} and {@link MarketMetaError}: then nothing of it is known.
 */
export async function observeHyperliquid({
  scope,
  info,
  clock,
  userFees,
  userAbstraction = (user) => info.userAbstraction(user).catch(unlessBroken),
}: ObserveParameters): Promise<HyperliquidObservation> {
  const { address } = scope.account;
  const [markets, perp, spot, open, told] = await Promise.all([
    readMarkets(info, scope, userFees),
    info.perpState(address),
    info.spotState(address),
    info.openOrders(address),
    userAbstraction(address),
  ]);
  const mode = modeProblem(told, spot);
  const { total, hold } = spotDollars(spot);
  const spot_usd = { total, hold };
  const positions = markets.flatMap((market) => positionIn(market, perp, spot));
  const orders = open.flatMap((order) => orderIn(markets, order));
  const at = Math.min(perp.time, ...markets.flatMap(({ book_at }) => book_at ?? []));
  const age = Math.max(0, (await clock.now()) - at);
  const base: Read = {
    at,
    stale: age > scope.max_age ? { reason: "so old is what the venue says", age } : null,
    account_value_usd: perp.marginSummary.accountValue,
    withdrawable_usd: perp.withdrawable,
    margin_used_usd: perp.marginSummary.totalMarginUsed,
    spot_usd,
    markets,
    positions,
    orders,
  };
  const valued = value(scope, base);
  const unknowns = [
    ...valued.unknowns,
    ...strangers(scope, markets, perp, spot, open),
    ...(mode === null ? [] : [`${scope.label}: ${mode}`]),
  ];
  const resting = open.flatMap(({ cloid }) => cloid ?? []);
  const seen = { ...base, value_usd: valued.value_usd, holdings: valued.holdings, allowances: [], resting, unknowns };
  return { ...seen, facts: hyperliquidFacts(seen) };
}

/** The gateway judges by the mode: where the venue does not say it, an agent still sees the rest. */
export function unlessBroken(error: unknown): null {
  if (error instanceof MandateError) return null;
  throw error;
}

/** Perpetuals' equity, the dollars in spot and what spot holds, at pinned prices; and the holdings as shares of it. */
function value(
  scope: HyperliquidScope,
  { at, markets, positions, account_value_usd, spot_usd }: Read,
): Pick<HyperliquidObservation, "value_usd" | "holdings" | "unknowns"> {
  const held = (market: SeenMarket) => positions.find(({ asset }) => asset === market.asset)?.size ?? ZERO;
  const worth = (market: SeenMarket) => market.price_usd && held(market).times(market.price_usd);
  const spots = markets.filter(({ pin }) => pin.kind === "spot");
  const priceless = markets.filter((market) => market.price_usd === null && !held(market).isZero());
  const total =
    priceless.length > 0 ? null : sum([account_value_usd, spot_usd.total, ...spots.map((market) => worth(market) ?? ZERO)]);
  const share = (usd: Decimal | null) => (usd === null || total === null || total.lte(ZERO) ? null : ratio(usd, total));
  const exposure = sum(markets.map((market) => worth(market)?.abs() ?? ZERO));
  const cash = total && max(ZERO, total.minus(exposure));
  const holdings: SeenHolding[] = markets.map((market) => {
    const value_usd = worth(market);
    return {
      account: scope.account.label,
      asset: market.asset,
      amount: held(market),
      decimals: market.pin.sz_decimals,
      price_usd: market.price_usd,
      price_at: market.price_usd && at,
      value_usd,
      weight: share(value_usd),
      role: "allowed",
    };
  });
  holdings.push({
    account: scope.account.label,
    asset: cashOf(scope),
    // What no exposure stands against: with leverage, nothing may be left of it.
    amount: cash ?? ZERO,
    decimals: 6,
    price_usd: ONE,
    price_at: at,
    value_usd: cash,
    weight: share(cash),
    role: "numeraire",
  });
  const unknowns = markets.flatMap(({ asset, price_usd, problem }) => [
    ...(price_usd === null ? [`${asset} has no oracle price`] : []),
    ...(problem === null ? [] : [`${asset}: ${problem.reason}`]),
  ]);
  return { value_usd: total, holdings, unknowns };
}

/** What was read, before it is valued. */
type Read = Omit<HyperliquidObservation, "value_usd" | "holdings" | "unknowns" | "allowances" | "resting" | "facts">;

function positionIn({ asset, pin, token }: SeenMarket, perp: PerpState, spot: SpotState): readonly SeenPosition[] {
  if (pin.kind === "perp") {
    const held = perp.assetPositions.find(({ position }) => position.coin === pin.coin)?.position;
    if (!held || held.szi.isZero()) return [];
    return [
      {
        asset,
        size: held.szi,
        available: held.szi,
        entry_usd: held.entryPx,
        unrealised_usd: held.unrealizedPnl,
        margin_usd: held.marginUsed,
        leverage: { value: held.leverage.value, mode: held.leverage.type },
        liquidation_usd: held.liquidationPx,
        funding_usd: held.cumFunding.sinceOpen,
      },
    ];
  }
  const held = spot.balances.find((balance) => isOf(balance, token));
  if (!held || held.total.isZero()) return [];
  return [
    {
      asset,
      size: held.total,
      available: held.total.minus(held.hold),
      entry_usd: null,
      unrealised_usd: null,
      margin_usd: held.entryNtl,
      leverage: null,
      liquidation_usd: null,
      funding_usd: null,
    },
  ];
}

function isOf(balance: SpotState["balances"][number], token: SeenMarket["token"]): boolean {
  if (token === null) return false;
  // Names of tokens are not unique at the venue; their numbers are.
  return balance.token === undefined ? balance.coin === token.name : balance.token === token.index;
}

function orderIn(markets: readonly SeenMarket[], order: OpenOrder): readonly SeenOrder[] {
  const market = markets.find(({ pin }) => pin.coin === order.coin);
  if (!market) return [];
  return [
    {
      asset: market.asset,
      id: order.oid,
      cloid: order.cloid ?? null,
      side: order.side === "B" ? "buy" : "sell",
      size: order.sz,
      price_usd: order.limitPx,
      reduce_only: order.reduceOnly,
      trigger_usd: order.isTrigger ? order.triggerPx : null,
      placed_at: order.timestamp,
    },
  ];
}

/** What the account holds or has resting beside the mandate's markets. */
function strangers(
  scope: HyperliquidScope,
  markets: readonly SeenMarket[],
  perp: PerpState,
  spot: SpotState,
  open: readonly OpenOrder[],
): readonly string[] {
  const coins = new Set(markets.map(({ pin }) => pin.coin));
  const positions = perp.assetPositions.filter(({ position }) => !coins.has(position.coin) && !position.szi.isZero());
  const tokens = spot.balances.filter(
    (balance) => balance.coin !== "USDC" && !balance.total.isZero() && !markets.some(({ token }) => isOf(balance, token)),
  );
  const orders = open.filter(({ coin }) => !coins.has(coin));
  const label = scope.account.label;
  return [
    ...positions.map(({ position }) => `${label} has a position in ${position.coin}, which the mandate does not name`),
    ...tokens.map(({ coin }) => `${label} holds ${coin}, which the mandate does not name: it is no part of the value`),
    ...orders.map(({ coin, oid }) => `${label} has order ${oid} in ${coin}, which the mandate does not name`),
  ];
}
