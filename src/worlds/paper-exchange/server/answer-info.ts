import type { Instant } from "../../../core/clock.ts";
import { Decimal, sum } from "../../../core/decimal.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import { DEFAULT_FEES } from "../engine/build-state.ts";
import type { Exchange } from "../engine/exchange.ts";
import type { ApiWallets } from "./api-wallets.ts";
import type { EquityHistory, Sample } from "./equity-history.ts";
import { basicOrder } from "./notices.ts";
import type { AddressQuotas } from "./rate-limits.ts";
import type { Question } from "./read-question.ts";

/** What questions are answered from. */
export interface Known {
  readonly exchange: Exchange;
  readonly wallets: ApiWallets;
  readonly quotas: AddressQuotas;
  readonly equity: EquityHistory;
}

/** Answers that are lists have at most this many items, as at the venue. */
const MOST_FILLS = 2_000;
const MOST_ITEMS = 500;
const MOST_CANDLES = 5_000;
const HOUR = 3_600_000;

/** The answer of `/info` to a question, as it goes over the wire. */
export function answerInfo(known: Known, question: Question): unknown {
  return "user" in question ? ofUser(known, question) : ofMarket(known.exchange, question);
}

function ofMarket(exchange: Exchange, question: Exclude<Question, { readonly user: unknown }>): unknown {
  switch (question.type) {
    case "meta":
      return exchange.perpMeta();
    case "allPerpMetas":
      return [exchange.perpMeta()];
    case "metaAndAssetCtxs":
      return [exchange.perpMeta(), exchange.perpContexts()];
    case "spotMeta":
      return exchange.spotMeta();
    case "spotMetaAndAssetCtxs":
      return [exchange.spotMeta(), exchange.spotContexts()];
    case "outcomeMeta":
      return { outcomes: [], questions: [] };
    case "perpDexs":
      return [null];
    case "allMids":
      return exchange.mids();
    case "predictedFundings":
      return predictedFundings(exchange);
    case "maxMarketOrderNtls":
      return maxMarketOrders(exchange);
    case "perpsAtOpenInterestCap":
      return cappedPerps(exchange);
    case "exchangeStatus":
      return { time: exchange.now, specialStatuses: null };
    case "l2Book": {
      const { coin, nSigFigs, mantissa } = question;
      return exchange.book(coin, { ...(nSigFigs ? { nSigFigs } : {}), ...(mantissa ? { mantissa } : {}) });
    }
    case "candleSnapshot": {
      const { coin, interval, startTime, endTime } = question.req;
      return exchange.candles(coin, interval, startTime, endTime ?? exchange.now).slice(-MOST_CANDLES);
    }
    case "fundingHistory":
      return within(exchange.fundingHistory(question.coin), question, exchange.now).slice(0, MOST_ITEMS);
    case "recentTrades":
      return exchange.trades(question.coin).slice(-10).reverse();
  }
}

type OfUser = Extract<Question, { readonly user: unknown }>;

function ofUser(known: Known, question: OfUser): unknown {
  const { exchange, wallets, quotas } = known;
  const { user } = question;
  switch (question.type) {
    case "clearinghouseState":
      return exchange.perpState(user);
    case "spotClearinghouseState":
      return exchange.spotState(user);
    case "openOrders":
      return exchange.openOrders(user).map(basicOrder);
    case "frontendOpenOrders":
      return exchange.openOrders(user);
    case "orderStatus": {
      const { oid } = question;
      const found = exchange.orderStatus(user, typeof oid === "string" ? (oid.toLowerCase() as Hex) : oid);
      return found === null ? { status: "unknownOid" } : { status: "order", order: found };
    }
    case "userFills":
      return exchange.fills(user).slice(-MOST_FILLS).reverse();
    case "userFillsByTime":
      return within(exchange.fills(user), question, exchange.now).slice(0, MOST_FILLS);
    case "userFunding":
      return within(exchange.fundings(user), question, exchange.now).slice(0, MOST_ITEMS);
    case "userNonFundingLedgerUpdates":
      return within(exchange.ledger(user), question, exchange.now).slice(0, MOST_ITEMS);
    case "historicalOrders":
      return exchange.historicalOrders(user);
    case "portfolio":
      return known.equity.portfolio(user, sampleOf(exchange, user));
    case "userFees":
      return userFees(exchange, user);
    case "userRateLimit": {
      const volume = new Decimal(exchange.volume(user));
      const [used, cap] = [quotas.used(user), quotas.cap(volume)];
      return { cumVlm: volume.toFixed(2), nRequestsUsed: used, nRequestsCap: cap, nRequestsSurplus: Math.max(0, used - cap) };
    }
    case "userRole":
      return roleOf(known, user);
    case "userAbstraction":
      return exchange.modeOf(user);
    case "userDexAbstraction":
      return exchange.modeOf(user) === "dexAbstraction" ? true : null;
    case "extraAgents":
      return wallets
        .of(user, exchange.now)
        .filter(({ name }) => name !== "")
        .map(({ address, name, validUntil }) => ({ address, name, validUntil }));
    case "subAccounts":
      return subAccounts(exchange, user);
    case "activeAssetData":
      return exchange.activeAssetData(user, question.coin);
  }
}

/** How an account stands now, in dollars: perpetuals, and spot at its marks. */
export function sampleOf(exchange: Exchange, user: Address): Sample {
  const prices = new Map(exchange.spotContexts().map(({ coin, markPx }) => [coin, markPx]));
  const { universe, tokens } = exchange.spotMeta();
  const priceOf = (token: number) =>
    token === 0 ? "1" : (prices.get(universe.find(({ tokens: [base] }) => base === token)?.name ?? "") ?? "0");
  const spot = sum(exchange.spotState(user).balances.map(({ token, total }) => new Decimal(total).times(priceOf(token))));
  const perp = exchange.accountValue(user);
  return {
    at: exchange.now,
    total: spot.plus(perp).toFixed(),
    perp,
    paidIn: sum(exchange.ledger(user).map(({ delta }) => paidIn(delta, user, tokens))).toFixed(),
    volume: exchange.volume(user),
  };
}

/** Dollars that one line of an account's ledger put in, less what it took out. */
function paidIn(
  delta: { readonly type: string; readonly [key: string]: unknown },
  user: Address,
  tokens: readonly { readonly name: string }[],
): Decimal {
  const amount = new Decimal(String(delta.usdc ?? delta.usdcValue ?? 0));
  switch (delta.type) {
    case "deposit":
    case "vaultWithdraw":
      return amount;
    case "withdraw":
      return amount.plus(String(delta.fee)).neg();
    case "vaultDeposit":
      return amount.neg();
    case "internalTransfer":
    case "subAccountTransfer":
      return delta.destination === user ? amount : amount.neg();
    case "spotTransfer":
      return tokens.some(({ name }) => name === delta.token) && delta.destination === user ? amount : amount.neg();
    default:
      return new Decimal(0);
  }
}

function within<T extends { readonly time: Instant }>(
  items: readonly T[],
  { startTime, endTime }: { readonly startTime?: number | null | undefined; readonly endTime?: number | null | undefined },
  now: Instant,
): readonly T[] {
  return items.filter(({ time }) => time >= (startTime ?? 0) && time <= (endTime ?? now));
}

function predictedFundings(exchange: Exchange): unknown {
  const nextFundingTime = (Math.floor(exchange.now / HOUR) + 1) * HOUR;
  return exchange
    .perpMeta()
    .universe.map(({ name }) => [
      name,
      [["HlPerp", { fundingRate: exchange.predictedFunding(name), nextFundingTime, fundingIntervalHours: 1 }]],
    ]);
}

/** Dollars that one market order may have, by a market's highest leverage. */
function maxMarketOrders(exchange: Exchange): unknown {
  const leverages = new Set(exchange.perpMeta().universe.map(({ maxLeverage }) => maxLeverage));
  const limit = (leverage: number) =>
    leverage >= 25 ? "15000000.0" : leverage >= 20 ? "5000000.0" : leverage >= 10 ? "2000000.0" : "500000.0";
  return [...leverages].sort((a, b) => b - a).map((leverage) => [leverage, limit(leverage)]);
}

function cappedPerps(exchange: Exchange): readonly string[] {
  const contexts = exchange.perpContexts();
  return exchange.config.perps.flatMap(({ coin, openInterestCap }, i) => {
    const context = contexts[i];
    if (openInterestCap === undefined || context === undefined) return [];
    return new Decimal(context.openInterest).times(context.markPx).gte(openInterestCap) ? [coin] : [];
  });
}

function userFees(exchange: Exchange, user: Address): unknown {
  const tiers = exchange.config.fees ?? DEFAULT_FEES;
  const [base, ...rest] = tiers.map(({ volume, taker, maker, spotTaker, spotMaker }) => ({
    ntlCutoff: volume,
    cross: taker,
    add: maker,
    spotCross: spotTaker,
    spotAdd: spotMaker,
  }));
  const { ntlCutoff: _none, ...schedule } = base ?? { ntlCutoff: "0" };
  return {
    dailyUserVlm: [],
    feeSchedule: { ...schedule, tiers: { vip: rest, mm: [] }, referralDiscount: "0.0", stakingDiscountTiers: [] },
    ...exchange.feeRates(user),
    activeReferralDiscount: "0.0",
    trial: null,
    feeTrialEscrow: "0.0",
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: "0.0", discount: "0.0" },
  };
}

function roleOf({ exchange, wallets }: Known, user: Address): unknown {
  const master = wallets.masterOf(user, exchange.now);
  if (master !== null) return { role: "agent", data: { user: master } };
  const kind = exchange.kindOf(user);
  if (kind === null) return { role: "missing" };
  if (kind === "sub") return { role: "subAccount", data: { master: exchange.ownerOf(user) } };
  return { role: kind === "vault" ? "vault" : "user" };
}

function subAccounts(exchange: Exchange, master: Address): unknown {
  const own = exchange.subAccountsOf(master).map(({ address, name }) => ({
    name,
    subAccountUser: address,
    master,
    clearinghouseState: exchange.perpState(address),
    spotState: exchange.spotState(address),
  }));
  return own.length === 0 ? null : own;
}
