import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { AssetId, Effects, NoPrice, UnknownCode } from "../protocols/effects.ts";

/** One reason why a request is denied. Written for a person and for a model. */
export interface Violation {
  readonly code: ViolationCode;
  /** One sentence with the exact figures. */
  readonly message: string;
  /** The limit's name, where it is one. */
  readonly limit?: string;
  /** What the request has, in the limit's unit. */
  readonly value?: string;
  /** What would be allowed now, in the limit's unit. */
  readonly allowed?: string;
  /** The token whose units `value` and `allowed` are in, where a limit counts in those. */
  readonly unit?: string;
  /** When more will be allowed. */
  readonly until?: Instant;
  /** When all of the budget is back. */
  readonly full?: Instant;
}

/** A part of a refused request that would pass in its place: the same calls for less, with floors as near to the pinned prices. */
export interface LargestNow {
  /**
   * - `passes`: asking for exactly `amounts` passes, by everything that was read for the refusal
   * - `asks`: nothing less is denied from `amounts` on, but a person has to agree to it
   * - `unsure`: it is no more than `amounts`, where there are any; what passes of that only asking for it tells
   * - `none`: no smaller amount passes
   */
  readonly kind: "passes" | "asks" | "unsure" | "none";
  /** The most of each asset that the request gives, in whole tokens, rounded down to its decimals or twelve digits; an order's size in coins. All at once. */
  readonly amounts: readonly { readonly asset: AssetId; readonly amount: Decimal }[];
  /** What no smaller amount gets past, or what nobody knows of a smaller amount. Empty where one passes. */
  readonly because: readonly ViolationCode[];
  /** When what stands in the way is over, where that is known and less does not help. */
  readonly until?: Instant;
  /** When every budget that the request exceeds is back in full. */
  readonly full?: Instant;
  /** The same as one sentence. */
  readonly message: string;
}

export type ViolationCode =
  | UnknownCode
  | NoPrice["missing"]
  | "TRADE_TOO_LARGE"
  | "HOURLY_SPEND"
  | "DAILY_SPEND"
  | "WEEKLY_SPEND"
  | "TOTAL_SPEND"
  /** The wallets that share a budget have taken it. */
  | "FLEET_SPEND"
  | "FLEET_LOSS"
  | "MIN_CASH"
  | "DAILY_LOSS"
  | "POSITION_TOO_LARGE"
  | "SLIPPAGE"
  | "PRICE_IMPACT"
  | "EXIT_COST"
  /** A closing order that is larger than what it closes, or against nothing. */
  | "REDUCE_ONLY_TOO_LARGE"
  | "STOP_OPENS"
  /** The venue takes more of a trade than the book says. */
  | "FEE_TOO_HIGH"
  | "LEVERAGE"
  | "MARGIN_MODE"
  | "MARGIN_AT_RISK"
  | "LIQUIDATION_DISTANCE"
  | "OPEN_ORDERS"
  | "SCHEDULE_CANCEL"
  /** The last of the venue's request quota is kept for getting home. */
  | "REQUEST_RESERVE"
  | "DRAWDOWN"
  | "TRADES_PER_HOUR"
  | "COOLDOWN"
  | "BREAKER"
  | "OUTSIDE_HOURS"
  | "PROTOCOL_NOT_ALLOWED"
  /** An argument is not what allowed_calls says that it must be. */
  | "ARGUMENT_NOT_ALLOWED"
  | "FROZEN"
  /** The operator has killed it: not even reducing passes but by the operator's flatten. */
  | "KILLED"
  /** The operator's flatten asked for something else than getting safer. */
  | "EXIT_ONLY"
  | "ACTIONS_PER_PLAN"
  | "GAS_BUDGET"
  | "GAS_RESERVE"
  | "DEADLINE_TOO_FAR"
  | "IN_FLIGHT"
  | "NEEDS_APPROVAL"
  /** The operator said no to the same thing. */
  | "APPROVAL_DENIED"
  /** Too many questions to the operator are open, or were asked today. */
  | "APPROVALS_FULL";

export interface BudgetLeft {
  readonly budget: string;
  readonly unit: string;
  readonly limit: Decimal | "unlimited";
  readonly used: Decimal;
  readonly left: Decimal | "unlimited";
  /** When the oldest part of what is used comes back. Null: nothing is used, or it never does. */
  readonly refills: Instant | null;
}

/** What a request takes from the budgets at worst, in USD unless a unit is named. */
export interface AtWorst {
  /** "spend" opens or adds; "reduce" only gets safer and has budgets of its own. */
  readonly class: "spend" | "trade" | "reduce";
  readonly spend_usd: Decimal;
  readonly loss_usd: Decimal;
  readonly exit_loss_usd: Decimal;
  readonly gas_usd: Decimal;
  readonly exit_gas_usd: Decimal;
  readonly buys_usd: Decimal;
  readonly sells_usd: Decimal;
  readonly spend_units: Readonly<Record<string, Decimal>>;
  /** Portfolio value before, at pinned prices: what the high-water mark is made of. */
  readonly value_usd: Decimal | null;
}

/** On whose word a request is judged. */
export interface Authority {
  /** A permit of the operator's answers the question whether a person agrees. It waives no other limit. */
  readonly approved?: boolean;
  /** The operator's own way home: it reduces and does nothing else, past a kill and at prices that are too old. */
  readonly operator?: boolean;
}

export type Verdict =
  | { readonly kind: "allow"; readonly effects: Effects; readonly atWorst: AtWorst; readonly left: readonly BudgetLeft[] }
  | {
      readonly kind: "deny";
      readonly effects: Effects;
      readonly violations: readonly [Violation, ...Violation[]];
      /** Absent: the request gives nothing whose amount could be less, or less of it is no share of the whole. */
      readonly largest?: LargestNow;
    }
  | {
      readonly kind: "ask";
      readonly effects: Effects;
      readonly because: readonly [Violation, ...Violation[]];
      readonly atWorst: AtWorst;
      /** What the operator is asked to grant, and until when. Null: nobody was asked (a preview, or no operator is named). */
      readonly permit: { readonly id: string; readonly expires: Instant } | null;
      /** What would pass without a person. */
      readonly largest?: LargestNow;
    };
