import { type Instant, MINUTE } from "../../core/clock.ts";
import { WEIGHT_A_MINUTE } from "./request-weights.ts";

/** Of the venue's weight, the share that reads caused by an agent may take: the rest is held for what gets home. */
const AGENTS_SHARE = 0.8;
/** While an operator gives orders, the agent has no more than this. */
const SHARE_BESIDE_OPERATOR = 0.5;
/** How long an operator's order makes room for the next. */
const OPERATOR_STAYS = 10 * MINUTE;
/** What an agent's exits may take of it: the rest is the operator's and the gateway's own. */
const EXITS_SHARE = 0.9;

/** Who a read is for. */
export type Payer = "agent" | "exit" | "gateway" | "operator";

interface Spent {
  readonly at: Instant;
  readonly weight: number;
}

/**
 * What one venue was asked lately, by weight, in a minute that slides: the venue counts what comes from an address, whoever
 * of its users asked. Wallets of one process that share a venue share its meter.
 */
export class WeightMeter {
  readonly #limit: number;
  #spent: Spent[] = [];
  #operatorUntil: Instant = Number.NEGATIVE_INFINITY;

  /** @param limit - the weight of a minute. */
  constructor(limit: number = WEIGHT_A_MINUTE) {
    this.#limit = limit;
  }

  /**
   * Counts a request where it fits into the payer's share. The gateway and the operator are not refused.
   *
   * @returns null where it fits, or from when on it will.
   */
  take(now: Instant, weight: number, payer: Payer): Instant | null {
    if (payer === "operator") this.#operatorUntil = now + OPERATOR_STAYS;
    if (this.isOver(now, weight, payer) && (payer === "agent" || payer === "exit")) return this.#roomFrom(now, weight, payer);
    this.add(now, weight);
    return null;
  }

  /** Counts weight that is known only afterwards. */
  add(now: Instant, weight: number): void {
    const last = this.#spent.at(-1);
    if (last?.at === now) this.#spent[this.#spent.length - 1] = { at: now, weight: last.weight + weight };
    else this.#spent.push({ at: now, weight });
  }

  /** The venue says that it is too much: somebody else asks from this address too. Agents wait for a minute. */
  refused(now: Instant): void {
    const short = this.#limit * AGENTS_SHARE - this.#total(now);
    if (short > 0) this.add(now, short);
  }

  /** Whether one more request does not fit into what the payer may take. */
  isOver(now: Instant, weight: number, payer: Payer): boolean {
    return this.#total(now) + weight > this.#limit * this.#share(now, payer);
  }

  #share(now: Instant, payer: Payer): number {
    if (payer === "exit") return EXITS_SHARE;
    if (payer !== "agent") return 1;
    return now < this.#operatorUntil ? SHARE_BESIDE_OPERATOR : AGENTS_SHARE;
  }

  #total(now: Instant): number {
    // A clock that was set back must not keep what is over.
    this.#spent = this.#spent.filter(({ at }) => at > now - MINUTE).map((one) => (one.at > now ? { ...one, at: now } : one));
    return this.#spent.reduce((sum, { weight }) => sum + weight, 0);
  }

  #roomFrom(now: Instant, weight: number, payer: Payer): Instant {
    const most = this.#limit * this.#share(now, payer);
    let left = this.#total(now);
    for (const one of this.#spent) {
      left -= one.weight;
      if (left + weight <= most) return one.at + MINUTE;
    }
    return now + MINUTE;
  }
}

/** The meters of a process, one for each venue. */
export class VenueMeters {
  readonly #limit: number | undefined;
  readonly #meters = new Map<string, WeightMeter>();

  /** @param limit - see {@link WeightMeter}. */
  constructor(limit?: number) {
    this.#limit = limit;
  }

  of(url: string): WeightMeter {
    const known = this.#meters.get(url) ?? new WeightMeter(this.#limit);
    this.#meters.set(url, known);
    return known;
  }
}
