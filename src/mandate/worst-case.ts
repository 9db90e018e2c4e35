import { BPS, type Decimal, decimal, ZERO } from "../core/decimal.ts";
import { above, type Bound, boundOf, plus, smaller, times } from "./bound.ts";
import { priceError } from "./price-error.ts";
import { pricedAs } from "./priced-as.ts";
import { nativeSymbols, receivers, restsOn, unpricedTokens } from "./rests-on.ts";
import { dollars } from "./rules.ts";
import type { Limit, Limits, Terms } from "./terms.ts";

/** One part of a worst case, with the reasoning that makes it a bound. */
export interface WorstTerm {
  readonly name: string;
  readonly usd: Bound;
  /** With the figures in it: "50 bps × $500". */
  readonly formula: string;
  readonly because: string;
}

export interface WorstFigure {
  /** The sum of the terms. */
  readonly total_usd: Bound;
  readonly terms: readonly WorstTerm[];
  /** The limits that would make it finite, where it is not. */
  readonly set: readonly (keyof Limits)[];
}

/** The most that a fully hostile model can lose, in USD at pinned prices, and what that rests on. */
export interface WorstCase {
  /** One request: one trade, one exit or one payment. */
  readonly per_trade: WorstFigure;
  /** Any 24 hours. */
  readonly per_day: WorstFigure;
  /** Until the stop holds and what is held has been sold. */
  readonly in_all: WorstFigure;
  /** In which assets it can be lost. */
  readonly assets: readonly string[];
  /** Tokens without a price: what can be lost of them a day, in whole tokens, beside the figures in USD. */
  readonly in_units: Readonly<Record<string, { readonly per_trade: Decimal; readonly per_day: Decimal }>>;
  /** To whom it can be lost. */
  readonly receivers: readonly string[];
  readonly rests_on: readonly string[];
}

export interface WorstCaseOptions {
  /** What the accounts hold at their high, in USD. Left out: what the position limits let them hold. */
  readonly value_usd?: Decimal | undefined;
}

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
  /** T: the most that one request gives up. */
  readonly trade: Bound;
  readonly slippage: Bound;
  readonly exit: Bound;
  readonly error: Decimal;
  readonly errorText: string;
  /** The high-water mark. */
  readonly high: Bound;
  /** Whether shares of a vault may be held. */
  readonly vaults: boolean;
}

/**
 * The worst case of a mandate's terms. Pure. Every figure is an upper bound: it grows with each limit,
 * and is unbounded only where something that it needs is unlimited.
 */
export function worstCase(terms: Terms, options: WorstCaseOptions = {}): WorstCase {
  const inputs = readInputs(terms, options);
  const { limits } = terms;
  return {
    per_trade: figure(perTrade(inputs), limits, NEEDED.per_trade),
    per_day: figure(perDay(inputs), limits, NEEDED.per_day),
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
  const bought = risky.length === 0 ? ZERO : smaller(boundOf(limits.max_daily_spend_usd), perRate);
  const sold = plus(held, bought);
  const spend = boundOf(limits.max_daily_spend_usd);
  const outflow = givesAway(limits) && above(spend, sold) ? spend : sold;
  const { bps, pair } = priceError(terms);
  return {
    limits,
    held,
    bought,
    sold,
    trade: smaller(boundOf(limits.max_single_trade_usd), outflow),
    slippage: share(limits.max_slippage_bps, BPS),
    exit: share(limits.max_exit_cost_bps, BPS),
    error: bps.div(BPS),
    errorText: pair === null ? "0 bps" : `${bps.toFixed()} bps (${pair.join(" + ")})`,
    high: value ?? positions,
    vaults: Object.values(terms.book.chains).some(({ assets }) =>
      limits.allowed_tokens.some((token) => assets[token]?.kind === "erc4626"),
    ),
  };
}

/** What there can be exposure to, in USD, by chain: allowed tokens with a price, cash left out, a native coin and its wrapped form as one. */
function pricedRisky({ limits, numeraire, book }: Terms): readonly string[] {
  const underlying = Object.entries(book.chains).flatMap(([chain, entry]) =>
    limits.allowed_tokens
      .map((token) => pricedAs(entry, token))
      .filter((token) => token !== numeraire && entry.assets[token] && entry.feeds[token])
      .map((token) => `${chain}/${token}`),
  );
  return [...new Set(underlying)];
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

function perDay({ limits, bought, sold, exit, error, errorText }: Inputs): readonly WorstTerm[] {
  const loss = boundOf(limits.max_daily_loss_usd);
  const turnover = plus(bought, sold);
  const spend = boundOf(limits.max_daily_spend_usd);
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
  return [
    {
      name: "loss budget",
      usd: loss,
      formula: text(loss),
      because: "slippage and fees of all trades that are no exits (max_daily_loss_usd)",
    },
    {
      name: "exits",
      usd: times(exit, sold),
      formula: `${bpsText(limits.max_exit_cost_bps)} × ${text(sold)}`,
      because:
        "getting out is never refused for its loss, but each exit may cost max_exit_cost_bps; what is held and what a day can add can leave once",
    },
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
  const { limits, high, trade, sold, exit, error, errorText } = inputs;
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
    {
      name: "exits",
      usd: times(exit, sold),
      formula: `${bpsText(limits.max_exit_cost_bps)} × ${text(sold)}`,
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
} as const satisfies Record<string, readonly (keyof Limits)[]>;

function figure(terms: readonly WorstTerm[], limits: Limits, needed: readonly (keyof Limits)[]): WorstFigure {
  const total_usd = total(terms);
  return { total_usd, terms, set: total_usd === "unbounded" ? needed.filter((name) => limits[name] === "unlimited") : [] };
}

function total(terms: readonly WorstTerm[]): Bound {
  return plus(...terms.map(({ usd }) => usd));
}

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
