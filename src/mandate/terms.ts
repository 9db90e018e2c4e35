import type { Decimal } from "../core/decimal.ts";
import type { Address } from "../core/hex.ts";
import type { AccountId } from "../protocols/effects.ts";
import type { Book } from "./book.ts";

/** A limit, or the word that says there is none (rehearsals only, where a real key would need a number). */
export type Limit = Decimal | "unlimited";

/** Limits per token, in whole tokens, for assets without a price: `{ MON: 5 }`. */
export type UnitLimits = Readonly<Record<string, Decimal>>;

/** Every limit of a mandate with its default filled in. Names as users write them; meanings in docs/limits.md. */
export interface Limits {
  readonly allowed_tokens: readonly string[];
  /** Labels of the book's contracts that may be called. Default: all of them that can be. */
  readonly allowed_contracts: readonly string[];
  /** Addresses that may be paid. Default: none. */
  readonly allowed_recipients: readonly Address[];
  /** Labels of contracts that may be given money without a floor in the bytes. Default: none. */
  readonly allow_unfloored: readonly string[];
  readonly max_single_trade_usd: Limit;
  readonly max_daily_spend_usd: Limit;
  readonly max_daily_loss_usd: Limit;
  readonly max_position_size_usd: Limit;
  readonly max_single_trade: UnitLimits;
  readonly max_daily_spend: UnitLimits;
  readonly max_position_size: UnitLimits;
  readonly max_slippage_bps: Limit;
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
  /** Longest time for which signed bytes may stay valid, at most 300. */
  readonly max_deadline_seconds: Decimal;
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

/** When a cycle is worth a model call. */
export interface WakeTerms {
  /** A weight has drifted this many points of portfolio value from the last targets. */
  readonly drift_points: Decimal;
  /** A price has moved this many percent since the last decision. */
  readonly price_pct: Decimal;
  /** Longest time without asking, in milliseconds. */
  readonly at_least_every: number;
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

/** What the agent side reads of a mandate. */
export interface Brief {
  readonly id: string;
  readonly title: string | null;
  /** The strategy, as its author wrote it. */
  readonly prose: string;
  readonly decider: "structured";
  readonly model: ModelTerms;
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
