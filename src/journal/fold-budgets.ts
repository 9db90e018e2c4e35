import { DAY, HOUR, type Instant, WEEK } from "../core/clock.ts";
import { type Decimal, decimal, sum, ZERO } from "../core/decimal.ts";
import type { AssetId } from "../protocols/effects.ts";
import { unitsOut } from "../protocols/units-out.ts";
import type { FleetBudgets } from "./fold-fleet.ts";
import { marginStaked } from "./fold-margin.ts";
import type { RequestState, WalletState } from "./fold-wallet.ts";
import type { LiveAllowance } from "./live-allowances.ts";
import { ALLOWS, liveSignatures } from "./open-signatures.ts";
import { cyclesOf, EVER, factOf, firstEndOf, type UsdPart } from "./request-history.ts";
import { uncountedOf } from "./transit.ts";

/** What the windows of a wallet hold at an instant; the shape that `judge` reads. */
export interface Budgets {
  readonly at: Instant;
  readonly spend_hour_usd: Decimal;
  /** Of the last 24 hours, like all that names no other time. */
  readonly spend_usd: Decimal;
  readonly spend_week_usd: Decimal;
  /** Since the terms were first pinned. */
  readonly spend_total_usd: Decimal;
  /** What settled requests left allowed, by "owner asset spender". It is spend for as long as it is live. */
  readonly allowances: Readonly<Record<string, LiveAllowance>>;
  readonly loss_usd: Decimal;
  readonly exit_loss_usd: Decimal;
  readonly gas_usd: Decimal;
  readonly exit_gas_usd: Decimal;
  readonly spend_units: Readonly<Record<string, Decimal>>;
  readonly cycle_buys_usd: Decimal;
  readonly cycle_sells_usd: Decimal;
  /** Whole tokens that requests of the cycle reserved to give up, by symbol. Absent: none did. */
  readonly cycle_units?: Readonly<Record<string, Decimal>>;
  readonly cycle_actions: number;
  readonly cycle_spent: boolean;
  readonly trades_last_hour: number;
  readonly last_trade_at: Instant | null;
  readonly consecutive_failures: number;
  readonly high_water_usd: Decimal | null;
  readonly frozen: { readonly code: string; readonly reason: string } | null;
  readonly refills: Readonly<Record<string, Instant>>;
  /** What the journal says is held, by "account asset", where that is on several chains: a request shows only its own. */
  readonly held?: Readonly<Record<string, Decimal>>;
  /** What may still arrive from another chain and counts as held no more, whole tokens by asset. Absent: nothing. */
  readonly coming?: Readonly<Record<string, Decimal>>;
  /** Whom requests have called, paid or given an allowance, by "chain address", where the terms asked for that record. */
  readonly met?: readonly string[];
  /** What messages that are live give others, whole tokens by asset. Absent: none is live. It is in the windows as well. */
  readonly signed?: SignedAway;
  /** What would stand behind an exchange's positions had nothing been lost of it lately. Absent: none is traded. */
  readonly margin_staked_usd?: Decimal;
  /** What the wallets that share a budget have taken of it. Absent: this one shares none. */
  readonly fleet?: FleetBudgets;
}

/** What live messages let others take at once, and what they let them be allowed: the worth is that of the signing. */
export interface SignedAway {
  readonly pays: Readonly<Record<string, Decimal>>;
  readonly allows: Readonly<Record<string, LiveAllowance>>;
}

/**
 * Budgets for a request of `cycle` at `now`. Windows are half-open: what ended exactly a day ago is out.
 * `now` is never less than the stream's last entry, so a clock set back frees nothing.
 */
export function budgetsAt(state: WalletState, now: Instant, cycle: number, fleet?: FleetBudgets): Budgets {
  const at = Math.max(now, state.at);
  const inDay = (part: UsdPart) => state.requests.sumSince(part, at - DAY);
  const ofCycle = state.requests.ofCycle(cycle).filter((request) => !isReleased(request));
  const lastHour = tradesSince(state, at - HOUR, cycle);
  const signed = signedAway(state);
  const met = metBy(state);
  const coming = uncountedOf(state.transit, at);
  const staked = marginStaked(state, at);
  const cycleUnits = unitsReserved(ofCycle);
  return {
    at,
    spend_hour_usd: state.requests.sumSince("spend_usd", at - HOUR),
    spend_usd: inDay("spend_usd"),
    spend_week_usd: state.requests.sumSince("spend_usd", at - WEEK),
    spend_total_usd: state.requests.sumSince("spend_usd", EVER),
    allowances: state.allowances,
    loss_usd: inDay("loss_usd"),
    exit_loss_usd: inDay("exit_loss_usd"),
    gas_usd: inDay("gas_usd"),
    exit_gas_usd: inDay("exit_gas_usd"),
    spend_units: unitTotals(state.requests.where(hasUnits).since(at - DAY)),
    // A cycle's sum keeps what each request reserved, so that a fill below it makes no room for another.
    cycle_buys_usd: sum(ofCycle.map(({ reserved }) => decimal(reserved.at_worst.buys_usd))),
    cycle_sells_usd: sum(ofCycle.map(({ reserved }) => decimal(reserved.at_worst.sells_usd))),
    ...(Object.keys(cycleUnits).length === 0 ? {} : { cycle_units: cycleUnits }),
    cycle_actions: ofCycle.reduce((count, { reserved }) => count + reserved.actions, 0),
    cycle_spent: ofCycle.some(countsAsTrade),
    trades_last_hour: new Set(lastHour.flatMap(({ cycles }) => cycles)).size,
    last_trade_at: lastTradeAt(state, at, cycle),
    consecutive_failures: state.consecutiveFailures,
    high_water_usd: state.highWaterUsd,
    frozen: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
    refills: refillsOf(state, at, lastHour),
    ...(onSeveralChains(state.holdings) ? { held: state.holdings } : {}),
    ...(Object.keys(coming).length === 0 ? {} : { coming }),
    ...(met.length === 0 ? {} : { met }),
    ...(signed === null ? {} : { signed }),
    ...(staked === null ? {} : { margin_staked_usd: staked }),
    ...(fleet === undefined ? {} : { fleet }),
  };
}

const addressesOf = factOf((requests) =>
  requests.flatMap((request) => (isReleased(request) ? [] : (request.reserved.addresses ?? []))),
);

function metBy({ requests }: WalletState): readonly string[] {
  return [...new Set(requests.leaves.flatMap(addressesOf))];
}

/** Trades of some requests: their cycles, and when the first and the last of those that ended did. */
interface Trades {
  readonly cycles: readonly number[];
  readonly first: Instant | null;
  /** Infinity: one is open. Null: there is none. */
  readonly last: Instant | null;
}

function tradesIn(requests: readonly RequestState[]): Trades {
  const trades = requests.filter(countsAsTrade);
  return {
    cycles: [...new Set(trades.map(({ cycle }) => cycle))],
    first: earliest(trades.flatMap(({ closedAt }) => closedAt ?? [])),
    last: latest(trades.map(({ closedAt }) => closedAt ?? Number.POSITIVE_INFINITY)),
  };
}

const tradesOf = factOf(tradesIn);

/** Trades of other cycles that are open or were closed after an instant. */
function tradesSince({ requests }: WalletState, after: Instant, cycle: number): readonly Trades[] {
  return requests.leavesSince(after).map((leaf) => {
    if (firstEndOf(leaf) > after && !cyclesOf(leaf).has(cycle)) return tradesOf(leaf);
    const late = [...leaf.values()].filter(({ closedAt }) => closedAt === null || closedAt > after);
    return tradesIn(late.filter((one) => one.cycle !== cycle));
  });
}

/** When the newest trade of other cycles was closed; an open one is of now. Null: there was none. */
function lastTradeAt(state: WalletState, at: Instant, cycle: number): Instant | null {
  const last = latest(tradesSince(state, EVER, cycle).flatMap((trades) => trades.last ?? []));
  return last === Number.POSITIVE_INFINITY ? at : last;
}

function signedAway(state: WalletState): SignedAway | null {
  const live = liveSignatures(state);
  if (live.length === 0) return null;
  const pays: Record<string, Decimal> = {};
  const allows: Record<string, LiveAllowance> = {};
  for (const { signature, reserved } of live) {
    for (const { asset, amount: text } of signature.amounts) {
      const amount = decimal(text);
      if (signature.type !== ALLOWS) {
        pays[asset] = (pays[asset] ?? ZERO).plus(amount);
        continue;
      }
      const usd = amount.times(decimal(reserved.prices[asset] ?? "0"));
      const known = allows[asset] ?? { amount: ZERO, usd: ZERO };
      allows[asset] = { amount: known.amount.plus(amount), usd: known.usd.plus(usd) };
    }
  }
  return { pays, allows };
}

function onSeveralChains(holdings: WalletState["holdings"]): boolean {
  return new Set(Object.keys(holdings).map((key) => key.split(" ")[1]?.split("/")[0])).size > 1;
}

function isReleased({ settled }: RequestState): boolean {
  return settled?.outcome === "released";
}

/** Getting safer counts in no rate and starts no cooldown. */
export function countsAsTrade(request: RequestState): boolean {
  return request.reserved.class !== "reduce" && !isReleased(request);
}

function unitsReserved(requests: readonly RequestState[]): Readonly<Record<string, Decimal>> {
  const totals: Record<string, Decimal> = {};
  for (const { reserved } of requests) {
    const bounds = reserved.bounds.map(({ asset, least }) => ({ asset: asset as AssetId, least: decimal(least) }));
    for (const [symbol, amount] of Object.entries(unitsOut(bounds))) totals[symbol] = (totals[symbol] ?? ZERO).plus(amount);
  }
  return totals;
}

const hasUnits = factOf((requests) => requests.some(({ amounts }) => Object.keys(amounts.spend_units).length > 0));

function unitTotals(requests: readonly RequestState[]): Readonly<Record<string, Decimal>> {
  const totals: Record<string, Decimal> = {};
  for (const { amounts } of requests) {
    for (const [token, amount] of Object.entries(amounts.spend_units)) totals[token] = (totals[token] ?? ZERO).plus(amount);
  }
  return totals;
}

/** When the oldest part of each budget ages out. What is still open ages out never, so it names no instant. */
function refillsOf({ requests }: WalletState, at: Instant, lastHour: readonly Trades[]): Readonly<Record<string, Instant>> {
  const oldest = (part: UsdPart, length: number) => {
    const first = requests.firstSince(part, at - length);
    return first === null ? null : first + length;
  };
  const entries: readonly (readonly [string, Instant | null])[] = [
    ["max_hourly_spend_usd", oldest("spend_usd", HOUR)],
    ["max_daily_spend_usd", oldest("spend_usd", DAY)],
    ["max_weekly_spend_usd", oldest("spend_usd", WEEK)],
    ["max_daily_loss_usd", oldest("loss_usd", DAY)],
    ["max_gas_usd_per_day", oldest("gas_usd", DAY)],
    ["exit_gas_usd_per_day", oldest("exit_gas_usd", DAY)],
    ["max_trades_per_hour", earliest(lastHour.flatMap(({ first }) => (first === null ? [] : [first + HOUR])))],
  ];
  return Object.fromEntries(entries.flatMap(([name, end]) => (end === null ? [] : [[name, end]])));
}

function earliest(instants: readonly Instant[]): Instant | null {
  return instants.length === 0 ? null : Math.min(...instants);
}

function latest(instants: readonly Instant[]): Instant | null {
  return instants.length === 0 ? null : Math.max(...instants);
}
