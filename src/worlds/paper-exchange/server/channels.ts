import type { Subscription } from "./http-front.ts";

/** Asks as a client would over `/info`, without weight and faults. */
export type Ask = (question: Readonly<Record<string, unknown>>) => unknown;

/** What a subscription is about. */
export interface Topic {
  readonly channel: string;
  /** What a notice must be about to reach it: a market's name or an account's address. */
  readonly about: string;
  /** For topics that are a state: how it stands; null where there is nothing of that name. */
  readonly state: ((ask: Ask) => unknown) | null;
  /** For topics that are a stream: what a subscriber is sent first; undefined for nothing. */
  readonly first: ((ask: Ask) => unknown) | null;
}

/** Something that happened, as one item of a stream. */
export interface Notice {
  readonly channel: "trades" | "userFills" | "userFundings" | "userNonFundingLedgerUpdates" | "orderUpdates" | "user";
  readonly about: string;
  readonly item: unknown;
}

type Plain = Readonly<Record<string, unknown>>;
interface Book {
  readonly coin: string;
  readonly time: number;
  readonly levels: readonly [readonly unknown[], readonly unknown[]];
}

/** What a subscription is about, or null for one that the exchange has not. */
export function topicOf(subscription: Subscription): Topic | null {
  const { type, coin, user } = subscription;
  if (type === "allMids") return state("allMids", "", (ask) => ({ mids: ask({ type: "allMids" }) }));
  if (typeof coin === "string") return marketTopic(subscription, coin);
  if (typeof user === "string" && /^0x[0-9a-f]{40}$/.test(user)) return accountTopic(subscription, user);
  return null;
}

function marketTopic(subscription: Subscription, coin: string): Topic | null {
  switch (subscription.type) {
    case "l2Book": {
      const { nSigFigs, mantissa } = subscription;
      return state("l2Book", coin, (ask) => ask({ type: "l2Book", coin, nSigFigs, mantissa }));
    }
    case "bbo":
      return state("bbo", coin, (ask) => {
        const book = ask({ type: "l2Book", coin }) as Book | null;
        return book === null ? null : { coin, time: book.time, bbo: [book.levels[0][0] ?? null, book.levels[1][0] ?? null] };
      });
    case "activeAssetCtx":
      return contextTopic(coin);
    case "activeAssetData": {
      const { user } = subscription;
      return state("activeAssetData", coin, (ask) => ask({ type: "activeAssetData", coin, user }));
    }
    case "candle": {
      const { interval } = subscription;
      return state("candle", coin, (ask) => {
        const candles = ask({ type: "candleSnapshot", req: { coin, interval, startTime: 0 } });
        return Array.isArray(candles) ? (candles.at(-1) ?? undefined) : null;
      });
    }
    case "trades":
      return stream("trades", coin, (ask) => {
        const trades = ask({ type: "recentTrades", coin });
        return Array.isArray(trades) && trades.length > 0 ? trades : undefined;
      });
    default:
      return null;
  }
}

function contextTopic(coin: string): Topic {
  const spot = coin.startsWith("@") || coin.includes("/");
  return state(spot ? "activeSpotAssetCtx" : "activeAssetCtx", coin, (ask) => {
    const [meta, contexts] = ask({ type: spot ? "spotMetaAndAssetCtxs" : "metaAndAssetCtxs" }) as readonly [
      { readonly universe: readonly { readonly name: string }[] },
      readonly unknown[],
    ];
    const i = meta.universe.findIndex(({ name }) => name === coin);
    return i < 0 ? null : { coin, ctx: contexts[i] };
  });
}

function accountTopic({ type, dex = "" }: Subscription, user: string): Topic | null {
  switch (type) {
    case "clearinghouseState":
      return state(type, user, (ask) => ({ dex, user, clearinghouseState: ask({ type, user }) }));
    case "spotState":
      return state(type, user, (ask) => ({ user, spotState: ask({ type: "spotClearinghouseState", user }) }));
    case "openOrders":
      return state(type, user, (ask) => ({ dex, user, orders: ask({ type: "frontendOpenOrders", user }) }));
    case "userFills":
      return stream(type, user, (ask) => ({ user, isSnapshot: true, fills: ask({ type, user }) }));
    case "userFundings":
      return stream(type, user, (ask) => ({
        user,
        isSnapshot: true,
        fundings: (ask({ type: "userFunding", user, startTime: 0 }) as readonly Payment[]).map(flatPayment),
      }));
    case "userNonFundingLedgerUpdates":
      return stream(type, user, (ask) => ({
        user,
        isSnapshot: true,
        nonFundingLedgerUpdates: ask({ type, user, startTime: 0 }),
      }));
    case "orderUpdates":
      return stream(type, user, () => undefined);
    case "userEvents":
      return stream("user", user, () => undefined);
    default:
      return null;
  }
}

interface Payment {
  readonly time: number;
  readonly delta: Plain;
}

/** A funding payment as the socket writes it: without its wrapping. */
export function flatPayment({ time, delta }: Payment): Plain {
  const { coin, usdc, szi, fundingRate, nSamples } = delta;
  return { time, coin, usdc, szi, fundingRate, nSamples };
}

/** One message for the items of a stream since the last one. The channel of an account's events has one for each. */
export function messagesOf(channel: Notice["channel"], user: string, items: readonly unknown[]): readonly unknown[] {
  switch (channel) {
    case "userFills":
      return [{ user, fills: items }];
    case "userFundings":
      return [{ user, fundings: items }];
    case "userNonFundingLedgerUpdates":
      return [{ user, nonFundingLedgerUpdates: items }];
    case "user":
      return items;
    default:
      return [items];
  }
}

function state(channel: string, about: string, read: (ask: Ask) => unknown): Topic {
  return { channel, about, state: read, first: null };
}

function stream(channel: Notice["channel"], about: string, first: (ask: Ask) => unknown): Topic {
  return { channel, about, state: null, first };
}
