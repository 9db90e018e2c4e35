import { HttpTransport } from "@nktkas/hyperliquid";
import type { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { MandateError, messageOf } from "../../core/errors.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import * as schemas from "./info-schemas.ts";

/** The venue did not answer, or with an error: what was asked is not known. */
export class InfoUnavailableError extends MandateError {
  constructor(type: string, cause: unknown) {
    super("HYPERLIQUID_UNAVAILABLE", `Hyperliquid did not answer ${type}: ${messageOf(cause)}`, {
      remedy: "Try again later, or look at the URL.",
      details: { type },
      cause,
    });
  }
}

/** The venue's answer is not of the form that we read. */
export class InfoShapeError extends MandateError {
  constructor(type: string, error: z.ZodError) {
    const [issue] = error.issues;
    super("HYPERLIQUID_ANSWER", `Hyperliquid's answer to ${type} is not understood at ${issue?.path.join(".") ?? "its root"}`, {
      remedy: "Nothing is done on an answer that cannot be read. Look for a newer release.",
      details: { type, issue: issue?.message ?? null },
      cause: error,
    });
  }
}

/** Answers a question as `/info` does, given the question's body. */
export type InfoTransport = (question: Readonly<Record<string, unknown>>) => Promise<unknown>;

export interface InfoClientOptions {
  /** The venue's HTTP API without "/info", or whatever else answers as it does. */
  readonly url: string | InfoTransport;
  /** How long an answer may take, in milliseconds of the machine. */
  readonly deadlineMs?: number;
}

type Read<S extends z.ZodType> = Promise<z.infer<S>>;

/** Questions to the venue that need no key. Every answer is read strictly, numbers as exact decimals. */
export interface InfoClient {
  perpMeta(dex?: string): Read<typeof schemas.perpMeta>;
  perpMetaAndContexts(dex?: string): Read<typeof schemas.perpMetaAndContexts>;
  spotMeta(): Read<typeof schemas.spotMeta>;
  spotMetaAndContexts(): Read<typeof schemas.spotMetaAndContexts>;
  allMids(dex?: string): Read<typeof schemas.allMids>;
  l2Book(coin: string): Read<typeof schemas.l2Book>;
  candles(coin: string, interval: string, from: Instant, until?: Instant): Read<typeof schemas.candles>;
  fundingHistory(coin: string, from: Instant, until?: Instant): Read<typeof schemas.fundingHistory>;
  perpState(user: Address, dex?: string): Read<typeof schemas.perpState>;
  spotState(user: Address): Read<typeof schemas.spotState>;
  openOrders(user: Address, dex?: string): Read<typeof schemas.openOrders>;
  orderStatus(user: Address, id: number | Hex): Read<typeof schemas.orderStatus>;
  fills(user: Address, from: Instant, until?: Instant): Read<typeof schemas.fills>;
  fundingPayments(user: Address, from: Instant, until?: Instant): Read<typeof schemas.fundingPayments>;
  userFees(user: Address): Read<typeof schemas.userFees>;
  userRateLimit(user: Address): Read<typeof schemas.userRateLimit>;
  /** How the account has set a perpetual. */
  activeAssetData(user: Address, coin: string): Read<typeof schemas.activeAssetData>;
  /** Deposits, withdrawals, transfers and liquidations, oldest first. */
  ledgerUpdates(user: Address, from: Instant, until?: Instant): Read<typeof schemas.ledgerUpdates>;
  userRole(user: Address): Read<typeof schemas.userRole>;
  extraAgents(user: Address): Read<typeof schemas.extraAgents>;
  exchangeStatus(): Read<typeof schemas.exchangeStatus>;
}

/**
 * A client of a venue's `/info`.
 *
 * Every method throws {@link InfoUnavailableError} or {@link InfoShapeError}.
 */
export function infoClient({ url, deadlineMs = 10_000 }: InfoClientOptions): InfoClient {
  const transport = typeof url === "function" ? url : httpTransport(url, deadlineMs);
  const ask = async <S extends z.ZodType>(schema: S, type: string, rest: Readonly<Record<string, unknown>> = {}): Read<S> => {
    let answer: unknown;
    try {
      answer = await transport({ type, ...rest });
    } catch (error) {
      throw new InfoUnavailableError(type, error);
    }
    const read = schema.safeParse(answer);
    if (!read.success) throw new InfoShapeError(type, read.error);
    return read.data;
  };
  const inDex = (dex: string | undefined) => (dex === undefined || dex === "" ? {} : { dex });
  const span = (startTime: Instant, endTime: Instant | undefined) =>
    endTime === undefined ? { startTime } : { startTime, endTime };
  return {
    perpMeta: (dex) => ask(schemas.perpMeta, "meta", inDex(dex)),
    perpMetaAndContexts: (dex) => ask(schemas.perpMetaAndContexts, "metaAndAssetCtxs", inDex(dex)),
    spotMeta: () => ask(schemas.spotMeta, "spotMeta"),
    spotMetaAndContexts: () => ask(schemas.spotMetaAndContexts, "spotMetaAndAssetCtxs"),
    allMids: (dex) => ask(schemas.allMids, "allMids", inDex(dex)),
    l2Book: (coin) => ask(schemas.l2Book, "l2Book", { coin }),
    candles: (coin, interval, from, until) =>
      ask(schemas.candles, "candleSnapshot", { req: { coin, interval, ...span(from, until) } }),
    fundingHistory: (coin, from, until) => ask(schemas.fundingHistory, "fundingHistory", { coin, ...span(from, until) }),
    perpState: (user, dex) => ask(schemas.perpState, "clearinghouseState", { user: lower(user), ...inDex(dex) }),
    spotState: (user) => ask(schemas.spotState, "spotClearinghouseState", { user: lower(user) }),
    openOrders: (user, dex) => ask(schemas.openOrders, "frontendOpenOrders", { user: lower(user), ...inDex(dex) }),
    orderStatus: (user, id) => ask(schemas.orderStatus, "orderStatus", { user: lower(user), oid: id }),
    fills: (user, from, until) => ask(schemas.fills, "userFillsByTime", { user: lower(user), ...span(from, until) }),
    fundingPayments: (user, from, until) =>
      ask(schemas.fundingPayments, "userFunding", { user: lower(user), ...span(from, until) }),
    userFees: (user) => ask(schemas.userFees, "userFees", { user: lower(user) }),
    userRateLimit: (user) => ask(schemas.userRateLimit, "userRateLimit", { user: lower(user) }),
    activeAssetData: (user, coin) => ask(schemas.activeAssetData, "activeAssetData", { user: lower(user), coin }),
    ledgerUpdates: (user, from, until) =>
      ask(schemas.ledgerUpdates, "userNonFundingLedgerUpdates", { user: lower(user), ...span(from, until) }),
    userRole: (user) => ask(schemas.userRole, "userRole", { user: lower(user) }),
    exchangeStatus: () => ask(schemas.exchangeStatus, "exchangeStatus"),
    extraAgents: (user) => ask(schemas.extraAgents, "extraAgents", { user: lower(user) }),
  };
}

/** Asks `/info` over HTTP. @param url - without "/info". */
export function httpTransport(url: string, timeout = 10_000): InfoTransport {
  const transport = new HttpTransport({ apiUrl: url, timeout });
  return (question) => transport.request("info", { ...question });
}
