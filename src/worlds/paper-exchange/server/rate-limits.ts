import { type Instant, MINUTE, SECOND } from "../../../core/clock.ts";
import { Decimal } from "../../../core/decimal.ts";
import type { Address } from "../../../core/hex.ts";
import { WEIGHT_A_MINUTE } from "../../../protocols/hyperliquid/request-weights.ts";

export interface RateLimitConfig {
  /** Weight of requests that one IP address may make in a minute. */
  readonly weightPerMinute: number;
  /** Requests that an address has from the start. */
  readonly initialRequests: number;
}

export const VENUE_RATE_LIMITS: RateLimitConfig = { weightPerMinute: WEIGHT_A_MINUTE, initialRequests: 10_000 };

/** How long an address that has none left waits for its next request. */
const TRICKLE = 10 * SECOND;

/** What one IP address has asked for lately. */
export class IpWeights {
  readonly #spent = new Map<string, { minute: string; weight: number }>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Whether a request of this weight still fits into the minute; it counts if it does.
   *
   * @param times - what counts as now; a minute is over when it is over by any of them.
   */
  take(ip: string, weight: number, times: readonly Instant[]): boolean {
    if (this.#weight(ip, times) + weight > this.#limit) return false;
    this.add(ip, weight, times);
    return true;
  }

  /** Counts weight that is known only afterwards, whether it fits or not. */
  add(ip: string, weight: number, times: readonly Instant[]): void {
    this.#spent.set(ip, { minute: minuteOf(times), weight: this.#weight(ip, times) + weight });
  }

  #weight(ip: string, times: readonly Instant[]): number {
    const before = this.#spent.get(ip);
    return before?.minute === minuteOf(times) ? before.weight : 0;
  }
}

function minuteOf(times: readonly Instant[]): string {
  return times.map((now) => Math.floor(now / MINUTE)).join(" ");
}

interface Quota {
  readonly used: number;
  readonly last: Instant;
}

/** What an address has sent, against what it has traded: one request for each dollar, and some to begin with. */
export class AddressQuotas {
  readonly #quotas: Map<Address, Quota>;
  readonly #initial: number;

  constructor(initial: number, saved: readonly (readonly [Address, Quota])[] = []) {
    this.#initial = initial;
    this.#quotas = new Map(saved);
  }

  /** What an address may send in all, by what it has traded. */
  cap(volume: Decimal): number {
    return this.#initial + volume.toDecimalPlaces(0, Decimal.ROUND_DOWN).toNumber();
  }

  used(address: Address): number {
    return this.#quotas.get(address)?.used ?? 0;
  }

  /**
   * Counts `n` requests, or says in the venue's words why they are too many. What only cancels has a longer leash:
   * the lesser of the cap and 100,000, and twice the cap. Past the cap one request in ten seconds passes.
   */
  take(
    address: Address,
    n: number,
    { volume, now, cancels }: { volume: Decimal; now: Instant; cancels: boolean },
  ): string | null {
    const cap = this.cap(volume);
    const { used, last } = this.#quotas.get(address) ?? { used: 0, last: Number.NEGATIVE_INFINITY };
    const limit = cancels ? Math.min(cap + 100_000, 2 * cap) : cap;
    if (used + n > limit && now - last < TRICKLE) {
      return `Too many cumulative requests sent (${used} > ${cap}) for cumulative volume traded $${volume.toFixed(2)}. Place taker orders to free up 1 request per USDC traded.`;
    }
    this.#quotas.set(address, { used: used + n, last: now });
    return null;
  }

  toJSON(): readonly (readonly [Address, Quota])[] {
    return [...this.#quotas].filter(([, { last }]) => Number.isFinite(last));
  }
}
