import { type Instant, ManualClock, MINUTE } from "../../../core/clock.ts";
import { decimal, ONE, ZERO } from "../../../core/decimal.ts";
import type { PlanRules } from "../../../planning/plan.ts";
import { InfoUnavailableError } from "../../../protocols/hyperliquid/info-client.ts";
import * as schemas from "../../../protocols/hyperliquid/info-schemas.ts";
import type { HyperliquidObservation } from "../observation.ts";
import { type HyperliquidReads, observeHyperliquid } from "../observe.ts";
import type { HyperliquidScope } from "../scope.ts";

export const NOW: Instant = Date.UTC(2026, 0, 5);
const TOKEN = "0xc4bf3f870c0e9465323c0b6ed28096c2";

export const sampleScope: HyperliquidScope = {
  label: "hl",
  account: { label: "trader", address: "0x00000000000000000000000000000000000aaaaa" },
  markets: {
    "BTC:perp": { kind: "perp", dex: "", coin: "BTC", asset: 0, sz_decimals: 5 },
    "ETH:perp": { kind: "perp", dex: "", coin: "ETH", asset: 1, sz_decimals: 4 },
    "BTC:spot": { kind: "spot", coin: "@142", asset: 10_142, sz_decimals: 5, token_id: TOKEN, priced_by: "BTC" },
  },
  slippage_bps: decimal(50),
  leverage: 2,
  margin: "isolated",
  most_gross: ONE,
  transfers: true,
  closes_below_least: true,
  margin_ratio: decimal("1.25"),
  spot_buffer_usd: ZERO,
  max_age: MINUTE,
};

export const sampleRules: PlanRules = {
  numeraire: { account: "trader", asset: "hl/USDC" },
  threshold_points: decimal(5),
  min_trade_usd: decimal(10),
  slippage_bps: decimal(50),
  reserve_usd: ZERO,
  gas_usd: ZERO,
  caps: { sells: [], buys: [], max_position_usd: "unlimited" },
};

/** A position as the venue writes it: isolated at twice, entered at the price of {@link PRICES}. */
export interface SamplePosition {
  readonly coin: "BTC" | "ETH";
  readonly size: string;
  readonly leverage?: number;
  readonly mode?: "isolated" | "cross";
}

export interface Sample {
  readonly account_value: string;
  readonly withdrawable: string;
  readonly positions: readonly SamplePosition[];
  readonly usdc: string;
  readonly btc: string;
  readonly orders: readonly object[];
  readonly meta: Partial<Record<"szDecimals" | "name" | "isDelisted", unknown>>;
  readonly token_id: string;
  /** What the venue calls the account's mode. */
  readonly mode: string;
}

const PRICES = { BTC: "50000", ETH: "2500" } as const;

const EMPTY: Sample = {
  account_value: "10000",
  withdrawable: "10000",
  positions: [],
  usdc: "0",
  btc: "0",
  orders: [],
  meta: {},
  token_id: TOKEN,
  mode: "default",
};

/** The venue's answers for an account, in its own words and read by its own schemas: 10,000 USD, nothing held, books of 1 bp. */
export function sampleReads(sample: Partial<Sample> = {}, at: () => Instant = () => NOW): HyperliquidReads {
  const with_ = { ...EMPTY, ...sample };
  const context = (price: string) => ({
    markPx: price,
    midPx: price,
    oraclePx: price,
    funding: "0.0000125",
    openInterest: "1000",
    premium: "0",
    prevDayPx: price,
    dayNtlVlm: "1000000",
    impactPxs: [price, price],
  });
  const summary = {
    accountValue: with_.account_value,
    totalNtlPos: "0",
    totalRawUsd: with_.account_value,
    totalMarginUsed: decimal(with_.account_value).minus(with_.withdrawable).toFixed(),
  };
  return {
    perpMetaAndContexts: async () =>
      schemas.perpMetaAndContexts.parse([
        {
          universe: [
            { name: "BTC", szDecimals: 5, maxLeverage: 40, marginTableId: 40, ...with_.meta },
            { name: "ETH", szDecimals: 4, maxLeverage: 25, marginTableId: 25 },
          ],
          marginTables: [],
        },
        [context(PRICES.BTC), context(PRICES.ETH)],
      ]),
    spotMetaAndContexts: async () =>
      schemas.spotMetaAndContexts.parse([
        {
          universe: [{ name: "@142", index: 142, tokens: [197, 0] }],
          tokens: [
            { name: "USDC", index: 0, szDecimals: 8, weiDecimals: 8, tokenId: "0x6d1e7cde53ba9467b783cb7c530ce054" },
            { name: "UBTC", index: 197, szDecimals: 5, weiDecimals: 10, tokenId: with_.token_id },
          ],
        },
        [{ coin: "@142", markPx: "50010", midPx: "50010", prevDayPx: "50000", dayNtlVlm: "1000000" }],
      ]),
    userAbstraction: async () => with_.mode,
    userFees: async () =>
      schemas.userFees.parse({
        userCrossRate: "0.00045",
        userAddRate: "0.00015",
        userSpotCrossRate: "0.0007",
        userSpotAddRate: "0.0004",
      }),
    l2Book: async (coin) => {
      const price = decimal(coin === "ETH" ? PRICES.ETH : PRICES.BTC);
      const level = (bps: number) => ({
        px: price
          .times(10_000 + bps)
          .div(10_000)
          .toFixed(),
        sz: "10",
        n: 1,
      });
      return schemas.l2Book.parse({ coin, time: at(), levels: [[level(-1)], [level(1)]] });
    },
    perpState: async () =>
      schemas.perpState.parse({
        marginSummary: summary,
        crossMarginSummary: summary,
        crossMaintenanceMarginUsed: "0",
        withdrawable: with_.withdrawable,
        time: at(),
        assetPositions: with_.positions.map(({ coin, size, leverage = 2, mode = "isolated" }) => {
          const value = decimal(size).abs().times(PRICES[coin]);
          return {
            position: {
              coin,
              szi: size,
              leverage: mode === "cross" ? { type: mode, value: leverage } : { type: mode, value: leverage, rawUsd: "0" },
              entryPx: PRICES[coin],
              positionValue: value.toFixed(),
              unrealizedPnl: "0",
              liquidationPx: null,
              marginUsed: value.div(leverage).toFixed(8),
              maxLeverage: 40,
              cumFunding: { allTime: "0", sinceOpen: "0", sinceChange: "0" },
            },
          };
        }),
      }),
    spotState: async () =>
      schemas.spotState.parse({
        balances: [
          { coin: "USDC", token: 0, total: with_.usdc, hold: "0", entryNtl: "0" },
          { coin: "UBTC", token: 197, total: with_.btc, hold: "0", entryNtl: "0" },
        ],
      }),
    openOrders: async () => schemas.openOrders.parse(with_.orders),
  };
}

/** A resting order as the venue writes it: a limit buy of 0.01 BTC at 49,000. */
export function sampleOrder(oid: number, more: object = {}): object {
  return {
    coin: "BTC",
    side: "B",
    limitPx: "49000",
    sz: "0.01",
    origSz: "0.01",
    oid,
    timestamp: NOW,
    reduceOnly: false,
    isTrigger: false,
    triggerPx: "0",
    triggerCondition: "N/A",
    isPositionTpsl: false,
    orderType: "Limit",
    tif: "Gtc",
    ...more,
  };
}

/** What an agent sees of {@link sampleReads}. */
export function sampleSeen(sample: Partial<Sample> = {}, scope: HyperliquidScope = sampleScope): Promise<HyperliquidObservation> {
  return observeHyperliquid({ scope, info: sampleReads(sample), clock: new ManualClock(NOW) });
}

/** Reads that all fail, as when the venue is away. */
export function deadReads(): HyperliquidReads {
  const dead = async () => {
    throw new InfoUnavailableError("meta", new Error("no route"));
  };
  return {
    perpMetaAndContexts: dead,
    spotMetaAndContexts: dead,
    userFees: dead,
    userAbstraction: dead,
    l2Book: dead,
    perpState: dead,
    spotState: dead,
    openOrders: dead,
  };
}
