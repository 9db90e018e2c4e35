import type { Clock } from "../../core/clock.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { Toolset } from "../../deciders/loop/loop-decider.ts";
import type { Targets } from "../../planning/targets.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { Intent, Observation, Venue } from "../../venues/venue.ts";
import type { PortfolioReport, ValuePoint } from "./portfolio-report.ts";

/** Any intent that a rehearsal can hear of. */
export type AnyIntent = EvmIntent | HyperliquidIntent;

/** A world to rehearse in: its time, a throwaway account with money in it, and how an agent sees it. */
export interface Stage<I extends Intent = AnyIntent, S extends Observation = Observation> {
  /** For people: "chain 31337". */
  readonly where: string;
  readonly chainId: number | null;
  /** The world's endpoint, which the gateway reads and sends to. */
  readonly url: string;
  /** Whose money it is. */
  readonly account: Address;
  /** What the gateway signs with: the account's own key, or one that may trade for it. */
  readonly key: Hex;
  /** The account's own key, where the mandate lets dollars go between its classes at an exchange. */
  readonly owner?: Hex;
  readonly clock: Clock;
  readonly venue: Venue<I, S>;
  /** What an agent with tools is given here. */
  readonly toolset: () => Promise<Toolset<I, S>>;
  /** What the world itself counted of the account, beside simpler ways to have run the same money. Left out: it counts nothing. */
  readonly measure?: (run: MeasuredRun) => Promise<PortfolioReport>;
  /** Everything has started: from here on may go wrong what was asked to. */
  begin?(): void;
  stop(): Promise<void>;
}

/** What an agent did, as far as a world needs it to compare. */
export interface MeasuredRun {
  /** The account's value at each look. */
  readonly values: readonly ValuePoint[];
  /** The first targets that were decided. Null: there were none. */
  readonly targets: Targets | null;
}
