import type { Clock, Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import type { Json } from "../core/json.ts";
import type { Gateway, Note, Outcome, WalletId } from "../gateway/contract.ts";
import type { Mandate } from "../mandate/terms.ts";
import type { AssetId } from "../protocols/effects.ts";
import type { Intent, Observation, Venue } from "../venues/venue.ts";
import type { Bundles } from "./bundles.ts";

/** Prices of one asset over time, oldest first, in USD for a whole one. */
export interface PriceSeries {
  /** Where they are from, in words: "chainlink 0x… on base". */
  readonly source: string;
  readonly points: readonly PricePoint[];
}

export interface PricePoint {
  readonly at: Instant;
  readonly close: Decimal;
  /** Where the source has candles. */
  readonly high?: Decimal;
  readonly low?: Decimal;
}

/** The price history that a venue keeps. */
export interface PriceHistoryReads {
  /**
   * @param spacing - wanted distance of the points, in milliseconds.
   * @param most - how many points at most, the newest ones.
   * @returns null where nothing keeps a history of the asset.
   */
  series(asset: AssetId, spacing: number, most: number): Promise<PriceSeries | null>;
}

/** What an agent keeps for itself from one session to the next. Trusted for nothing. */
export interface StateStore {
  /** Null: nothing was saved. @throws {ToolError} state_load_failed: what was saved cannot be read. */
  load(): Promise<Json>;
  /** @throws {ToolError} state_too_large. */
  save(state: Json): Promise<void>;
}

/** All that a tool may use. The loop, MCP and `ax` each make one; tools know nothing of who calls. */
export interface ToolContext<I extends Intent = Intent, S extends Observation = Observation> {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly venue: Pick<Venue<I, S>, "observe" | "compile" | "readIntent">;
  /** Reads and previews. What moves money goes through `act`. */
  readonly gateway: Pick<Gateway, "state" | "preview">;
  readonly wallet: WalletId;
  readonly clock: Clock;
  /**
   * Compile, request, settle: the one road. Outcomes in the intents' order; fewer where nothing more may be sent.
   *
   * @throws {IntentError} when no bytes can say an intent.
   */
  act(intents: readonly I[]): Promise<readonly Outcome[]>;
  /** Puts something on the record. */
  note(notes: readonly Note[]): Promise<void>;
  readonly history: PriceHistoryReads;
  readonly store: StateStore;
  /** Compiled and not executed yet. Lives as long as the session. */
  readonly bundles: Bundles<I>;
  /** Verdicts instead of signatures, whatever a call asks for. */
  readonly dryRun?: boolean;
  /** Why rules of the agent's own forbid an intent; null: they allow it. Left out: there are none. */
  heldBack?(intent: I, seen: S): string | null;
  readonly signal?: AbortSignal;
}
