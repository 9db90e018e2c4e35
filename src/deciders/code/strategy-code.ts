import type { Decimal } from "../../core/decimal.ts";
import type { GatewayState } from "../../gateway/contract.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Observation } from "../../venues/venue.ts";

/** What a strategy in code is told beside what is seen. It is a copy of nothing: all of it is frozen. */
export interface CodeContext {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  /** As the gateway has it: what is left of each limit, what is open, what was refused, what was granted. */
  readonly state: GatewayState;
  /** Exact decimals from text. @throws {NotADecimalError} */
  readonly decimal: (text: string) => Decimal;
  /** Fires when the agent stops or the answer is waited for no more. */
  readonly signal: AbortSignal;
}

/**
 * One thing to do, as in docs/intents.md: `{ kind: "SWAP", … }`. Amounts are decimals or text, never numbers.
 * `{ kind: "HOLD", why }` stands alone and says why nothing is done.
 */
export interface CodeIntent {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** What a strategy in code wants done, in order. None: nothing. */
export type CodeAnswer = readonly CodeIntent[] | { readonly why: string; readonly intents: readonly CodeIntent[] };

/** The function that the module of a mandate with `decider: code` exports as `decide`. */
export type Decide<S extends Observation = Observation> = (seen: S, context: CodeContext) => CodeAnswer | Promise<CodeAnswer>;
