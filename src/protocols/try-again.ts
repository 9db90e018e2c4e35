import { setTimeout } from "node:timers/promises";
import { HttpRequestError, RpcRequestError } from "./request-errors.ts";

/** Milliseconds before the first further try; each one after waits twice as long. */
const PAUSE = 50;
/** Statuses of who is busy, starting, or bars for a while. */
const PASSING_STATUSES = new Set([403, 408, 413, 429, 500, 502, 503, 504]);
/** What nodes answer that had no time: unknown, too much asked (of three kinds), an error of their own. */
const PASSING_CODES = new Set([-1, -32005, -32007, 429, -32603]);

/** After a first failure: at most `tries` more, as long as each failure may pass. */
export async function tryAgain<T>(attempt: () => Promise<T>, failure: unknown, tries: number): Promise<T> {
  let last = failure;
  for (let count = 0; count < tries && mayPass(last); count++) {
    await setTimeout(pauseAfter(last, count));
    try {
      return await attempt();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function mayPass(failure: unknown): boolean {
  if (failure instanceof RpcRequestError) return failure.rpcCode === null || PASSING_CODES.has(failure.rpcCode);
  if (failure instanceof HttpRequestError && failure.status !== undefined) return PASSING_STATUSES.has(failure.status);
  return true;
}

function pauseAfter(failure: unknown, count: number): number {
  const asked = failure instanceof HttpRequestError ? failure.wait : undefined;
  return asked ?? PAUSE * 2 ** count;
}
