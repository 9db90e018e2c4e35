import { z } from "zod";

const user = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);
const instant = z.int().nonnegative();
const until = instant.nullish();
const from = instant.nullish();
const coin = z.string().max(100);
const dex = z.literal("").nullish();

export const INTERVALS = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"] as const;

const ofUser = <T extends string>(type: T) => z.object({ type: z.literal(type), user, dex });
const alone = <T extends string>(type: T) => z.object({ type: z.literal(type), dex });

/** Every question that the exchange answers, by its type. The venue's own dex is the only one. */
const question = z.discriminatedUnion("type", [
  alone("meta"),
  alone("metaAndAssetCtxs"),
  alone("allPerpMetas"),
  alone("spotMeta"),
  alone("spotMetaAndAssetCtxs"),
  alone("outcomeMeta"),
  alone("perpDexs"),
  alone("allMids"),
  alone("predictedFundings"),
  alone("maxMarketOrderNtls"),
  alone("perpsAtOpenInterestCap"),
  alone("exchangeStatus"),
  z.object({
    type: z.literal("l2Book"),
    coin,
    nSigFigs: z.union([z.literal(2), z.literal(3), z.literal(4), z.literal(5)]).nullish(),
    mantissa: z.union([z.literal(2), z.literal(5)]).nullish(),
  }),
  z.object({
    type: z.literal("candleSnapshot"),
    req: z.object({ coin, interval: z.enum(INTERVALS), startTime: instant, endTime: until }),
  }),
  z.object({ type: z.literal("fundingHistory"), coin, startTime: instant, endTime: until }),
  z.object({ type: z.literal("recentTrades"), coin }),
  ofUser("clearinghouseState"),
  ofUser("spotClearinghouseState"),
  ofUser("openOrders"),
  ofUser("frontendOpenOrders"),
  z.object({
    type: z.literal("orderStatus"),
    user,
    oid: z.union([z.int().nonnegative(), z.string().regex(/^0x[0-9a-fA-F]{32}$/)]),
  }),
  ofUser("userFills"),
  z.object({ type: z.literal("userFillsByTime"), user, startTime: instant, endTime: until }),
  z.object({ type: z.literal("userFunding"), user, startTime: from, endTime: until }),
  z.object({ type: z.literal("userNonFundingLedgerUpdates"), user, startTime: from, endTime: until }),
  ofUser("historicalOrders"),
  ofUser("portfolio"),
  ofUser("userFees"),
  ofUser("userRateLimit"),
  ofUser("userRole"),
  ofUser("userAbstraction"),
  ofUser("userDexAbstraction"),
  ofUser("extraAgents"),
  ofUser("subAccounts"),
  z.object({ type: z.literal("activeAssetData"), user, coin }),
]);

export type Question = z.infer<typeof question>;

/** A question, or null for what is none of the exchange's. */
export function readQuestion(body: unknown): Question | null {
  const read = question.safeParse(body);
  return read.success ? read.data : null;
}
