import type { Instant } from "../../../core/clock.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";

/** From this notional on (USD, decimal text), no more than this leverage. */
export interface TierConfig {
  readonly lowerBound: string;
  readonly maxLeverage: number;
}

export interface PerpConfig {
  readonly coin: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  /** In ascending order, the first from "0". Left out: one tier of `maxLeverage`. */
  readonly tiers?: readonly TierConfig[];
  readonly onlyIsolated?: boolean;
  /** USD, decimal text. */
  readonly oracle: string;
  /** USD of open interest (one side) from which on no order may add to it. */
  readonly openInterestCap?: string;
  /** USD walked into the book for the impact prices that funding's premium is made of. */
  readonly impactNotional?: string;
}

export interface TokenConfig {
  readonly name: string;
  readonly szDecimals: number;
  readonly weiDecimals: number;
}

export interface SpotConfig {
  /** The market's name on the wire: "PURR/USDC" or "@1". */
  readonly coin: string;
  readonly index: number;
  /** A name of `tokens`; the quote is always USDC. */
  readonly base: string;
  /** USD, decimal text. */
  readonly reference: string;
}

export interface FeeTier {
  /** Least USD volume of the 14 days before today. */
  readonly volume: string;
  readonly taker: string;
  readonly maker: string;
  readonly spotTaker: string;
  readonly spotMaker: string;
}

/** Readings where what is public about the venue disagrees or is silent. */
export interface Switches {
  /** The minimum order value for reduce-only orders: never asked, not for a whole position, or always. */
  readonly reduceOnlyMinimum: "exempt" | "whole-close-exempt" | "enforced";
  /** What a spot buyer's fee is taken in. */
  readonly spotBuyFee: "base" | "quote";
  /** Furthest that a limit may be from the oracle, as a share of it. */
  readonly oracleBand: string;
  /** Furthest that a triggered market order goes from the mark, as a share of it. */
  readonly triggerSlippage: string;
  /** Furthest that a liquidation's market order goes from the mark, as a share of it. */
  readonly liquidationSlippage: string;
  /** Positions above this notional (USD) are liquidated a fifth at a time. */
  readonly partialLiquidationAbove: string;
  /** Interest of eight hours in the funding rate. */
  readonly interestRate: string;
  /** Largest funding rate of one hour, either way. */
  readonly fundingCap: string;
  readonly withdrawalFee: string;
  /** Volume (USD) that an account needs before it may schedule a cancel. */
  readonly scheduleCancelVolume: string;
}

export interface ExchangeConfig {
  readonly start: Instant;
  readonly perps: readonly PerpConfig[];
  /** Tokens other than USDC, which is always token 0. */
  readonly tokens?: readonly TokenConfig[];
  readonly spots?: readonly SpotConfig[];
  readonly fees?: readonly FeeTier[];
  readonly switches?: Partial<Switches>;
  /** USD that the backstop begins with. */
  readonly insurance?: string;
}

export type Side = "B" | "A";
export type Tif = "Gtc" | "Ioc" | "Alo" | "FrontendMarket" | "LiquidationMarket";

/** What the venue says of an order now, in its words. */
export type OrderState =
  | "open"
  | "filled"
  | "canceled"
  | "triggered"
  | "marginCanceled"
  | "selfTradeCanceled"
  | "reduceOnlyCanceled"
  | "siblingFilledCanceled"
  | "liquidatedCanceled"
  | "scheduledCancel"
  | "tickRejected"
  | "minTradeNtlRejected"
  | "perpMarginRejected"
  | "reduceOnlyRejected"
  | "badAloPxRejected"
  | "iocCancelRejected"
  | "badTriggerPxRejected"
  | "marketOrderNoLiquidityRejected"
  | "openInterestIncreaseRejected"
  | "insufficientSpotBalanceRejected"
  | "oracleRejected"
  | "perpMaxPositionRejected"
  | "tooManyOpenOrdersRejected"
  | "rejected";

/** The venue's answer to one order of a batch, as it goes over the wire. */
export type OrderStatus =
  | { readonly resting: { readonly oid: number; readonly cloid?: Hex } }
  | { readonly filled: { readonly totalSz: string; readonly avgPx: string; readonly oid: number; readonly cloid?: Hex } }
  | { readonly error: string }
  | "waitingForFill"
  | "waitingForTrigger";

/** The venue's answer to one cancel of a batch. */
export type CancelStatus = "success" | { readonly error: string };

/** What became of an action without statuses. A refusal changed nothing. */
export type ActionResult = { readonly ok: true } | { readonly ok: false; readonly error: string };

export type Grouping = "na" | "normalTpsl" | "positionTpsl";

export interface Modify {
  readonly oid: number | Hex;
  readonly order: WireOrder;
}

export interface WireLevel {
  readonly px: string;
  readonly sz: string;
  readonly n: number;
}

export interface WireBook {
  readonly coin: string;
  readonly time: Instant;
  readonly levels: readonly [readonly WireLevel[], readonly WireLevel[]];
}

/** An order as `frontendOpenOrders` and `orderStatus` write it. */
export interface WireOpenOrder {
  readonly coin: string;
  readonly side: Side;
  readonly limitPx: string;
  readonly sz: string;
  readonly oid: number;
  readonly timestamp: Instant;
  readonly triggerCondition: string;
  readonly isTrigger: boolean;
  readonly triggerPx: string;
  readonly children: readonly WireOpenOrder[];
  readonly isPositionTpsl: boolean;
  readonly reduceOnly: boolean;
  readonly orderType: string;
  readonly origSz: string;
  readonly tif: Tif | null;
  readonly cloid: Hex | null;
}

export interface WireOrderUpdate {
  readonly order: WireOpenOrder;
  readonly status: OrderState;
  readonly statusTimestamp: Instant;
}

export interface WireFill {
  readonly coin: string;
  readonly px: string;
  readonly sz: string;
  readonly side: Side;
  readonly time: Instant;
  readonly startPosition: string;
  readonly dir: string;
  readonly closedPnl: string;
  readonly hash: Hex;
  readonly oid: number;
  readonly crossed: boolean;
  readonly fee: string;
  readonly tid: number;
  readonly feeToken: string;
  readonly twapId: null;
  readonly cloid?: Hex;
  readonly liquidation?: { readonly liquidatedUser: Address; readonly markPx: string; readonly method: "market" | "backstop" };
}

export interface WireTrade {
  readonly coin: string;
  /** The taker's side. */
  readonly side: Side;
  readonly px: string;
  readonly sz: string;
  readonly time: Instant;
  readonly hash: Hex;
  readonly tid: number;
  /** Buyer, seller. */
  readonly users: readonly [Address, Address];
}

export interface WireFunding {
  readonly time: Instant;
  readonly hash: Hex;
  readonly delta: {
    readonly type: "funding";
    readonly coin: string;
    readonly usdc: string;
    readonly szi: string;
    readonly fundingRate: string;
    readonly nSamples: null;
  };
}

/** `delta` as the venue's `userNonFundingLedgerUpdates` writes it, by its `type`. */
export interface WireLedgerUpdate {
  readonly time: Instant;
  readonly hash: Hex;
  readonly delta: { readonly type: string; readonly [key: string]: unknown };
}

export interface WireCandle {
  readonly t: Instant;
  readonly T: Instant;
  readonly s: string;
  readonly i: string;
  readonly o: string;
  readonly c: string;
  readonly h: string;
  readonly l: string;
  readonly v: string;
  readonly n: number;
}

export interface WireFundingRate {
  readonly coin: string;
  readonly fundingRate: string;
  readonly premium: string;
  readonly time: Instant;
}

export type ExchangeEvent =
  | { readonly kind: "book"; readonly coin: string }
  | { readonly kind: "trade"; readonly coin: string; readonly trade: WireTrade }
  | { readonly kind: "fill"; readonly account: Address; readonly fill: WireFill }
  | { readonly kind: "order"; readonly account: Address; readonly update: WireOrderUpdate }
  | { readonly kind: "funding"; readonly account: Address; readonly payment: WireFunding }
  | { readonly kind: "ledger"; readonly account: Address; readonly update: WireLedgerUpdate }
  | {
      readonly kind: "liquidation";
      readonly account: Address;
      readonly method: "market" | "backstop";
      readonly liquidator: Address;
      readonly notional: string;
      readonly accountValue: string;
    };
