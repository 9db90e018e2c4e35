import { BPS, type Decimal, decimal, max, ZERO } from "../../core/decimal.ts";
import { above, type Bound, boundOf, plus, smaller, times } from "../bound.ts";
import { dollars } from "../dollars.ts";
import type { Limit, Limits, Terms } from "../terms.ts";
import { figure, type WorstCase, type WorstCaseOptions, type WorstTerm } from "../worst-figure.ts";
import type { ExchangeBook, MarketEntry } from "./exchange-book.ts";

/** The terms of each figure of an exchange's worst case. */
export interface ExchangeWorstTerms {
  readonly per_trade: readonly WorstTerm[];
  readonly per_day: readonly WorstTerm[];
  readonly in_all: readonly WorstTerm[];
}

const HUNDRED = decimal(100);

const NEEDED = {
  per_trade: ["max_single_trade_usd", "max_slippage_bps", "max_exit_cost_bps"],
  per_day: ["max_daily_loss_usd", "max_daily_spend_usd", "max_position_size_usd", "max_exit_cost_bps", "max_margin_at_risk_usd"],
  in_all: [
    "stop_loss_pct",
    "max_position_size_usd",
    "max_daily_spend_usd",
    "max_single_trade_usd",
    "max_slippage_bps",
    "max_exit_cost_bps",
    "max_margin_at_risk_usd",
  ],
} as const;

/** The worst case of a mandate whose money is at an exchange. */
export function exchangeWorstCase(
  terms: Terms,
  [label, book]: readonly [string, ExchangeBook],
  options: WorstCaseOptions,
): WorstCase {
  const { limits } = terms;
  const found = exchangeWorstTerms(terms, book, options);
  const where = book.api === "world" ? "the world's own exchange; nothing real is at stake" : `trusts ${book.api} entirely`;
  const value = options.value_usd;
  return {
    per_trade: figure(found.per_trade, limits, NEEDED.per_trade),
    per_day: figure(found.per_day, limits, NEEDED.per_day),
    in_all: figure(found.in_all, limits, NEEDED.in_all),
    assets: ["USDC", ...limits.allowed_markets],
    in_units: {},
    receivers: [
      ...limits.allowed_markets.map((market) => `whoever stands in the book of ${label}/${market}`),
      `the venue's fees, its funding and whoever liquidates at ${label}`,
    ],
    rests_on: [
      `${label}: the word of one venue about balances, prices, fills and liquidations: ${where}`,
      "the oracle of each market stands within its deviation_bps of the truth",
      `funding takes at most ${book.funding_cap_bps.toFixed()} bps of a position an hour, out of its margin`,
      ...(limits.margin_mode === "cross" ? ["cross margin is allowed: the whole account stands behind every position"] : []),
      ...(value === undefined
        ? ["the account holds no more than the position limits allow"]
        : [`the account is worth ${dollars(value)} at its high`]),
      "no position is above max_position_size_usd at the start of the day",
      "what the market does to what is held is not in it, but for what liquidations take",
    ],
  };
}

/**
 * What a hostile model can lose at an exchange, at pinned prices.
 *
 * Let D be the day's spend, which bounds what can be opened (N ≤ D, notional), and E what is held. What is closed is
 * C ≤ E + N. A request that does not reduce takes its slip and fees from max_daily_loss_usd; one that does may lose
 * max_exit_cost_bps of what it closes, fees included. Both may be made while the oracle stands deviation_bps off.
 * Funding and liquidation take margin and nothing else: an isolated position loses no more than what stands behind it.
 */
export function exchangeWorstTerms(terms: Terms, book: ExchangeBook, { value_usd: value }: WorstCaseOptions): ExchangeWorstTerms {
  const { limits } = terms;
  const allowed = limits.allowed_markets.flatMap((label) => (book.markets[label] ? [book.markets[label]] : []));
  const positions = times(boundOf(limits.max_position_size_usd), decimal(allowed.length));
  const perps = allowed.some(({ kind }) => kind === "perp");
  const held =
    value === undefined || limits.max_leverage === "unlimited"
      ? positions
      : smaller(positions, times(boundOf(limits.max_leverage), value));
  const opened = boundOf(limits.max_daily_spend_usd);
  const closed = plus(held, opened);
  const trade = boundOf(limits.max_single_trade_usd);
  const slippage = share(limits.max_slippage_bps);
  const exit = share(limits.max_exit_cost_bps);
  const error = worstOf(allowed, ({ deviation_bps }) => deviation_bps).div(BPS);
  const fee = worstOf(allowed, ({ kind }) => book.fee_bps[kind]).div(BPS);
  const margin = marginAtRisk(limits, value, perps);
  const stop = limits.stop_loss_pct;
  const atStop = times(stop === "unlimited" ? "unbounded" : stop.div(HUNDRED), value ?? positions);
  const exits: WorstTerm = {
    name: "exits",
    usd: times(exit, closed),
    formula: `${bpsText(limits.max_exit_cost_bps)} × ${text(closed)}`,
    because:
      "closing is never refused for its loss, but each close may cost max_exit_cost_bps, fees included; what is held and what a day can open can close once",
  };
  const off: WorstTerm = {
    name: "oracle",
    usd: times(error, trade),
    formula: `${bps(error)} × ${text(trade)}`,
    because: "the oracle may stand off the truth by as much as the book says",
  };
  const entry: readonly WorstTerm[] = [
    {
      name: "slippage",
      usd: times(slippage, trade),
      formula: `${bpsText(limits.max_slippage_bps)} × ${text(trade)}`,
      because: "each order names the worst price that it may fill at (max_slippage_bps)",
    },
    {
      name: "fees",
      usd: times(fee, trade),
      formula: `${bps(fee)} × ${text(trade)}`,
      because: "what the venue takes, as the book has it",
    },
    off,
  ];
  const exitTerms: readonly WorstTerm[] = [
    {
      name: "exit",
      usd: times(exit, trade),
      formula: `${bpsText(limits.max_exit_cost_bps)} × ${text(trade)}`,
      because: "an order that only closes may cost max_exit_cost_bps, fees included, and is no larger than a single trade",
    },
    off,
  ];
  const cost = (terms: readonly WorstTerm[]) => plus(...terms.map(({ usd }) => usd));
  const liquidation: WorstTerm = {
    name: "margin",
    usd: margin,
    formula: text(margin),
    because: perps
      ? "liquidations and funding take the margin of isolated positions, with all that is added to feed them, and nothing beyond it (max_margin_at_risk_usd)"
      : "nothing is held on margin",
  };
  return {
    per_trade: above(cost(exitTerms), cost(entry)) ? exitTerms : entry,
    per_day: [
      {
        name: "loss budget",
        usd: boundOf(limits.max_daily_loss_usd),
        formula: text(boundOf(limits.max_daily_loss_usd)),
        because: "slippage and fees of everything that does not reduce (max_daily_loss_usd)",
      },
      exits,
      {
        name: "oracle",
        usd: times(error, plus(opened, closed)),
        formula: `${bps(error)} × (${text(opened)} opened + ${text(closed)} closed)`,
        because: "every order may fill while the oracle stands as far off as it may",
      },
      liquidation,
      ...(perps ? [reopened(limits, smaller(opened, atStop))] : []),
    ],
    in_all: [
      {
        name: "at the stop",
        usd: atStop,
        formula: `${stop === "unlimited" ? stop : `${stop.toFixed()} %`} × ${text(value ?? positions)}`,
        because: "once the value is stop_loss_pct below its high, only exits pass",
      },
      {
        name: "last trade",
        usd: cost(entry),
        formula: entry.map(({ formula }) => formula).join(" + "),
        because: "the order that crosses the stop is judged by the value before it",
      },
      exits,
      {
        name: "oracle",
        usd: times(error, closed),
        formula: `${bps(error)} × ${text(closed)}`,
        because: "the stop is measured at the oracle; what is closed after it may be worth less",
      },
      liquidation,
    ],
  };
}

/** What can be taken by liquidations and funding at one time. */
function marginAtRisk(limits: Limits, value: Decimal | undefined, perps: boolean): Bound {
  if (!perps) return ZERO;
  const limit = boundOf(limits.max_margin_at_risk_usd);
  return value === undefined ? limit : smaller(limit, value);
}

/** What can be liquidated once more after it was: as much as is opened, and no more than it takes to reach the stop. */
function reopened(limits: Limits, again: Bound): WorstTerm {
  return {
    name: "reopened",
    usd: again,
    formula: text(again),
    because: `what is lost to liquidations may be opened anew, up to max_daily_spend_usd, until the account is stop_loss_pct below its high${limits.margin_mode === "cross" ? "; cross margin puts the whole account behind it" : ""}`,
  };
}

function worstOf(markets: readonly MarketEntry[], figure: (market: MarketEntry) => Decimal): Decimal {
  return markets.reduce<Decimal>((worst, market) => max(worst, figure(market)), ZERO);
}

function share(limit: Limit): Bound {
  return limit === "unlimited" ? "unbounded" : limit.div(BPS);
}

function bps(of: Decimal): string {
  return `${of.times(BPS).toFixed()} bps`;
}

function bpsText(limit: Limit): string {
  return limit === "unlimited" ? limit : `${limit.toFixed()} bps`;
}

function text(bound: Bound): string {
  return bound === "unbounded" ? "unlimited" : dollars(bound);
}
