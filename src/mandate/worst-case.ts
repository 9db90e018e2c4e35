import { BPS, type Decimal, decimal, ZERO } from "../core/decimal.ts";
import { MOST_LIVE_SIGNATURES } from "../protocols/signatures/signature-types.ts";
import { above, type Bound, boundOf, plus, smaller, times } from "./bound.ts";
import { dollars } from "./dollars.ts";
import { exchangeWorstCase } from "./exchange/exchange-worst-case.ts";
import { priceError } from "./price-error.ts";
import { pricedRisky } from "./priced-risky.ts";
import { nativeSymbols, receivers, restsOn, unpricedTokens } from "./rests-on.ts";
import type { Limit, Limits, Terms } from "./terms.ts";
import { figure, total, type WorstCase, type WorstCaseOptions, type WorstTerm } from "./worst-figure.ts";

const HOURS = decimal(24);
const HUNDRED = decimal(100);

/** The quantities of the formula, in USD, and the shares of them that can be lost. */
interface Inputs {
  readonly limits: Limits;
  /** E: exposure held when the window begins. */
  readonly held: Bound;
  /** I: what can be bought in a day. */
  readonly bought: Bound;
  /** R ≤ E + I: what can be sold in a day. */
  readonly sold: Bound;
  /** D: what can be spent in a day, by every window. */
  readonly spend: Bound;
  /** W: what can go into positions and vaults in a day and out of them again, by the rate of trades: it need be no spend. */
  readonly turned: Bound;
  /** Ways that lead from what is held to cash, one after the other, each at the exit cost. */
  readonly steps: Decimal;
  /** T: the most that one request gives up. */
  readonly trade: Bound;
  readonly slippage: Bound;
  readonly exit: Bound;
  readonly error: Decimal;
  readonly errorText: string;
  /** The high-water mark. */
  readonly high: Bound;
  /** How many chains there are. */
  readonly chains: number;
  /** Whether shares of a vault may be held. */
  readonly vaults: boolean;
}

/**
 * The worst case of a mandate's terms. Pure. Every figure is an upper bound: it grows with each limit,
 * and is unbounded only where something that it needs is unlimited.
 */
export function worstCase(terms: Terms, options: WorstCaseOptions = {}): WorstCase {
  const [exchange] = Object.entries(terms.book.exchanges);
  if (exchange) return exchangeWorstCase(terms, exchange, options);
  const inputs = readInputs(terms, options);
  const { limits } = terms;
  return {
    per_trade: figure(perTrade(inputs), limits, NEEDED.per_trade),
    per_day: figure(perDay(inputs), limits, turnsOver(terms) ? [...NEEDED.per_day, ...NEEDED.turned] : NEEDED.per_day),
    in_all: figure(inAll(inputs), limits, NEEDED.in_all),
    assets: [...new Set([...limits.allowed_tokens, ...nativeSymbols(terms)])],
    in_units: unpricedTokens(terms),
    receivers: receivers(terms),
    rests_on: restsOn(terms, { high: inputs.high, known: options.value_usd !== undefined }),
  };
}

function readInputs(terms: Terms, { value_usd: value }: WorstCaseOptions): Inputs {
  const { limits } = terms;
  const risky = pricedRisky(terms);
  const positions = times(boundOf(limits.max_position_size_usd), decimal(risky.length));
  const held = value === undefined ? positions : smaller(positions, value);
  const perRate = times(times(boundOf(limits.max_trades_per_hour), HOURS), boundOf(limits.max_single_trade_usd));
  const spend = spendOfDay(limits);
  const bought = risky.length === 0 ? ZERO : smaller(spend, perRate);
  const sold = plus(held, bought);
  const outflow = givesAway(limits) && above(spend, sold) ? spend : sold;
  const { bps, pair } = priceError(terms);
  const wraps = turnsOver(terms);
  return {
    limits,
    held,
    bought,
    spend,
    sold,
    turned: wraps ? perRate : ZERO,
    steps: wraps ? decimal(2) : decimal(1),
    trade: smaller(boundOf(limits.max_single_trade_usd), outflow),
    slippage: share(limits.max_slippage_bps, BPS),
    exit: share(limits.max_exit_cost_bps, BPS),
    error: bps.div(BPS),
    errorText: pair === null ? "0 bps" : `${bps.toFixed()} bps (${pair.join(" + ")})`,
    high: value ?? positions,
    chains: Object.keys(terms.book.chains).length,
    vaults: Object.values(terms.book.chains).some(({ assets }) =>
      limits.allowed_tokens.some((token) => assets[token]?.kind === "erc4626"),
    ),
  };
}

function perTrade(inputs: Inputs): readonly WorstTerm[] {
  const { limits, trade, exit, error, errorText } = inputs;
  const largestExit = inputs.vaults ? inputs.sold : trade;
  const gas = boundOf(limits.max_gas_usd_per_day);
  const exitGas = boundOf(limits.exit_gas_usd_per_day);
  const feeds: WorstTerm = {
    name: "feed error",
    usd: times(error, trade),
    formula: `${errorText} × ${text(trade)}`,
    because: "the prices of what is sold and of what is bought may both stand off the truth by as much as their feeds allow",
  };
  const gasOfTrade: WorstTerm = {
    name: "gas",
    usd: gas,
    formula: text(gas),
    because: "one transaction may burn what is left of the day's gas (max_gas_usd_per_day), and no more",
  };
  const alternatives: readonly (readonly WorstTerm[])[] = [
    [slippageTerm(inputs), feeds, gasOfTrade],
    [
      {
        name: "exit cost",
        usd: times(exit, largestExit),
        formula: `${bpsText(limits.max_exit_cost_bps)} × ${text(largestExit)}`,
        because: `an exit may cost max_exit_cost_bps of what it removes, its gas included${largestExit === trade ? "" : "; shares leave a vault whole"}`,
      },
      feeds,
    ],
    [
      {
        name: "gas",
        usd: above(exitGas, gas) ? exitGas : gas,
        formula: text(above(exitGas, gas) ? exitGas : gas),
        because: "a revoke or an unwrap moves nothing and burns gas of the larger pot",
      },
    ],
    ...(!givesAway(limits) ? [] : [[paymentTerm(inputs), feeds, gasOfTrade]]),
  ];
  return worstOf(alternatives);
}

function slippageTerm({ limits, slippage, trade }: Inputs): WorstTerm {
  return {
    name: "slippage",
    usd: times(slippage, trade),
    formula: `${bpsText(limits.max_slippage_bps)} × ${text(trade)}`,
    because: "the bytes themselves guarantee the rest of the value in return (max_slippage_bps)",
  };
}

function paymentTerm({ limits, trade }: Inputs): WorstTerm {
  return {
    name: limits.allow_unfloored.length === 0 ? "payment" : "without a floor",
    usd: trade,
    formula: text(trade),
    because: `${trusted(limits)} may be given a whole single trade, and nothing need come back`,
  };
}

/** Whether some of what is spent need not come back at all. */
function givesAway({ allowed_recipients, allow_unfloored }: Limits): boolean {
  return allowed_recipients.length > 0 || allow_unfloored.length > 0;
}

function trusted({ allowed_recipients: recipients, allow_unfloored: vaults }: Limits): string {
  const payees = recipients.length === 0 ? [] : ["an allowed recipient"];
  return [...payees, ...(vaults.length === 0 ? [] : [`a vault of allow_unfloored (${vaults.join(", ")})`])].join(" or ");
}

/** What every window lets be spent in a day: a day is 24 hours, and no more than a week or all of it. */
function spendOfDay(limits: Limits): Bound {
  return [
    boundOf(limits.max_daily_spend_usd),
    times(boundOf(limits.max_hourly_spend_usd), HOURS),
    boundOf(limits.max_weekly_spend_usd),
    boundOf(limits.max_total_spend_usd),
  ].reduce(smaller);
}

/** Whether something may be held as liquidity or shares: turning tokens into that raises no exposure, so no spend bounds it. */
function turnsOver({ book, limits }: Terms): boolean {
  return Object.values(book.chains).some(
    ({ assets, contracts }) =>
      limits.allowed_tokens.some((token) => assets[token]?.kind === "erc4626") ||
      limits.allowed_contracts.some((label) => contracts[label]?.kind === "uniswap-v3-positions"),
  );
}

/**
 * Trades and exits of a day. Every request is a trade, which loses at most `s` of what it gives up and draws on the loss
 * budget L, or an exit, which loses at most `x`. Trades that spend give up at most I together; what is sold, by trades or
 * exits, is at most R. So the day loses at most L + x·R, and, where nothing but these can be traded, at most s·I + max(s, x)·R:
 * a sale that is a trade takes the place of an exit. Both hold, so the smaller does.
 */
function tradesAndExits({ limits, bought, sold, slippage, exit, steps, turned }: Inputs): readonly [WorstTerm, WorstTerm] {
  const exits = (rate: Bound, rateText: string): WorstTerm => ({
    name: "exits",
    usd: times(times(rate, sold), steps),
    formula: `${steps.eq(1) ? "" : `${steps.toFixed()} × `}${rateText} × ${text(sold)}`,
    because: `getting out is never refused for its loss, but each exit may cost max_exit_cost_bps; what is held and what a day can add can leave once${steps.eq(1) ? "" : ", out of a position or vault first and then to cash"}`,
  });
  const budget = boundOf(limits.max_daily_loss_usd);
  const byBudget: readonly [WorstTerm, WorstTerm] = [
    {
      name: "loss budget",
      usd: budget,
      formula: text(budget),
      because: "slippage and fees of all trades that are no exits (max_daily_loss_usd)",
    },
    exits(exit, bpsText(limits.max_exit_cost_bps)),
  ];
  const dearer = above(slippage, exit);
  const bySize: readonly [WorstTerm, WorstTerm] = [
    {
      name: "slippage",
      usd: times(slippage, bought),
      formula: `${bpsText(limits.max_slippage_bps)} × ${text(bought)}`,
      because: "all that a day can buy, at max_slippage_bps: less than max_daily_loss_usd, which binds sales as well",
    },
    exits(dearer ? slippage : exit, bpsText(dearer ? limits.max_slippage_bps : limits.max_exit_cost_bps)),
  ];
  const closed = turned !== "unbounded" && turned.isZero();
  return closed && above(total(byBudget), total(bySize)) ? bySize : byBudget;
}

function perDay(inputs: Inputs): readonly WorstTerm[] {
  const { limits, bought, sold, spend, turned, exit, error, errorText } = inputs;
  const turnover = plus(bought, sold);
  const payees: readonly WorstTerm[] = !givesAway(limits)
    ? []
    : [
        {
          name: limits.allow_unfloored.length === 0 ? "payments" : "without a floor",
          usd: spend,
          formula: text(spend),
          because: `${trusted(limits)} may be given the whole day's spend, and nothing need come back (max_daily_spend_usd)`,
        },
      ];
  const inAndOut: readonly WorstTerm[] =
    turned !== "unbounded" && turned.isZero()
      ? []
      : [
          {
            name: "in and out",
            usd: plus(times(exit, turned), times(error.times(2), turned)),
            formula: `(${bpsText(limits.max_exit_cost_bps)} + 2 × ${errorText}) × ${text(turned)}`,
            because:
              "what goes into positions or vaults raises no exposure and is no spend: as much as the rate of trades allows may go in and out again, each way out at max_exit_cost_bps",
          },
        ];
  return [
    ...tradesAndExits(inputs),
    ...inAndOut,
    {
      name: "feed error",
      usd: times(error, turnover),
      formula: `${errorText} × (${text(bought)} bought + ${text(sold)} sold)`,
      because: "every trade may be made while the feeds stand as far off as they may",
    },
    ...gasPots(limits, "the day's gas (max_gas_usd_per_day)"),
    ...payees,
  ];
}

function inAll(inputs: Inputs): readonly WorstTerm[] {
  const { limits, high, trade, sold, exit, steps, error, errorText } = inputs;
  const stop = share(limits.stop_loss_pct, HUNDRED);
  const last = worstOf([[slippageTerm(inputs)], ...(!givesAway(limits) ? [] : [[paymentTerm(inputs)]])]);
  return [
    {
      name: "at the stop",
      usd: times(stop, high),
      formula: `${limits.stop_loss_pct === "unlimited" ? "unlimited" : `${limits.stop_loss_pct.toFixed()} %`} × ${text(high)}`,
      because: "once the value is stop_loss_pct below its high, only exits pass",
    },
    {
      name: "last trade",
      usd: plus(...last.map(({ usd }) => usd), times(error, trade)),
      formula: `${last.map(({ formula }) => formula).join(" + ")} + ${errorText} × ${text(trade)}`,
      because: "the action that crosses the stop is judged by the value before it",
    },
    ...liveSignatures(inputs),
    {
      name: "exits",
      usd: times(times(exit, sold), steps),
      formula: `${steps.eq(1) ? "" : `${steps.toFixed()} × `}${bpsText(limits.max_exit_cost_bps)} × ${text(sold)}`,
      because: "what is held then leaves at max_exit_cost_bps at worst",
    },
    {
      name: "feed error",
      usd: times(error, sold),
      formula: `${errorText} × ${text(sold)}`,
      because: "the stop is measured at pinned prices; what is sold after it may be worth more than they say",
    },
    ...gasPots(limits, "one day's gas; gas is not in the portfolio's value, so every further day may cost as much again"),
  ];
}

/** Messages that pay, signed while the value stood above the stop: a stop takes back nothing that somebody has. */
function liveSignatures({ limits, chains, spend, trade }: Inputs): readonly WorstTerm[] {
  const paying = limits.allowed_signatures.filter((name) => name !== "Permit");
  if (paying.length === 0 || limits.allowed_recipients.length === 0) return [];
  const most = decimal(MOST_LIVE_SIGNATURES).times(chains);
  const usd = smaller(spend, times(most, trade));
  return [
    {
      name: "live signatures",
      usd,
      formula: text(usd),
      because: `up to ${most.toFixed()} messages that pay (${paying.join(", ")}) may be live when the stop is reached, and be used after it: each within a single trade, together within the day's spend`,
    },
  ];
}

function gasPots(limits: Limits, because: string): readonly WorstTerm[] {
  const [gas, exitGas] = [boundOf(limits.max_gas_usd_per_day), boundOf(limits.exit_gas_usd_per_day)];
  return [
    { name: "gas", usd: gas, formula: text(gas), because },
    {
      name: "exit gas",
      usd: exitGas,
      formula: text(exitGas),
      because: "kept for exits, cancels and revokes (exit_gas_usd_per_day)",
    },
  ];
}

const NEEDED = {
  per_trade: ["max_single_trade_usd", "max_slippage_bps", "max_exit_cost_bps", "max_gas_usd_per_day", "exit_gas_usd_per_day"],
  per_day: [
    "max_daily_loss_usd",
    "max_daily_spend_usd",
    "max_position_size_usd",
    "max_exit_cost_bps",
    "max_gas_usd_per_day",
    "exit_gas_usd_per_day",
  ],
  in_all: [
    "stop_loss_pct",
    "max_position_size_usd",
    "max_daily_spend_usd",
    "max_single_trade_usd",
    "max_slippage_bps",
    "max_exit_cost_bps",
    "max_gas_usd_per_day",
    "exit_gas_usd_per_day",
  ],
  turned: ["max_trades_per_hour", "max_single_trade_usd"],
} as const satisfies Record<string, readonly (keyof Limits)[]>;

function worstOf(alternatives: readonly (readonly WorstTerm[])[]): readonly WorstTerm[] {
  return alternatives.reduce<readonly WorstTerm[]>((worst, next) => (above(total(next), total(worst)) ? next : worst), []);
}

function share(limit: Limit, whole: Decimal): Bound {
  return limit === "unlimited" ? "unbounded" : limit.div(whole);
}

function bpsText(limit: Limit): string {
  return limit === "unlimited" ? limit : `${limit.toFixed()} bps`;
}

function text(bound: Bound): string {
  return bound === "unbounded" ? "unlimited" : dollars(bound);
}
