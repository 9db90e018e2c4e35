/** What one address may do over WebSockets at the venue. */
const CONNECTIONS = 100;
const MESSAGES = 2_000;
const MINUTE = 60_000;

/** Counts, by address, open connections and the messages of the last minute. */
export class SocketLimits {
  readonly #open = new Map<string, number>();
  readonly #heard = new Map<string, number[]>();
  readonly #elapsed: () => number;

  /** @param elapsed - milliseconds on a clock that nobody sets. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Takes a connection; null: there are too many. What is given back ends it. */
  connect(ip: string): (() => void) | null {
    const open = this.#open.get(ip) ?? 0;
    if (open >= CONNECTIONS) return null;
    this.#open.set(ip, open + 1);
    return () => {
      const left = (this.#open.get(ip) ?? 1) - 1;
      if (left > 0) this.#open.set(ip, left);
      else this.#open.delete(ip);
    };
  }

  /** Whether one more message is heard. */
  hear(ip: string): boolean {
    const now = this.#elapsed();
    const heard = this.#heard.get(ip) ?? [];
    while (heard[0] !== undefined && now - heard[0] >= MINUTE) heard.shift();
    if (heard.length >= MESSAGES) return false;
    heard.push(now);
    this.#heard.set(ip, heard);
    return true;
  }
}
