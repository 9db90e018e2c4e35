import { DAY, type Instant } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";

/** How many of a signer's nonces are remembered: the highest. */
const KEPT = 100;

/**
 * The venue's rule against replays, by signer: the hundred highest nonces are kept, a new one is more than the
 * smallest of them and none of them, and lies within two days before and one day after now.
 */
export class NonceWindows {
  readonly #kept: Map<Address, number[]>;

  constructor(saved: readonly (readonly [Address, readonly number[]])[] = []) {
    this.#kept = new Map(saved.map(([signer, nonces]) => [signer, [...nonces]]));
  }

  /**
   * Takes a nonce, or says in the venue's words why not.
   *
   * @param times - what counts as now. Two for an exchange whose time is not its clients': either may fit.
   */
  take(signer: Address, nonce: number, times: readonly Instant[]): string | null {
    if (!times.some((now) => nonce > now - 2 * DAY && nonce < now + DAY)) {
      return `Invalid nonce: nonce ${nonce} is outside of the allowed time range`;
    }
    const kept = this.#kept.get(signer) ?? [];
    if (kept.includes(nonce)) return `Invalid nonce: duplicate nonce ${nonce}`;
    const [smallest] = kept;
    if (kept.length === KEPT && smallest !== undefined && nonce < smallest) return `Invalid nonce: nonce too low ${nonce}`;
    kept.push(nonce);
    kept.sort((a, b) => a - b);
    if (kept.length > KEPT) kept.shift();
    this.#kept.set(signer, kept);
    return null;
  }

  toJSON(): readonly (readonly [Address, readonly number[]])[] {
    return [...this.#kept].map(([signer, nonces]) => [signer, [...nonces]]);
  }
}
