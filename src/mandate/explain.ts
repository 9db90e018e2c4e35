import { DAY, SECOND } from "../core/clock.ts";
import { type Decimal, decimal, isDecimal, ONE } from "../core/decimal.ts";
import type { Bound } from "./bound.ts";
import { dollars } from "./dollars.ts";
import { layout } from "./layout.ts";
import { CHAIN_LIMITS, EXCHANGE_LIMITS } from "./limits-schema.ts";
import { isRealMoney } from "./real-money.ts";
import { spanText } from "./span.ts";
import type { Limits, Mandate } from "./terms.ts";
import { worstCase } from "./worst-case.ts";
import type { WorstFigure } from "./worst-figure.ts";

/** What the model is expected to cost: facts of the caller, who knows prices and how often a cycle needs a call. */
export interface ModelEstimate {
  readonly usd_per_call: Decimal;
  /** The share of cycles that need a call, from 0 to 1. */
  readonly share_of_cycles: Decimal;
}

export interface ExplainOptions {
  readonly model?: ModelEstimate | undefined;
  /** What the accounts hold at their high, in USD, where it is known. */
  readonly value_usd?: Decimal | undefined;
}

/** What a mandate permits and what it can cost, in plain words, at most 100 columns wide. */
export function explainMandate(mandate: Mandate, options: ExplainOptions = {}): string {
  const { terms, brief } = mandate;
  const { limits } = terms;
  const world = isRealMoney(mandate) ? " · real money" : "";
  const head = `${terms.id}   ${terms.venue} · ${terms.network}${world} · every ${spanText(brief.every)} · ${decidedBy(brief)}`;
  const lines = alsoLines(mandate);
  const also: readonly (readonly [string, readonly string[]])[] = lines.length === 0 ? [] : [["also held", lines]];
  return layout(head, [
    ["may hold", mayHold(mandate)],
    ["may call", [...mayCall(mandate), ...mayTrade(mandate)]],
    ["may pay", mayPay(limits)],
    ["asks you", [asks(limits)]],
    ...also,
    ["worst case", worstLines(mandate, options)],
    ["model", [modelLine(mandate, options.model)]],
    ["defaults", [defaultsLine(mandate)]],
  ]);
}

function mayCall({ terms: { book, limits } }: Mandate): readonly string[] {
  return Object.entries(book.chains).flatMap(([chain, { contracts, assets, native }]) => {
    const callable = limits.allowed_contracts.filter((label) => contracts[label] !== undefined);
    const swaps = callable.map((label) => `${chain}/${label}: swaps to the wallet itself, with floor and deadline in the bytes`);
    const tokens = limits.allowed_tokens.filter((token) => assets[token]);
    const approves =
      callable.length === 0
        ? []
        : [`approve of ${tokens.join(" and ")} to ${callable.join(" and ")}, exact amounts; spend while they last`];
    const wrapping = limits.allowed_tokens.includes(native.symbol)
      ? tokens.filter((token) => assets[token]?.kind === "weth9")
      : [];
    const wraps = wrapping.map((token) => `${token}: wrap and unwrap ${native.symbol}`);
    return [...swaps, ...approves, ...wraps];
  });
}

function mayHold({ terms: { limits, venue } }: Mandate): readonly string[] {
  const named = venue === "hyperliquid" ? ["USDC", ...limits.allowed_markets] : limits.allowed_tokens;
  return [`${named.join(", ")} · nothing else, by ${venue === "hyperliquid" ? "the asset's number" : "address"}`];
}

/** At an exchange. */
function mayTrade({ terms: { book, limits }, brief: { every } }: Mandate): readonly string[] {
  const times = limits.max_leverage === "unlimited" ? "any leverage" : `at most ${limits.max_leverage.toFixed()} times leverage`;
  return Object.entries(book.exchanges).flatMap(([label, { api, class_transfers, dead_man_switch }]) => [
    `${label}: orders, cancels and changes of them, leverage and margin; ${class_transfers ? "transfers between its own spot and perpetuals, by the owner's key, and no others" : "no transfers"}, no withdrawals`,
    `${label}: ${limits.margin_mode === "cross" ? "isolated or cross" : "isolated"} margin, ${times}; orders that open rest at most ${spanText(limits.order_expiry_seconds.toNumber() * SECOND)}`,
    ...(dead_man_switch === undefined
      ? []
      : [
          `${label}: all that rests is cancelled, stops too, when no cycle comes for ${spanText(dead_man_switch)}; the venue does it ten times a day at most, and for accounts that traded enough${dead_man_switch <= every ? `. That is no longer than the cadence of ${spanText(every)}: it fires between cycles` : ""}`,
        ]),
    ...(api === "world" ? [] : [`${label}: trusts ${api} entirely`]),
  ]);
}

function mayPay({ allowed_recipients }: Limits): readonly string[] {
  return allowed_recipients.length === 0 ? ["no one: no recipient but the wallet itself"] : allowed_recipients;
}

function asks(limits: Limits): string {
  const { require_human_approval_above_usd: above, require_human_approval_for: functions } = limits;
  const when = [
    ...(above === "unlimited" ? [] : [`above ${dollars(above)} a trade`]),
    ...(functions.length === 0 ? [] : [`for ${functions.join(", ")}`]),
    ...(limits.require_human_approval_for_new_addresses ? ["for an address that is new"] : []),
  ];
  return when.join(", ") || "never";
}

function worstLines({ terms }: Mandate, { value_usd }: ExplainOptions): readonly string[] {
  const worst = worstCase(terms, { value_usd });
  const units = Object.entries(worst.in_units).map(
    ([token, { per_trade, per_day }]) =>
      `and of ${token}, which has no price: ${per_trade.toFixed()} a trade, ${per_day.toFixed()} a day`,
  );
  const { per_trade, per_day, in_all } = worst;
  return [
    "if the model were fully hostile, at pinned prices:",
    `${money(per_trade.total_usd)} a trade · ${money(per_day.total_usd)} a day · ${money(in_all.total_usd)} in all`,
    ...units,
    ...figureLines("a trade", per_trade),
    ...figureLines("a day", per_day),
    ...figureLines("in all", in_all),
    `in ${worst.assets.join(", ")}`,
    ...listed("to", worst.receivers),
    ...listed("rests on", worst.rests_on),
  ];
}

const NAMES = 12;
const SUMS = 10;

function figureLines(name: string, { total_usd, terms, set }: WorstFigure): readonly string[] {
  return [
    `${name.padEnd(NAMES)}${money(total_usd)}${set.length === 0 ? "" : `: set ${set.join(", ")}`}`,
    ...terms.map(({ name: term, usd, formula }) => {
      const sum = money(usd);
      return `  ${term.padEnd(NAMES)}${formula === sum ? sum : `${sum.padEnd(SUMS)}${formula}`}`;
    }),
  ];
}

function listed(name: string, items: readonly string[]): readonly string[] {
  return items.map((item, i) => `${i === 0 ? `${name}: ` : "  "}${item}`);
}

function money(bound: Bound): string {
  return bound === "unbounded" ? bound : dollars(bound);
}

function modelLine({ brief, terms }: Mandate, estimate: ModelEstimate | undefined): string {
  if (brief.decider === "code") return `none is asked: ${brief.code} decides`;
  const most = terms.limits.max_llm_usd_per_day;
  const day = most === "unlimited" ? "no limit on its cost" : `at most ${dollars(most)} a day`;
  const cap = brief.decider === "loop" && brief.loop ? `${day}, ${dollars(brief.loop.usd)} a cycle with tools` : day;
  const cycles = decimal(DAY).div(decimal(brief.every));
  if (!estimate)
    return `${cap}; asked at least every ${spanText(brief.wake.at_least_every)}, at most every ${spanText(brief.every)}`;
  const about = cycles.times(estimate.share_of_cycles).times(estimate.usd_per_call);
  const saved = ONE.minus(estimate.share_of_cycles).times(10).toDecimalPlaces(0);
  return `${cap}; about ${dollars(about)} at this cadence, ${saved.toFixed()} of 10 cycles need no call`;
}

/** Limits that are off unless they are written, as they are written. */
function alsoLines({ terms: { limits, fleet }, defaulted }: Mandate): readonly string[] {
  const values: Readonly<Record<string, unknown>> = { ...limits };
  const set = OFF_BY_DEFAULT.filter((name) => !defaulted.includes(name));
  const rows = set.map((name) => `${name} ${valueText(values[name])}`);
  const shared = fleet
    ? [
        `shared with the wallets of ${fleet.id}: ${Object.entries(fleet)
          .filter(([name, value]) => name !== "id" && value !== "unlimited")
          .map(([name, value]) => `${name} ${valueText(value)}`)
          .join(", ")}`,
      ]
    : [];
  return [...rows, ...shared];
}

function valueText(value: unknown): string {
  if (isDecimal(value)) return value.toFixed();
  if (Array.isArray(value)) return value.join(", ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const OFF_BY_DEFAULT: readonly string[] = [
  "allowed_protocols",
  "allowed_signatures",
  "allowed_calls",
  "allowed_hours",
  "max_hourly_spend_usd",
  "max_weekly_spend_usd",
  "max_total_spend_usd",
  "min_cash_usd",
  "require_human_approval_for",
  "require_human_approval_for_new_addresses",
  "max_price_impact_bps",
  "two_rpcs_above_usd",
  "allowed_tools",
  "max_tool_calls_per_minute",
  "allowed_deciders",
] satisfies readonly (keyof Limits)[];

/** Lists and amounts by token default to what the lines above say already. */
const SAID_ABOVE: readonly string[] = [
  "allowed_contracts",
  "allowed_recipients",
  "allow_unfloored",
  "max_single_trade",
  "max_daily_spend",
  "max_position_size",
  "allowed_markets",
] satisfies readonly (keyof Limits)[];

function defaultsLine({ terms: { limits, venue }, defaulted }: Mandate): string {
  const foreign: readonly string[] = venue === "hyperliquid" ? CHAIN_LIMITS : EXCHANGE_LIMITS;
  const names = defaulted.filter((name) => ![...SAID_ABOVE, ...OFF_BY_DEFAULT, ...foreign].includes(name));
  if (names.length === 0) return "none: every limit is written";
  const values: Readonly<Record<string, unknown>> = { ...limits };
  const shown = names.map((name) => `${name} ${isDecimal(values[name]) ? values[name].toFixed() : String(values[name])}`);
  return `${shown.join(" · ")}   (write them to change them)`;
}

function decidedBy({ decider, code, model }: Mandate["brief"]): string {
  return decider === "code" && code !== undefined ? code : `${model.provider}/${model.id}`;
}
