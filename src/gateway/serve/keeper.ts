import { type Clock, type Instant, SECOND } from "../../core/clock.ts";
import type { WalletGateway } from "../wallet-gateway.ts";

/** How often a keeper looks. */
const EVERY = 2 * SECOND;

/** What runs until it is stopped. */
export interface Keeper {
  /** Resolves once the look that is under way is over. */
  stop(): Promise<void>;
}

/**
 * Looks every few seconds whether a limit wants something done though nobody asks, so that no order outlives its time, a
 * breaker or a drawdown because the agent does not live any more. The gateway has no timers; its process has this one.
 *
 * @param onError - hears of looks that failed, once until one succeeds again. The next look tries anew.
 */
export function startKeeper({
  gateway,
  clock,
  every = EVERY,
  onError,
}: {
  readonly gateway: Pick<WalletGateway, "keep">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly every?: number;
  readonly onError: (what: string, error: unknown) => void;
}): Keeper {
  const stopped = new AbortController();
  let failing = false;
  const look = async () => {
    try {
      await gateway.keep();
      failing = false;
    } catch (error) {
      if (!failing) onError("keeper", error);
      failing = true;
    }
  };
  const run = async () => {
    while (!stopped.signal.aborted) {
      const next: Instant = (await clock.now()) + every;
      await clock.sleep(next, stopped.signal);
      if (!stopped.signal.aborted) await look();
    }
  };
  const done = run();
  return {
    async stop() {
      stopped.abort();
      await done;
    },
  };
}
