import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { type Clock, type Instant, MINUTE, SECOND } from "../../core/clock.ts";
import { isPublicAddress } from "./public-address.ts";

/** Longest URL, in characters; longest answer, in bytes; answers a minute, and their bytes. */
export const FETCH_LIMITS = { url: 2_000, answer: 1024 * 1024, perMinute: 30, bytesPerMinute: 8 * 1024 * 1024 } as const;
const PATIENCE = 15 * SECOND;

export interface Fetched {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** The world outside, as tests may replace it: names, and where certificates and ports differ. */
export interface FetchNetwork {
  resolve(host: string): Promise<readonly string[]>;
  isPublic(address: string): boolean;
  readonly port?: number;
  readonly ca?: string;
}

export const INTERNET: FetchNetwork = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isPublic: isPublicAddress,
};

/**
 * Fetches for an agent that has no network: `https` from hosts that its mandate names, by GET, with nothing of the caller
 * in it but the URL. A name that leads to an address inside is refused, and so is every redirect.
 */
export class FetchProxy {
  readonly #hosts: ReadonlySet<string>;
  readonly #clock: Pick<Clock, "now">;
  readonly #network: FetchNetwork;
  #done: { readonly at: Instant; bytes: number }[] = [];

  constructor({
    hosts,
    clock,
    network = INTERNET,
  }: { hosts: ReadonlySet<string>; clock: Pick<Clock, "now">; network?: FetchNetwork }) {
    this.#hosts = hosts;
    this.#clock = clock;
    this.#network = network;
  }

  /** What the URL answers, or why it is not fetched: a status of 4xx or 5xx and a sentence. */
  async get(written: string): Promise<Fetched> {
    const url = written.length <= FETCH_LIMITS.url && URL.canParse(written) ? new URL(written) : null;
    if (url === null) return refusal(400, `write it as /fetch/https://host/path, at most ${FETCH_LIMITS.url} characters`);
    if (url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") {
      return refusal(403, "only https at its own port, without credentials");
    }
    if (!this.#hosts.has(url.hostname)) {
      const named = [...this.#hosts].join(", ") || "none";
      return refusal(403, `the mandate does not name ${url.hostname.slice(0, 100)} under fetch (${named})`);
    }
    const now = await this.#clock.now();
    this.#done = this.#done.filter(({ at }) => now - at < MINUTE);
    const bytes = this.#done.reduce((sum, one) => sum + one.bytes, 0);
    if (this.#done.length >= FETCH_LIMITS.perMinute || bytes >= FETCH_LIMITS.bytesPerMinute) {
      return refusal(429, `at most ${FETCH_LIMITS.perMinute} answers and ${FETCH_LIMITS.bytesPerMinute} bytes in a minute`);
    }
    const entry = { at: now, bytes: 0 };
    this.#done.push(entry);
    const addresses = await this.#network.resolve(url.hostname).catch((error: unknown) => (error instanceof Error ? [] : [""]));
    const [address] = addresses;
    if (address === undefined) return refusal(502, `${url.hostname} has no address`);
    if (!addresses.every((one) => this.#network.isPublic(one))) return refusal(403, `${url.hostname} leads to an address inside`);
    const answer = await this.#ask(url, address);
    entry.bytes = answer.body.length;
    return answer;
  }

  #ask(url: URL, address: string): Promise<Fetched> {
    const { port = 443, ca } = this.#network;
    return new Promise((resolve) => {
      const asked = request(
        {
          // The address that was looked at is the one that is asked: a name may mean another a moment later.
          host: address,
          servername: url.hostname,
          port,
          path: `${url.pathname}${url.search}`,
          method: "GET",
          agent: false,
          headers: { host: url.hostname, accept: "*/*", "accept-encoding": "identity", "user-agent": "mandate" },
          signal: AbortSignal.timeout(PATIENCE),
          ...(ca === undefined ? {} : { ca }),
        },
        (response) => {
          const { statusCode = 502, headers } = response;
          const give = (answer: Fetched) => {
            resolve(answer);
            asked.destroy();
          };
          if (statusCode >= 300 && statusCode < 400)
            return give(refusal(502, `it answers ${statusCode}: redirects are not followed`));
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            chunks.push(chunk);
            if (length > FETCH_LIMITS.answer) give(refusal(502, `the answer is longer than ${FETCH_LIMITS.answer} bytes`));
          });
          response.on("error", (error) => resolve(refusal(502, `the answer broke off: ${error.message}`)));
          response.on("end", () => {
            const type = /^[\w.+/-]{1,60}(?:; ?charset=[\w-]{1,20})?$/.exec(headers["content-type"] ?? "")?.[0];
            resolve({ status: statusCode, type: type ?? "application/octet-stream", body: Buffer.concat(chunks) });
          });
        },
      );
      asked.on("error", (error) => resolve(refusal(502, `${url.hostname} does not answer: ${error.message}`)));
      asked.end();
    });
  }
}

function refusal(status: number, why: string): Fetched {
  return { status, type: "text/plain", body: Buffer.from(`fetch: ${why}\n`) };
}
