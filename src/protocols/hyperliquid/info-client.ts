import type { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { MandateError, messageOf } from "../../core/errors.ts";
import { type Address, type Hex, lower } from "../../core/hex.ts";
import { postJson } from "../post-json.ts";
import { HttpRequestError } from "../request-errors.ts";
import * as schemas from "./info-schemas.ts";

/** Of what a venue says where it refuses, no more is told. */
const MOST_TOLD = 300;

/** The venue did not answer, or with an error: what was asked is not known. */
export class InfoUnavailableError extends MandateError {
  constructor(type: string, cause: unknown) {
    super("HYPERLIQUID_UNAVAILABLE", `Hyperliquid did not answer ${type}: ${toldBy(cause).slice(0, MOST_TOLD)}`, {
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

/** The venue's answer has the form that we read, and cannot be true: one part of it contradicts another. */
export class InfoContradictionError extends MandateError {
  constructor(type: string, what: string) {
    super("HYPERLIQUID_ANSWER", `Hyperliquid's answer to ${type} contradicts itself: ${what}`, {
      remedy: "Nothing is done on an answer that cannot be true. Ask again; look at the venue's status where it stays so.",
      details: { type },
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
  /** In what mode an account is: "default", "disabled", "unifiedAccount", "portfolioMargin", or another word. */
  userAbstraction(user: Address): Read<typeof schemas.userAbstraction>;
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
    userAbstraction: (user) => ask(schemas.userAbstraction, "userAbstraction", { user: lower(user) }),
    exchangeStatus: () => ask(schemas.exchangeStatus, "exchangeStatus"),
    extraAgents: (user) => ask(schemas.extraAgents, "extraAgents", { user: lower(user) }),
  };
}

/**
 * Asks `/info` over HTTP: no answer that is endless, and nobody that the URL does not name.
 *
 * @param url - without "/info".
 */
export function httpTransport(url: string, timeout = 10_000): InfoTransport {
  const info = endpoint(url, "info");
  return (question) => postJson(info, JSON.stringify(question), { timeout });
}

/** Where a venue answers what. Keeps the URL's own path. */
export function endpoint(url: string, name: "info" | "exchange"): string {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/$/, "")}/${name}`;
  return base.href;
}

/** Why there was no answer, on one line and without the URL, which may have a key in it. */
function toldBy(thrown: unknown): string {
  const status = statusOf(thrown);
  return [...(status === undefined ? [] : [String(status)]), messageOf(thrown)].join(" ");
}

/** With what HTTP status a venue refused. Undefined: it did not answer, or something else was thrown. */
export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof HttpRequestError ? thrown.status : undefined;
}

/** The venue was asked too much. */
export function isTooMany(error: unknown): boolean {
  return error instanceof InfoUnavailableError && statusOf(error.cause) === 429;
}

/** The venue answers, and not this: it has no such question. */
export function isUnknownQuestion(error: unknown): boolean {
  const status = error instanceof InfoUnavailableError ? (statusOf(error.cause) ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 429;
}
