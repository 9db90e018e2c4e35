import type { Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { MandateError } from "../core/errors.ts";
import type { Address } from "../core/hex.ts";
import type { Json } from "../core/json.ts";
import type { Plan, PlanRules } from "../planning/plan.ts";
import type { Targets } from "../planning/targets.ts";
import type { AccountId, Action, AssetId } from "../protocols/effects.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What every intent has. The venue knows the rest. */
export interface Intent {
  readonly kind: string;
}

/** One holding as it was seen. */
export interface SeenHolding {
  readonly account: AccountId;
  readonly asset: AssetId;
  /** In whole tokens; a short is negative. */
  readonly amount: Decimal;
  readonly decimals: number;
  /** USD for a whole token, from the source that the mandate pins. Null: unknown, stale or off its peg. */
  readonly price_usd: Decimal | null;
  /** When the price's source last spoke. */
  readonly price_at: Instant | null;
  readonly value_usd: Decimal | null;
  /** Share of the portfolio's value. Null: that value is not known, or this holding is no part of it. */
  readonly weight: Decimal | null;
  /** "exit": held, yet not wanted by the mandate any more. "gas": the native coin, no part of the weights. */
  readonly role: "numeraire" | "allowed" | "exit" | "gas";
}

export interface LiveAllowance {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly spender: Address;
  /** In whole tokens. */
  readonly amount: Decimal;
}

/** What an agent sees, all of one moment. Venues add what is theirs. */
export interface Observation {
  readonly at: Instant;
  /** Sum of all holdings but gas, at pinned prices. Null: something that is held has no price. */
  readonly value_usd: Decimal | null;
  readonly holdings: readonly SeenHolding[];
  /** Allowances of own accounts that are live now. */
  readonly allowances: readonly LiveAllowance[];
  /** Own orders that rest at the venue, by the ids that open requests await. Left out: nothing rests there. */
  readonly resting?: readonly string[];
  /** What could not be read or priced, one sentence each. */
  readonly unknowns: readonly string[];
  /** What else a decider should know, as plain data: markets, depth, gas. */
  readonly facts: { readonly [key: string]: Json };
}

/** What a decider wants: the portfolio's shape, or things to do in order. */
export type Wish<I extends Intent> =
  | { readonly kind: "targets"; readonly targets: Targets }
  | { readonly kind: "intents"; readonly intents: readonly I[] };

/**
 * Where an agent can look and want: keyless, trusted for nothing.
 *
 * Whatever is wanted becomes real bytes where bytes can say it; it is the gateway that refuses.
 */
export interface Venue<I extends Intent = Intent, S extends Observation = Observation> {
  /** @throws {RpcError} when the chain does not answer. */
  observe(): Promise<S>;
  /** @throws {TargetsError} for targets that do not hold together. */
  plan(wish: Wish<I>, seen: S, rules: PlanRules): Plan<I>;
  /** @throws {IntentError} when no bytes can say it. */
  compile(intent: I, seen: S): readonly [Action, ...Action[]];
  /** What ends every allowance that is live. */
  revokes(seen: S): readonly I[];
  /** @throws {IntentError} for anything but an intent of this venue. */
  readIntent(item: unknown): I;
  /** What of an observation goes on the record. Left out: all of it but its facts. */
  recorded?(seen: S): object;
  /** What deciders are told that they may want. Left out: target weights alone are offered to them. */
  readonly vocabulary?: Vocabulary<I, S>;
}

export type IntentProblem =
  | "NOT_AN_INTENT"
  | "UNKNOWN_ACCOUNT"
  | "UNKNOWN_ASSET"
  | "UNKNOWN_CHAIN"
  | "NO_POOL"
  | "NO_ROUTER"
  | "NO_PRICE"
  | "NO_POSITION"
  | "NO_VAULT"
  | "NO_RANGE"
  | "NO_FLOOR"
  | "NO_MARKET"
  | "NO_ORDER"
  | "NO_KEY"
  | "STALE"
  | "TOO_SMALL"
  | "BAD_PRICE"
  | "AMOUNT_ZERO"
  | "NOT_SWAPPABLE";

/** An intent for which there are no bytes. `details.problem` is an {@link IntentProblem}. */
export class IntentError extends MandateError {
  readonly problem: IntentProblem;

  constructor(problem: IntentProblem, message: string, remedy: string) {
    super("INTENT_NOT_VALID", message, { remedy, details: { problem } });
    this.problem = problem;
  }
}
