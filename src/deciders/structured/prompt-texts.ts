import { isoTime } from "../../core/clock.ts";
import { isDecimal, sum } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { GatewayState } from "../../gateway/contract.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Observation } from "../../venues/venue.ts";
import type { IntentForm } from "../../venues/vocabulary.ts";
import type { PromptKit, PromptTexts } from "../prompt/prompt-kit.ts";
import type { Strategy } from "../strategies/strategy.ts";
import { regimeOf } from "../strategies/strategy-desk.ts";
import { observationJson } from "./observation-json.ts";

export interface PromptTextsParameters {
  readonly kit: PromptKit;
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly intents: readonly IntentForm[];
  /** Weights may be negative. */
  readonly shorts: boolean;
  readonly strategies: readonly Strategy[];
  /** The strategy that the last answer followed. */
  readonly following: string | null;
  /** A strategy is named by this tool. Left out: in the answer. */
  readonly followTool?: string;
  readonly seen: Observation;
  readonly state: GatewayState;
}

/** The text of every variable that a template may use. */
export function promptTexts(parameters: PromptTextsParameters): PromptTexts {
  const { kit, mandate, intents, following, seen, state } = parameters;
  const { terms, brief } = mandate;
  const { limits } = terms;
  const shown = seen.holdings.filter(({ role }) => role !== "gas");
  return {
    prose: brief.prose.trim(),
    id: terms.id,
    title: brief.title ?? terms.id,
    venue: terms.venue,
    network: terms.network,
    cash: terms.numeraire,
    limits: lines(
      Object.entries(limits).flatMap(([name, value]) =>
        isDecimal(value) || value === "unlimited" ? [`- ${name}: ${isDecimal(value) ? value.toFixed() : value}`] : [],
      ),
    ),
    intents: intentLines(intents),
    answer: howToAnswer(parameters),
    strategies: strategiesText(parameters),
    timestamp: isoTime(seen.at),
    portfolio_value: seen.value_usd?.toFixed(2) ?? UNKNOWN,
    available_balance: availableBalance(seen),
    positions: lines(
      shown.map(({ account, asset, amount, price_usd, value_usd, weight, role }) =>
        kit.item("position", {
          account,
          asset,
          amount: amount.toFixed(),
          price_usd: price_usd?.toFixed() ?? UNKNOWN,
          value_usd: value_usd?.toFixed(2) ?? UNKNOWN,
          weight: weight?.toDecimalPlaces(6).toFixed() ?? UNKNOWN,
          weight_pct: weight?.times(100).toDecimalPlaces(2).toFixed() ?? UNKNOWN,
          role,
        }),
      ),
    ),
    observation: block(observationJson({ mandate, seen, state })),
    limits_left: lines(
      state.budgets.map(({ budget, unit, left, limit, refills }) => {
        const of = `${isDecimal(left) ? left.toFixed() : left} of ${isDecimal(limit) ? limit.toFixed() : limit} ${unit}`;
        return `- ${budget}: ${of}${refills === null ? "" : `, more from ${isoTime(refills)}`}`;
      }),
    ),
    recent: lines(
      state.recent.map(({ at, kind, codes }) => `- ${isoTime(at)}: ${kind}${codes.length === 0 ? "" : ` (${codes.join(", ")})`}`),
    ),
    unknowns: lines(seen.unknowns.map((unknown) => `- ${unknown}`)),
    signals: block(seen.facts.signals ?? Object.fromEntries(Object.entries(seen.facts).filter(([name]) => name !== "plan"))),
    regime: regimeOf(seen),
    plan: seen.facts.plan === undefined || seen.facts.plan === null ? "none" : block(seen.facts.plan),
    strategy: following ?? "none",
  };
}

const UNKNOWN = "unknown";

function lines(all: readonly string[]): string {
  return all.length === 0 ? "- none" : all.join("\n");
}

function block(json: Json): string {
  return `\`\`\`json\n${JSON.stringify(json, null, 1)}\n\`\`\``;
}

/** What the venue says may be used, else all cash. */
function availableBalance(seen: Observation): string {
  const { account } = seen.facts;
  const said = typeof account === "object" && account !== null && "withdrawable_usd" in account ? account.withdrawable_usd : null;
  if (typeof said === "string") return said;
  const cash = seen.holdings.filter(({ role }) => role === "numeraire");
  if (cash.length === 0 || cash.some(({ value_usd }) => value_usd === null)) return UNKNOWN;
  return sum(cash.flatMap(({ value_usd }) => (value_usd === null ? [] : [value_usd]))).toFixed(2);
}

function intentLines(intents: readonly IntentForm[]): string {
  return intents
    .map(({ kind, says, form }) => {
      const properties = form.properties;
      const keys = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
      return `- ${kind} { ${keys.filter((key) => key !== "kind").join(", ")} }: ${says}.`;
    })
    .join("\n");
}

function strategiesText({ kit, mandate, strategies, followTool }: PromptTextsParameters): string {
  if (strategies.length === 0) return "";
  const as = mandate.brief.strategies?.as ?? "summary";
  const partial = as === "full" ? "strategy" : "strategy-summary";
  const written = strategies.map((strategy) => kit.item(partial, strategyValues(strategy)));
  const [named, beyond] = followTool
    ? [`Say which one you follow by \`${followTool}\`; it stays until you follow another.`, "refused"]
    : ["Name the one that you follow as `selected_strategy`.", "made smaller"];
  const head = `# Strategies to choose from\n\n${named} What is said of its markets, its direction, its largest position and its leverage is held: what goes beyond is ${beyond}. Without one of them nothing is increased.`;
  return `\n${head}\n\n${written.join(as === "full" ? "\n\n" : "\n")}\n`;
}

function strategyValues(strategy: Strategy): Readonly<Record<string, string>> {
  const list = (items: readonly string[], empty: string) => (items.length === 0 ? empty : items.join(", "));
  return {
    ...strategy,
    markets: strategy.markets.join(", "),
    tags: list(strategy.tags, "none"),
    minimum_dwell_minutes: String(strategy.minimum_dwell_minutes),
    compatible_regimes: list(strategy.compatible_regimes, "any"),
    avoid_regimes: list(strategy.avoid_regimes, "none"),
    max_leverage: strategy.max_leverage.toFixed(),
    max_position_pct: strategy.max_position_pct.toFixed(),
    expected_switching_cost_bps: strategy.expected_switching_cost_bps.toFixed(),
    invalidation: list(
      strategy.invalidation_triggers.map(({ metric, operator, value }) => `${metric} ${operator} ${value}`),
      "nothing in figures",
    ),
    invalidation_triggers: "",
  };
}

function howToAnswer({ mandate: { terms }, intents, shorts, strategies }: PromptTextsParameters): string {
  const withIntents = intents.length > 0;
  const words = ['"hold"', '"targets"', ...(withIntents ? ['"intents"'] : [])].join(" | ");
  const selected = strategies.length > 0 ? ', "selected_strategy": "id" | null' : "";
  const range = shorts
    ? "Weights are shares of portfolio value, negative for a short; without their signs and with cash they must sum to 1"
    : 'Weights are shares of portfolio value between "0" and "1"; together they must sum to 1';
  return [
    "Answer with one JSON object and nothing else:",
    `{ "decision": ${words}, "why": "one or two sentences"${selected}, "targets": [...] | null${withIntents ? ', "intents": [...] | null' : ""} }`,
    "",
    `- "hold": nothing should change now. ${withIntents ? "targets and intents are" : "targets is"} null.`,
    `- "targets": the portfolio that the strategy wants, as weights by account and asset: { "account": "wallet", "asset": "chain/SYMBOL", "weight": "0.25" }. ${range}; name every holding once, cash (${terms.numeraire}) included. A holding that is left out is sold.${withIntents ? " Prefer this form." : ""}`,
    ...(withIntents
      ? [
          '- "intents": particular actions in order, only when targets cannot say it, each { "kind", … } with these keys (null where it may be left out):',
          ...intentLines(intents)
            .split("\n")
            .map((line) => `  ${line}`),
        ]
      : []),
    "- Numbers are strings in plain decimals. Assets and accounts are those of the observation; no other exists.",
    '- When you cannot decide because something is wrong, answer { "error": true, "reason": "…" }: nothing is done then.',
    "- Trades cost fees, gas and slippage. When in doubt, hold.",
  ].join("\n");
}
