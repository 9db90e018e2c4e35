import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { Effects, Prices } from "../protocols/effects.ts";
import type { ExchangeEffects, ExchangeMove } from "../protocols/exchange-effects.ts";
import type { Outcome, Request } from "./contract.ts";

/** What a request would do as things stand, and how it is done once it is reserved. */
export interface Prospect {
  readonly effects: Effects;
  readonly prices: Prices;
  /** Where an exchange's account would stand with other moves in the place of the request's. From what was read: nothing is asked. */
  readonly withMoves?: (moves: readonly ExchangeMove[]) => ExchangeEffects;
  /**
   * Signs everything, keeps it, and submits it. What came of it is for {@link RailDesk.settle}.
   *
   * @param holds - asked once all is signed. False: none of it is kept, and nothing can come of it.
   */
  send(key: Hash, holds: () => boolean): Promise<void>;
}

/** What the pipeline asks of a rail. */
export interface RailDesk {
  /**
   * Looks at where the account stands before anything is judged.
   *
   * @throws {GatewayError} where somebody else uses the key, or nothing can be read.
   */
  look(request: Request, now: Instant): Promise<Prospect>;
  /** Stops the wallet where somebody else has used its account. Asked now and then, when nothing is in flight. */
  check(now: Instant): Promise<void>;
  /** Looks one open request up and records what came of it. What cannot be told yet stays open. */
  settle(request: RequestState): Promise<Outcome>;
  /** Whether the limits want an open request looked up now, though nobody asks. */
  isDue(request: RequestState, now: Instant): Promise<boolean>;
  /** Open requests that have to be settled before one of this verdict passes. */
  waiting(verdict: Verdict): readonly Hash[];
}
