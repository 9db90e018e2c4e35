import type { Readable } from "node:stream";
import { MandateError } from "../../core/errors.ts";
import { GatewayError } from "../gateway-error.ts";
import type { HttpRequest } from "./listen-http.ts";

/** Longest body of a call, in bytes. */
export const BODY_LIMIT = 4 * 1024 * 1024;
/** Bytes of long bodies that a listener holds at once: what is read, and what waits to be answered. */
const MOST_HELD = 4 * BODY_LIMIT;
/** A body of no more than this is taken whatever else is held: a way home is short. */
const SHORT = 64 * 1024;

/** The caller was gone before its call was there. */
export class BrokenOffError extends MandateError {
  constructor(cause: unknown) {
    super("BROKEN_OFF", "the call was broken off", { cause });
  }
}

export interface Body {
  readonly chunks: readonly Buffer[];
  /** It is longer than {@link BODY_LIMIT}, and not read to its end. */
  readonly tooLong: boolean;
  /** Once it is answered. */
  release(): void;
}

/**
 * Takes in the bodies of a listener's calls: so many bytes of long ones at once, and one body a turn of the event loop. Whoever sends
 * many at once waits for their own, and everybody else of this process, the operator first, is heard in between.
 */
export class Intake {
  readonly #waiting: (() => void)[] = [];
  #held = 0;

  /** @throws {GatewayError | BrokenOffError} RATE_LIMITED when too much is held already. */
  async read(request: HttpRequest): Promise<Body> {
    const chunks: Buffer[] = [];
    let length = 0;
    const release = () => {
      this.#held -= length;
      length = 0;
    };
    try {
      // Not destroyed when it is too long: the connection still has to carry the answer.
      for await (const chunk of (request as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (length + chunk.length > BODY_LIMIT) return { chunks: [], tooLong: true, release };
        if (length + chunk.length > SHORT && this.#held + chunk.length > MOST_HELD) {
          throw new GatewayError("RATE_LIMITED", `calls of more than ${MOST_HELD} bytes are under way`, {
            remedy: "Wait for the answers of those that were made.",
          });
        }
        length += chunk.length;
        this.#held += chunk.length;
        chunks.push(chunk);
      }
      await this.#turn();
      return { chunks, tooLong: false, release };
    } catch (error) {
      release();
      throw error instanceof GatewayError ? error : new BrokenOffError(error);
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#next());
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
  }
}
