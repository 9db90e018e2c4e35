import { HOUR, type Instant, isoTime } from "../core/clock.ts";
import { canonicalJson } from "../core/json.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import type { Note } from "./contract.ts";
import { GatewayError } from "./gateway-error.ts";
import { RateLimit } from "./json-rpc/rate-limit.ts";
import { Pace } from "./pace.ts";

/** Denials that go on record in an hour. Further ones are answered and not written down. */
const DENIALS_AN_HOUR = 60;
const REQUESTS_A_MINUTE = 240;
const PREVIEWS_A_MINUTE = 240;
/** Past the quotas, by each door: what looked like a way to safety by its bytes and was none. At once, and in every minute after. */
const FALSE_EXITS_A_MINUTE = 60;
const OPENS_A_MINUTE = 120;
const READS_A_MINUTE = 240;
const SETTLES_A_MINUTE = 240;
const NOTE_BYTES_A_MINUTE = 8 * 1024 * 1024;

/** Where a request comes in: by the contract's calls, or by JSON-RPC, where an agent's shell and other wallet-like clients are. */
export type Door = "contract" | "json-rpc";

/** What is to be judged though its quota is used up. */
export interface OverQuota {
  /** For what turns out not to reduce. */
  readonly error: GatewayError;
  /** It did reduce. What did not, or came to no verdict, stays counted. */
  wasExit(): void;
}

/**
 * What an agent may ask of its gateway, so that it fills no disk and wears out no node. Past a quota, a request that cannot
 * reduce by its bytes is refused unjudged, and one that may is judged. Those that turn out not to are counted apart, so that
 * true exits use up nothing. Who has passed a burst of counterfeits off has one more looked at in each second; by the other
 * door nobody waits for that, nor for what was only previewed, nor does the operator ever.
 *
 * Denials are counted from the journal and survive a restart. The rates are of the last minute by the gateway's clock and
 * begin anew with the process, which an agent cannot restart.
 */
export class Quotas {
  readonly #requests = new RateLimit(REQUESTS_A_MINUTE);
  readonly #previews = new RateLimit(PREVIEWS_A_MINUTE);
  readonly #falseRequests = doors();
  readonly #falsePreviews = doors();
  readonly #opens = new RateLimit(OPENS_A_MINUTE);
  readonly #reads = new RateLimit(READS_A_MINUTE);
  readonly #settles = new RateLimit(SETTLES_A_MINUTE);
  readonly #notes = new RateLimit(NOTE_BYTES_A_MINUTE);

  /** Whether one more denial goes on record. */
  recordsDenial({ denials }: Pick<WalletState, "denials">, now: Instant): boolean {
    return denials.filter((at) => at > now - HOUR).length < DENIALS_AN_HOUR;
  }

  /**
   * Counts a request. Null: there is room.
   *
   * @param mayReduce - what its bytes say; asked where there is no room.
   * @throws {GatewayError} RATE_LIMITED
   */
  request(now: Instant, door: Door, mayReduce: () => boolean): OverQuota | null {
    return this.#past(this.#requests.take(now), `${REQUESTS_A_MINUTE} requests`, now, {
      looks: this.#falseRequests[door],
      mayReduce,
    });
  }

  /** The same for a preview. @throws {GatewayError} RATE_LIMITED */
  preview(now: Instant, door: Door, mayReduce: () => boolean): OverQuota | null {
    const looks = this.#falsePreviews[door];
    return this.#past(this.#previews.take(now), `${PREVIEWS_A_MINUTE} previews`, now, { looks, mayReduce });
  }

  #past(
    taken: ReturnType<RateLimit["take"]>,
    what: string,
    now: Instant,
    { looks, mayReduce }: { readonly looks: Pace; readonly mayReduce: () => boolean },
  ): OverQuota | null {
    if (taken.ok) return null;
    const over = limited(`more than ${what} in a minute`, taken.again);
    if (!mayReduce()) throw over;
    const looked = looks.take(now);
    if (!looked.ok) throw limited(`more than ${what} in a minute, and too many were no exits`, looked.again);
    let counted = true;
    const wasExit = () => {
      if (counted) looks.giveBack();
      counted = false;
    };
    return { error: over, wasExit };
  }

  /** @throws {GatewayError} RATE_LIMITED */
  open(now: Instant): void {
    const taken = this.#opens.take(now);
    if (!taken.ok) throw limited(`more than ${OPENS_A_MINUTE} cycles opened in a minute`, taken.again);
  }

  /** @throws {GatewayError} RATE_LIMITED */
  read(now: Instant): void {
    const taken = this.#reads.take(now);
    if (!taken.ok) throw limited(`more than ${READS_A_MINUTE} reads in a minute`, taken.again);
  }

  /** @param exit - what is in flight gets to safety: nobody waits to hear what came of that. @throws {GatewayError} RATE_LIMITED */
  settle(now: Instant, exit: boolean): void {
    const taken = this.#settles.take(now);
    if (!taken.ok && !exit) throw limited(`settled more than ${SETTLES_A_MINUTE} times in a minute`, taken.again);
  }

  /** @throws {GatewayError} RATE_LIMITED */
  note(notes: readonly Note[], now: Instant): void {
    const taken = this.#notes.take(now, Buffer.byteLength(canonicalJson(notes)));
    if (!taken.ok) throw limited(`more than ${NOTE_BYTES_A_MINUTE} bytes of notes in a minute`, taken.again);
  }
}

function doors(): Readonly<Record<Door, Pace>> {
  return { contract: new Pace(FALSE_EXITS_A_MINUTE), "json-rpc": new Pace(FALSE_EXITS_A_MINUTE) };
}

function limited(what: string, again: Instant): GatewayError {
  return new GatewayError("RATE_LIMITED", `${what}; again from ${isoTime(again)}`, { remedy: "Wait, and ask for less." });
}
