import { z } from "zod";
import { decimal } from "../../core/decimal.ts";

const number = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .max(80)
  .transform(decimal);
/** What can be none, and not less. */
const least0 = number.refine((value) => value.isZero() || value.isPositive(), "is negative");
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);
const cloid = z
  .string()
  .regex(/^0x[0-9a-fA-F]{32}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);
const count = z.int().nonnegative();
const side = z.enum(["B", "A"]);

/** `meta`: the perpetuals of one dex. */
export const perpMeta = z.object({
  universe: z.array(
    z.object({
      name: z.string().min(1),
      szDecimals: count.max(8),
      maxLeverage: count.min(1),
      marginTableId: count,
      onlyIsolated: z.boolean().optional(),
      isDelisted: z.boolean().optional(),
    }),
  ),
  marginTables: z.array(
    z.tuple([count, z.object({ marginTiers: z.array(z.object({ lowerBound: least0, maxLeverage: count.min(1) })).min(1) })]),
  ),
});

/** `spotMeta`. */
export const spotMeta = z.object({
  universe: z.array(z.object({ name: z.string().min(1), index: count, tokens: z.tuple([count, count]) })),
  tokens: z.array(
    z.object({
      name: z.string().min(1),
      index: count,
      szDecimals: count.max(18),
      weiDecimals: count.max(18),
      tokenId: z.string().regex(/^0x[0-9a-fA-F]{32}$/),
    }),
  ),
});

/** How a perpetual stands. `funding` is the rate of an hour. */
export const perpContext = z.object({
  markPx: least0,
  midPx: least0.nullable(),
  oraclePx: least0,
  funding: number,
  openInterest: least0,
  premium: number.nullable(),
  prevDayPx: least0,
  dayNtlVlm: least0,
  impactPxs: z.tuple([number, number]).nullable(),
});

/** How a spot pair stands. */
export const spotContext = z.object({
  coin: z.string(),
  markPx: least0,
  midPx: least0.nullable(),
  prevDayPx: least0,
  dayNtlVlm: least0,
});

export const perpMetaAndContexts = z.tuple([perpMeta, z.array(perpContext)]);
export const spotMetaAndContexts = z.tuple([spotMeta, z.array(spotContext)]);

/** Mid prices by the market's name on the wire. */
export const allMids = z.record(z.string(), number);

const level = z.object({ px: number, sz: number, n: count });

/** Bids, best first, and asks, best first. Null for a market that is not there. */
export const l2Book = z.object({ coin: z.string(), time: count, levels: z.tuple([z.array(level), z.array(level)]) }).nullable();

const marginSummary = z.object({
  accountValue: number,
  totalNtlPos: number,
  totalRawUsd: number,
  totalMarginUsed: number,
});

/** `clearinghouseState`: an account's perpetuals. `szi` is signed; `positionValue` is not. */
export const perpState = z.object({
  marginSummary,
  crossMarginSummary: marginSummary,
  crossMaintenanceMarginUsed: number,
  withdrawable: number,
  time: count,
  assetPositions: z.array(
    z.object({
      position: z.object({
        coin: z.string(),
        szi: number,
        leverage: z.discriminatedUnion("type", [
          z.object({ type: z.literal("cross"), value: count.min(1) }),
          z.object({ type: z.literal("isolated"), value: count.min(1), rawUsd: number }),
        ]),
        entryPx: least0,
        positionValue: least0,
        unrealizedPnl: number,
        liquidationPx: number.nullable(),
        marginUsed: number,
        maxLeverage: count,
        cumFunding: z.object({ allTime: number, sinceOpen: number, sinceChange: number }),
      }),
    }),
  ),
});

/**
 * `spotClearinghouseState`. `hold` is what resting orders keep. `pooled`: it has what is told of accounts alone that are one
 * pool, in whatever form. That bars what opens, and no form of it may keep the balances from being read.
 */
export const spotState = z
  .object({
    balances: z.array(z.object({ coin: z.string(), token: count.optional(), total: number, hold: number, entryNtl: number })),
    portfolioMarginEnabled: z.unknown().optional(),
    tokenToAvailableAfterMaintenance: z.unknown().optional(),
  })
  .transform(({ balances, portfolioMarginEnabled = false, tokenToAvailableAfterMaintenance: available = null }) => ({
    balances,
    pooled: !(isNone(portfolioMarginEnabled) && isNone(available)),
  }));

function isNone(mark: unknown): boolean {
  return mark === null || mark === false || (Array.isArray(mark) && mark.length === 0);
}

/** An order with all that the venue says of it (`frontendOpenOrders`). */
export const openOrder = z.object({
  coin: z.string(),
  side,
  limitPx: least0,
  sz: least0,
  origSz: least0,
  oid: count,
  timestamp: count,
  reduceOnly: z.boolean(),
  isTrigger: z.boolean(),
  triggerPx: least0,
  triggerCondition: z.string(),
  isPositionTpsl: z.boolean(),
  orderType: z.string(),
  tif: z.string().nullable(),
  cloid: cloid.nullish(),
});
export const openOrders = z.array(openOrder);

/** `exchangeStatus`: the venue's own time. */
export const exchangeStatus = z.object({ time: count });

/** `orderStatus`: what became of an order, by its number or its client's. */
export const orderStatus = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("order"),
    order: z.object({ order: openOrder, status: z.string(), statusTimestamp: count }),
  }),
  z.object({ status: z.literal("unknownOid") }),
]);

export const fill = z.object({
  coin: z.string(),
  px: least0,
  sz: least0,
  side,
  time: count,
  startPosition: number,
  dir: z.string(),
  closedPnl: number,
  hash: z.string(),
  oid: count,
  crossed: z.boolean(),
  fee: number,
  feeToken: z.string(),
  tid: count,
  cloid: cloid.nullish(),
});
export const fills = z.array(fill);

/** Funding paid (negative) and received by an account. */
export const fundingPayments = z.array(
  z.object({ time: count, delta: z.object({ coin: z.string(), usdc: number, szi: number, fundingRate: number }) }),
);

export const fundingHistory = z.array(z.object({ coin: z.string(), fundingRate: number, premium: number, time: count }));

/** `T` is the last millisecond of a candle that begins at `t`. */
export const candles = z.array(
  z.object({ t: count, T: count, s: z.string(), i: z.string(), o: number, c: number, h: number, l: number, v: number, n: count }),
);

/** The account's rates, as fractions of what is traded. */
export const userFees = z.object({
  userCrossRate: least0,
  userAddRate: number,
  userSpotCrossRate: least0,
  userSpotAddRate: number,
});

export const userRateLimit = z.object({ cumVlm: number, nRequestsUsed: count, nRequestsCap: count });

/** `activeAssetData`: how an account has set a perpetual. */
export const activeAssetData = z.object({
  leverage: z.discriminatedUnion("type", [
    z.object({ type: z.literal("cross"), value: count.min(1) }),
    z.object({ type: z.literal("isolated"), value: count.min(1) }),
  ]),
});

/** `userNonFundingLedgerUpdates`: what came, went or was taken beside trades and funding. */
export const ledgerUpdates = z.array(z.object({ time: count, hash: z.string(), delta: z.looseObject({ type: z.string() }) }));

export const userRole = z.discriminatedUnion("role", [
  z.object({ role: z.literal("missing") }),
  z.object({ role: z.literal("user") }),
  z.object({ role: z.literal("vault") }),
  z.object({ role: z.literal("agent"), data: z.object({ user: address }) }),
  z.object({ role: z.literal("subAccount"), data: z.object({ master: address }) }),
]);

/** `userAbstraction`: the mode of an account, in the venue's word. */
export const userAbstraction = z.string().min(1).max(100);

/** Named API wallets; `validUntil` in milliseconds. */
export const extraAgents = z.array(z.object({ address, name: z.string(), validUntil: count.nullable() }));

export type PerpMeta = z.infer<typeof perpMeta>;
export type SpotMeta = z.infer<typeof spotMeta>;
export type PerpContext = z.infer<typeof perpContext>;
export type SpotContext = z.infer<typeof spotContext>;
export type L2Book = z.infer<typeof l2Book>;
export type PerpState = z.infer<typeof perpState>;
export type SpotState = z.infer<typeof spotState>;
export type OpenOrder = z.infer<typeof openOrder>;
export type LedgerUpdates = z.infer<typeof ledgerUpdates>;
export type OrderStatus = z.infer<typeof orderStatus>;
export type Fill = z.infer<typeof fill>;
export type UserFees = z.infer<typeof userFees>;
export type UserRole = z.infer<typeof userRole>;
