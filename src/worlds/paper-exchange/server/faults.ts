import { type Random, seededRandom } from "../../../core/random.ts";

/**
 * What may go wrong between a client and the exchange.
 *
 * - `drop_answer`: an action happens and its answer never comes
 * - `cut_answer`: an action happens and the connection breaks off instead of an answer
 * - `drop_request`: an action is lost before it happens, and no answer comes
 * - `cut_request`: an action is lost with its connection before it happens
 * - `http_429`, `http_5xx`: the request is turned away; nothing happens
 * - `error_after`: an action happens and its answer is an HTTP 502
 * - `duplicate_request`: an action comes twice, and the answer is the second one's
 * - `late_request`: the connection breaks off, and the action comes all the same, some questions later
 * - `stale`: a question is answered as it was the last time that it was asked
 * - `drop_socket`: the WebSocket breaks off
 * - `duplicate`, `late`: a message of a subscription comes twice, or after the next one
 */
export type Fault =
  | "drop_answer"
  | "cut_answer"
  | "drop_request"
  | "cut_request"
  | "http_429"
  | "http_5xx"
  | "error_after"
  | "duplicate_request"
  | "late_request"
  | "stale"
  | "drop_socket"
  | "duplicate"
  | "late";

/** Where a fault may strike. */
export type FaultSite = "action" | "info" | "message";

const SITES: Readonly<Record<FaultSite, readonly Fault[]>> = {
  action: [
    "drop_answer",
    "cut_answer",
    "drop_request",
    "cut_request",
    "http_429",
    "http_5xx",
    "error_after",
    "duplicate_request",
    "late_request",
  ],
  info: ["http_429", "http_5xx", "stale"],
  message: ["drop_socket", "duplicate", "late"],
};

/** Questions that a late action may let go first. */
const LATEST = 12;

export interface FaultConfig {
  readonly seed?: string;
  /** Probability of each fault, in [0, 1], every time that it could strike. */
  readonly rates?: Readonly<Partial<Record<Fault, number>>>;
  /** Probability that a market order finds only a part of the depth that it could, and so is filled in part. */
  readonly partial_fills?: number;
}

/** Decides what goes wrong: first what was scripted, in order, then by chance from the seed. */
export class Faults {
  readonly #random: Random;
  #rates: Readonly<Partial<Record<Fault, number>>>;
  #partial: number;
  readonly #scripted: { readonly site: FaultSite; readonly fault: Fault | "none" }[] = [];
  #frozen = false;

  constructor({ seed = "faults", rates = {}, partial_fills = 0 }: FaultConfig = {}) {
    this.#random = seededRandom(`paper exchange faults ${seed}`);
    this.#rates = rates;
    this.#partial = partial_fills;
  }

  /** From now on so much goes wrong, and no more; chance goes on from where it is. */
  become({ rates = {}, partial_fills = 0 }: Omit<FaultConfig, "seed">): void {
    this.#rates = rates;
    this.#partial = partial_fills;
  }

  /** What befalls the next thing at a site, after what was scripted before. "none" lets one pass. */
  script(site: FaultSite, fault: Fault | "none"): void {
    this.#scripted.push({ site, fault });
  }

  /** Lets go of whatever was scripted and has not struck. */
  unscript(): void {
    this.#scripted.length = 0;
  }

  /** From now on every question is answered as it was before; or no longer. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
  }

  /** What befalls this one, if anything. */
  strike(site: FaultSite): Fault | null {
    if (site === "info" && this.#frozen) return "stale";
    const at = this.#scripted.findIndex((planned) => planned.site === site);
    if (at >= 0) {
      const [planned] = this.#scripted.splice(at, 1);
      return planned === undefined || planned.fault === "none" ? null : planned.fault;
    }
    for (const fault of SITES[site]) {
      const rate = this.#rates[fault] ?? 0;
      if (rate > 0 && this.#random.next() < rate) return fault;
    }
    return null;
  }

  /** After how many more questions a late action comes. */
  delay(): number {
    return 1 + Math.floor(this.#random.next() * LATEST);
  }

  /** What share of an order's size finds somebody to trade with: 1, or less by chance. */
  share(): number {
    return this.#partial > 0 && this.#random.next() < this.#partial ? 0.1 + 0.8 * this.#random.next() : 1;
  }
}
