import { HOUR, type Instant, isoTime } from "../core/clock.ts";
import { canonicalJson } from "../core/json.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import type { Note } from "./contract.ts";
import { GatewayError } from "./gateway-error.ts";
import { RateLimit } from "./json-rpc/rate-limit.ts";

/** Denials that go on record in an hour. Further ones are answered and not written down. */
const DENIALS_AN_HOUR = 60;
const REQUESTS_A_MINUTE = 240;
const PREVIEWS_A_MINUTE = 240;
/** Past the quotas: requests that looked like ways to safety by their bytes and were none. */
const FALSE_EXITS_A_MINUTE = 60;
const OPENS_A_MINUTE = 120;
const READS_A_MINUTE = 240;
const NOTE_BYTES_A_MINUTE = 8 * 1024 * 1024;

/**
 * What an agent may ask of its gateway, so that it fills no disk and wears out no node. Past a quota, a request that cannot
 * reduce by its bytes is refused unjudged, and one that may is judged. Those that turn out not to are counted apart, so that
 * true exits use up nothing; an agent that has passed so many counterfeits off in a minute waits for the next one. The
 * operator never does.
 *
 * Denials are counted from the journal and survive a restart. The rates are of the last minute by the gateway's clock and
 * begin anew with the process, which an agent cannot restart.
 */
export class Quotas {
  readonly #requests = new RateLimit(REQUESTS_A_MINUTE);
  readonly #previews = new RateLimit(PREVIEWS_A_MINUTE);
  readonly #falseExits = new RateLimit(FALSE_EXITS_A_MINUTE);
  readonly #opens = new RateLimit(OPENS_A_MINUTE);
  readonly #reads = new RateLimit(READS_A_MINUTE);
  readonly #notes = new RateLimit(NOTE_BYTES_A_MINUTE);

  /** Whether one more denial goes on record. */
  recordsDenial({ denials }: Pick<WalletState, "denials">, now: Instant): boolean {
    return denials.filter((at) => at > now - HOUR).length < DENIALS_AN_HOUR;
  }

  /**
   * Counts a request. Null: there is room. The error is for one that turns out not to reduce: see {@link wasExit}.
   *
   * @param mayReduce - what its bytes say; asked where there is no room.
   * @throws {GatewayError} RATE_LIMITED
   */
  request(now: Instant, mayReduce: () => boolean): GatewayError | null {
    return this.#past(this.#requests.take(now), `${REQUESTS_A_MINUTE} requests`, now, mayReduce);
  }

  /** The same for a preview. @throws {GatewayError} RATE_LIMITED */
  preview(now: Instant, mayReduce: () => boolean): GatewayError | null {
    return this.#past(this.#previews.take(now), `${PREVIEWS_A_MINUTE} previews`, now, mayReduce);
  }

  /** What was judged past a quota did reduce. What did not, or came to no verdict, stays counted. */
  wasExit(): void {
    this.#falseExits.giveBack();
  }

  #past(taken: ReturnType<RateLimit["take"]>, what: string, now: Instant, mayReduce: () => boolean): GatewayError | null {
    if (taken.ok) return null;
    const over = limited(`more than ${what} in a minute`, taken.again);
    if (!mayReduce() || !this.#falseExits.take(now).ok) throw over;
    return over;
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

  /** @throws {GatewayError} RATE_LIMITED */
  note(notes: readonly Note[], now: Instant): void {
    const taken = this.#notes.take(now, Buffer.byteLength(canonicalJson(notes)));
    if (!taken.ok) throw limited(`more than ${NOTE_BYTES_A_MINUTE} bytes of notes in a minute`, taken.again);
  }
}

function limited(what: string, again: Instant): GatewayError {
  return new GatewayError("RATE_LIMITED", `${what}; again from ${isoTime(again)}`, { remedy: "Wait, and ask for less." });
}
