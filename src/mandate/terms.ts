import type { Decimal } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import type { AccountId } from "../protocols/effects.ts";
import type { SignatureName } from "../protocols/signatures/signature-types.ts";
import type { Book } from "./book.ts";

/** A limit, or the word that says there is none (rehearsals only, where a real key would need a number). */
export type Limit = Decimal | "unlimited";

/** Limits per token, in whole tokens, for assets without a price: `{ MON: 5 }`. */
export type UnitLimits = Readonly<Record<string, Decimal>>;

/** Names that are allowed, or the word for every one. */
export type Names = readonly string[] | "all";

/**
 * What an argument of a call must be. Values are text: whole numbers in digits (raw integers, as the ABI has them),
 * addresses and bytes in lower-case hexadecimal, "true" or "false".
 */
export type CallCondition =
  | { readonly one_of: readonly string[] }
  /** An address of one of the mandate's own accounts. */
  | { readonly own: true }
  | { readonly min?: string; readonly max?: string };

/** Conditions by label, function and argument: `{ router: { exactInputSingle: { "params.fee": … } } }`. */
export type CallRules = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, CallCondition>>>>>>;

/** A budget that several wallets of one journal take from together. */
export interface FleetTerms {
  readonly id: string;
  readonly max_hourly_spend_usd: Limit;
  readonly max_daily_spend_usd: Limit;
  readonly max_weekly_spend_usd: Limit;
  readonly max_total_spend_usd: Limit;
  readonly max_daily_loss_usd: Limit;
}

/** Every limit of a mandate with its default filled in. Names as users write them; meanings in docs/limits.md. */
export interface Limits {
  readonly allowed_tokens: readonly string[];
  /** Labels of the book's contracts that may be called. Default: all of them that can be. */
  readonly allowed_contracts: readonly string[];
  /** Addresses that may be paid. Default: none. */
  readonly allowed_recipients: readonly Address[];
  /** Labels of contracts that may be given money without a floor in the bytes. Default: none. */
  readonly allow_unfloored: readonly string[];
  /** Kinds of contracts that may be called, tokens apart. Default: all that are in the book. */
  readonly allowed_protocols: Names;
  /** What the arguments of calls must be. Default: no more than their protocol asks. */
  /** Messages that may be signed, by their type. None: nothing but transactions is. */
  readonly allowed_signatures: readonly SignatureName[];
  readonly allowed_calls: CallRules;
  /** When anything but reducing passes, in UTC: "mon-fri 08:00-20:00". */
  readonly allowed_hours: readonly string[];
  readonly max_single_trade_usd: Limit;
  readonly max_hourly_spend_usd: Limit;
  readonly max_daily_spend_usd: Limit;
  readonly max_weekly_spend_usd: Limit;
  /** Since the terms were first pinned. It never comes back. */
  readonly max_total_spend_usd: Limit;
  /** What must be left of the numeraire. */
  readonly min_cash_usd: Decimal;
  readonly max_daily_loss_usd: Limit;
  readonly max_position_size_usd: Limit;
  readonly max_single_trade: UnitLimits;
  readonly max_daily_spend: UnitLimits;
  readonly max_position_size: UnitLimits;
  readonly max_slippage_bps: Limit;
  /** How far from the pinned price a trade may leave a pool that it pushes away from it. */
  readonly max_price_impact_bps: Limit;
  readonly max_exit_cost_bps: Limit;
  /** Drawdown from the high-water mark at which only reducing is let through, in percent. */
  readonly stop_loss_pct: Limit;
  readonly max_trades_per_hour: Limit;
  readonly cooldown_seconds: Limit;
  readonly max_consecutive_failures: Limit;
  readonly max_actions_per_plan: Limit;
  readonly max_gas_usd_per_day: Limit;
  /** Gas that only reducing, cancels and revokes may use, beside max_gas_usd_per_day. */
  readonly exit_gas_usd_per_day: Limit;
  readonly max_llm_usd_per_day: Limit;
  readonly require_human_approval_above_usd: Limit;
  /** Functions that a person is asked about at any amount, as "label.function". */
  readonly require_human_approval_for: readonly string[];
  /** Whether a person is asked before an address is called, paid or given an allowance for the first time. */
  readonly require_human_approval_for_new_addresses: boolean;
  /** Longest time for which signed bytes may stay valid, at most 300. */
  readonly max_deadline_seconds: Decimal;
  /** What the accounts may hold before a real key needs two endpoints a chain. */
  readonly two_rpcs_above_usd: Limit;
  /** Tools that the agent may call. The agent process holds it, and max_tool_calls_per_minute. */
  readonly allowed_tools: Names;
  readonly max_tool_calls_per_minute: Limit;
  /** Kinds of deciders that the file may name. */
  readonly allowed_deciders: Names;
  /** Labels of the exchanges' markets that may be opened in. What is held elsewhere may be closed. */
  readonly allowed_markets: readonly string[];
  /** Notional for each dollar of the account, and the leverage that a market may be set to. */
  readonly max_leverage: Limit;
  /** "cross" allows both. */
  readonly margin_mode: "isolated" | "cross";
  /** What liquidations can take at one time. */
  readonly max_margin_at_risk_usd: Limit;
  /** How far closing one leg of a hedge may leave an underlying's net exposure, and still count as reducing. */
  readonly max_unhedged_usd: Limit;
  readonly max_open_orders: Limit;
  /** How far the mark may move at least before anything is liquidated, in percent. */
  readonly min_liquidation_distance_pct: Limit;
  /** How long an order that can open may rest: the gateway cancels it then. */
  readonly order_expiry_seconds: Decimal;
  /** Whether everything that rests may be set to be cancelled at an instant, stops included. */
  readonly allow_schedule_cancel: boolean;
}

/** All that the gateway reads of a mandate, on one network. Its canonical JSON is pinned per key. */
export interface Terms {
  readonly id: string;
  readonly venue: string;
  readonly network: string;
  /** The symbol in which cash is held: coming back to it is a trade, never spend. */
  readonly numeraire: string;
  /** Own accounts: label to address. */
  readonly accounts: Readonly<Record<AccountId, Address>>;
  readonly book: Book;
  readonly limits: Limits;
  /** Absent: the wallet shares no budget. */
  readonly fleet?: FleetTerms;
}

/** How a model is reached. */
export interface ModelTerms {
  readonly provider: string;
  readonly id: string;
  readonly api?: "chat" | "responses" | "messages";
  readonly base_url?: string;
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly reasoning?: "minimal" | "low" | "medium" | "high";
  /** Longest time for one answer, in milliseconds. */
  readonly deadline?: number;
  /** USD per million tokens, for models that the catalogue lacks. */
  readonly prices?: {
    readonly input: Decimal;
    readonly output: Decimal;
    readonly cache_read?: Decimal;
    readonly cache_write?: Decimal;
  };
}

/** What is done as the day's model budget runs out. Percent are of max_llm_usd_per_day, of what is left of it. */
export interface NearBudgetTerms {
  readonly cheaper: ModelTerms | null;
  readonly cheaper_below_pct: Decimal;
  /** Longest cadence of questions, in milliseconds. Null: the cadence stays. */
  readonly slower_every: number | null;
  readonly slower_below_pct: Decimal;
  /** Below this nothing is asked. */
  readonly hold_below_pct: Decimal;
}

/** When a stronger model is asked instead. */
export interface EscalateTerms {
  readonly to: ModelTerms;
  /** The portfolio stands at least this many percent below its high-water mark. */
  readonly drawdown_pct: Decimal | null;
  /** A price has moved at least this many percent within one of the spans that the observation tells. */
  readonly price_pct: Decimal | null;
  /** The last request was refused. */
  readonly after_refusal: boolean;
}

/** Every model that an agent may ask, and when. */
export interface ModelPlan extends ModelTerms {
  /** Asked in turn when the one before cannot be reached or used. */
  readonly fallbacks?: readonly ModelTerms[];
  readonly near_budget?: NearBudgetTerms;
  readonly escalate?: EscalateTerms;
}

/** How the prompt is written. Paths are relative to the mandate. */
export interface PromptTerms {
  /** A shipped template's name, or a path that starts with a dot. */
  readonly template: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly partials: Readonly<Record<string, string>>;
}

/** Which strategies a prompt lists. */
export interface StrategiesTerms {
  /** "shipped", or the path of a folder. */
  readonly from: string;
  /** By id. Null: all that fit. */
  readonly only: readonly string[] | null;
  readonly as: "full" | "summary";
  readonly risk_profile: "conservative" | "moderate" | "aggressive" | null;
  /** The most that are listed. */
  readonly most: number;
}

/** When a cycle is worth a model call. */
export interface WakeTerms {
  /** A weight has drifted this many points of portfolio value from the last targets. */
  readonly drift_points: Decimal;
  /** A price has moved this many percent since the last decision. */
  readonly price_pct: Decimal;
  /** Longest time without asking, in milliseconds. */
  readonly at_least_every: number;
}

/** One cycle of a model with tools: what it may use, and what it remembers of itself. */
export interface LoopTerms {
  /** Longest time of a cycle, in milliseconds. */
  readonly wall: number;
  readonly tool_calls: number;
  /** Tokens of all turns together, in and out. */
  readonly tokens: number;
  /** USD of all turns together; each turn's worst cost is held to what is left of it. */
  readonly usd: Decimal;
  /** How often it is told to act, or to end, when it only talks. */
  readonly nudges: number;
  /** With more messages than this, the oldest are left out until `keep` remain. */
  readonly messages: number;
  readonly keep: number;
  /** Whether a cycle begins with nothing said, or with what was said in the cycles before. */
  readonly session: "fresh" | "kept";
}

/** How targets become trades. */
export interface PlanTerms {
  /** Deviations below this many points of portfolio value are left alone. A deviation exactly at it acts. */
  readonly threshold_points: Decimal;
  /** Trades below this are left out. */
  readonly min_trade_usd: Decimal;
  /** Floor of a swap, below the pinned price, in basis points. Never above the limit max_slippage_bps. */
  readonly slippage_bps: Decimal;
}

/** A host outside that a sandboxed command may ask, and by which methods. */
export interface FetchHost {
  readonly host: string;
  readonly methods: readonly ("GET" | "POST")[];
}

/** What the agent side reads of a mandate. */
export interface Brief {
  readonly id: string;
  readonly title: string | null;
  /** The strategy, as its author wrote it. */
  readonly prose: string;
  readonly decider: "structured" | "loop" | "code";
  /** The module that decides, by its path from `folder`. Always given with the decider "code"; with another one it waits. */
  readonly code?: string;
  /** Given with the decider "loop", or where the mandate says something of it. */
  readonly loop?: LoopTerms;
  readonly model: ModelPlan;
  /** Left out: the template "default" with nothing of its own. */
  readonly prompt?: PromptTerms;
  /** Left out: no strategies are listed, and none is held to. */
  readonly strategies?: StrategiesTerms;
  /** Where the files are that it names. Left out: it was not read from a disk, and may name none. */
  readonly folder?: string;
  /** Present: commands are never run, sandbox or not. */
  readonly shell?: "off";
  /** Hosts that a sandboxed command may fetch from, and how. Left out: none. */
  readonly fetch?: readonly FetchHost[];
  /** Time between cycles, in milliseconds. */
  readonly every: number;
  readonly wake: WakeTerms;
  readonly plan: PlanTerms;
}

/** A mandate file, read and resolved for its network. */
export interface Mandate {
  readonly terms: Terms;
  readonly brief: Brief;
  /** Names of limits that the file does not state, whose defaults hold. */
  readonly defaulted: readonly string[];
  /** True when the network is a world: throwaway keys, no `--live`. */
  readonly rehearsal: boolean;
}
