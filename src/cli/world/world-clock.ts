import { type Clock, type Instant, SECOND, systemClock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { chainClock } from "../../protocols/chain-clock.ts";
import { InfoUnavailableError, infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { RpcError, rpcClient } from "../../protocols/json-rpc.ts";

/** Longest time, in milliseconds of the machine, between two looks at a world's time. */
const LOOK = SECOND;
/** Shortest, so that a fast world is not asked without end. */
const LEAST = 50;

/**
 * The time of a world that runs elsewhere, at whatever speed. Sleeping is looking until it is so late there. While the
 * world does not say what time it is, the machine's time passes in its place.
 */
export function worldClock({ terms }: Pick<Mandate, "terms">, url: string): Clock {
  const info = infoClient({ url });
  const ask = terms.venue === "hyperliquid" ? async () => (await info.exchangeStatus()).time : chainClock(rpcClient(url)).now;
  let last: { readonly there: Instant; readonly here: Instant } | null = null;
  const now = async (): Promise<Instant> => {
    try {
      const there = await ask();
      last = { there, here: await systemClock.now() };
      return there;
    } catch (error) {
      if (last === null || !(error instanceof InfoUnavailableError || error instanceof RpcError)) throw error;
      return last.there + Math.max(0, (await systemClock.now()) - last.here);
    }
  };
  return {
    now,
    async sleep(until, signal) {
      while (!signal?.aborted) {
        const left = until - (await now());
        if (left <= 0) return;
        await systemClock.sleep((await systemClock.now()) + Math.min(LOOK, Math.max(LEAST, left)), signal);
      }
    },
  };
}
