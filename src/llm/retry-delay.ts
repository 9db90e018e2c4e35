import type { Random } from "../core/random.ts";

export interface RetryPolicy {
  /** Tries after the first. */
  readonly max: number;
  /** The first wait, doubled each time, in milliseconds. */
  readonly baseMs: number;
  /** The longest wait of our own. */
  readonly capMs: number;
  /** The longest wait that a provider may ask for; when it asks for more, the call fails at once. */
  readonly retryAfterCapMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { max: 3, baseMs: 500, capMs: 8_000, retryAfterCapMs: 60_000 };

/**
 * How long to wait before try number `retry` + 1, in milliseconds: exponential, with half of it by chance, and never
 * less than the provider asks for. Undefined: do not try again.
 */
export function retryDelay(
  policy: RetryPolicy,
  retry: number,
  retryAfterMs: number | undefined,
  random: Random,
): number | undefined {
  if (retry >= policy.max) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > policy.retryAfterCapMs) return undefined;
  const full = Math.min(policy.capMs, policy.baseMs * 2 ** retry);
  const own = Math.round(full / 2 + (full / 2) * random.next());
  return Math.max(own, Math.ceil(retryAfterMs ?? 0));
}
