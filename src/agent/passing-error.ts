import { type Clock, SECOND } from "../core/clock.ts";
import type { MandateError } from "../core/errors.ts";
import { GatewayError, type GatewayErrorCode } from "../gateway/gateway-error.ts";
import { InfoShapeError, InfoUnavailableError } from "../protocols/hyperliquid/info-client.ts";
import { RpcError } from "../protocols/json-rpc.ts";

/** What waiting may mend of a gateway. */
const PASSING: readonly GatewayErrorCode[] = ["GATEWAY_UNREACHABLE", "CHAIN_UNREACHABLE", "RATE_LIMITED"];

/** Whether waiting may mend an error. */
export function isPassing(error: unknown): error is MandateError {
  if (error instanceof RpcError) return true;
  if (error instanceof InfoUnavailableError || error instanceof InfoShapeError) return true;
  return error instanceof GatewayError && PASSING.includes(error.code);
}

/** Time between two tries, and how often there is another: a venue's quota of a minute is over by then. */
const WAIT = 5 * SECOND;
const MOST_TRIES = 25;

/** Tries again, a little later, what waiting may mend. Without a clock it is tried once. */
export async function waitOut<T>(
  work: () => Promise<T>,
  { clock, signal }: { readonly clock?: Clock | undefined; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!clock || !isPassing(error) || tries >= MOST_TRIES || signal?.aborted) throw error;
      await clock.sleep((await clock.now()) + WAIT, signal);
    }
  }
}
