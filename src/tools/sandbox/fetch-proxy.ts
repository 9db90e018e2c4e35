import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { type Clock, type Instant, MINUTE, SECOND } from "../../core/clock.ts";
import type { FetchMethod } from "./fetch-hosts.ts";
import { problemOfPost } from "./problem-of-post.ts";
import { isPublicAddress } from "./public-address.ts";

const MIB = 1024 * 1024;
/**
 * Longest URL, in characters; longest message, and longest answer to each method, in bytes; requests a minute, and the bytes
 * of what they said and were answered; messages that wait for an answer at the same time.
 */
export const FETCH_LIMITS = {
  url: 2_000,
  message: MIB,
  answer: { GET: MIB, POST: 8 * MIB },
  perMinute: 30,
  bytesPerMinute: 8 * MIB,
  waiting: 4,
} as const;
/** What answers a message may have to think first. */
const PATIENCE = { GET: 15 * SECOND, POST: 300 * SECOND } as const;
/** What a client in the sandbox may say for itself in a POST: who it is to that host, and how it wants to be answered. */
const PASSED = ["accept", "authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "anthropic-beta"] as const;

export interface FetchAsked {
  /** As it was written, whatever it is. */
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Null: longer than may be read. */
  readonly body?: Buffer | null;
}

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
 * Fetches for an agent that has no network: `https` from hosts that its mandate names, by the methods that it names for
 * each. A GET has nothing of the caller in it but the URL; a POST its JSON and a few headers. Nothing of this process is
 * ever added. A name that leads to an address inside is refused, and so are every redirect and every call of a chain.
 */
export class FetchProxy {
  readonly #hosts: ReadonlyMap<string, ReadonlySet<FetchMethod>>;
  readonly #clock: Pick<Clock, "now">;
  readonly #network: FetchNetwork;
  #done: { readonly at: Instant; bytes: number }[] = [];
  #waiting = 0;

  constructor({
    hosts,
    clock,
    network = INTERNET,
  }: { hosts: ReadonlyMap<string, ReadonlySet<FetchMethod>>; clock: Pick<Clock, "now">; network?: FetchNetwork }) {
    this.#hosts = hosts;
    this.#clock = clock;
    this.#network = network;
  }

  /** What the URL answers, or why it is not fetched: a status of 4xx or 5xx and a sentence. */
  async ask({ method, url: written, headers = {}, body = EMPTY }: FetchAsked): Promise<Fetched> {
    const url = written.length <= FETCH_LIMITS.url && URL.canParse(written) ? new URL(written) : null;
    if (url === null) return refusal(400, `write it as /fetch/https://host/path, at most ${FETCH_LIMITS.url} characters`);
    if (url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") {
      return refusal(403, "only https at its own port, without credentials");
    }
    const methods = this.#hosts.get(url.hostname);
    if (methods === undefined) {
      const named = [...this.#hosts.keys()].join(", ") || "none";
      return refusal(403, `the mandate does not name ${url.hostname.slice(0, 100)} under fetch (${named})`);
    }
    if ((method !== "GET" && method !== "POST") || !methods.has(method)) {
      return refusal(405, `of ${url.hostname} the mandate allows ${[...methods].join(", ")} only`);
    }
    if (body === null || body.length > FETCH_LIMITS.message) {
      return refusal(413, `a message is at most ${FETCH_LIMITS.message} bytes`);
    }
    const problem = method === "POST" ? problemOfPost(headers["content-type"], body) : null;
    if (problem !== null) return refusal(403, problem);
    if (method === "GET") return this.#counted({ method, url, headers: {}, body: EMPTY });
    if (this.#waiting >= FETCH_LIMITS.waiting) return refusal(429, `${FETCH_LIMITS.waiting} messages wait for an answer`);
    this.#waiting += 1;
    try {
      const passed = PASSED.flatMap((name) => (typeof headers[name] === "string" ? [[name, headers[name]] as const] : []));
      const said = { ...Object.fromEntries(passed), "content-type": "application/json", "content-length": String(body.length) };
      return await this.#counted({ method, url, headers: said, body });
    } finally {
      this.#waiting -= 1;
    }
  }

  async #counted(message: Message): Promise<Fetched> {
    const { url, body } = message;
    const now = await this.#clock.now();
    this.#done = this.#done.filter(({ at }) => now - at < MINUTE);
    const bytes = this.#done.reduce((sum, one) => sum + one.bytes, 0);
    if (this.#done.length >= FETCH_LIMITS.perMinute || bytes >= FETCH_LIMITS.bytesPerMinute) {
      return refusal(429, `at most ${FETCH_LIMITS.perMinute} requests and ${FETCH_LIMITS.bytesPerMinute} bytes in a minute`);
    }
    const entry = { at: now, bytes: body.length };
    this.#done.push(entry);
    const addresses = await this.#network.resolve(url.hostname).catch((error: unknown) => (error instanceof Error ? [] : [""]));
    const [address] = addresses;
    if (address === undefined) return refusal(502, `${url.hostname} has no address`);
    if (!addresses.every((one) => this.#network.isPublic(one))) return refusal(403, `${url.hostname} leads to an address inside`);
    const answer = await this.#send(message, address);
    entry.bytes += answer.body.length;
    return answer;
  }

  #send({ method, url, headers: said, body }: Message, address: string): Promise<Fetched> {
    const { port = 443, ca } = this.#network;
    const most = FETCH_LIMITS.answer[method];
    return new Promise((resolve) => {
      const asked = request(
        {
          // The address that was looked at is the one that is asked: a name may mean another a moment later.
          host: address,
          servername: url.hostname,
          port,
          path: `${url.pathname}${url.search}`,
          method,
          agent: false,
          headers: { accept: "*/*", ...said, host: url.hostname, "accept-encoding": "identity", "user-agent": "mandate" },
          signal: AbortSignal.timeout(PATIENCE[method]),
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
            if (length > most) give(refusal(502, `the answer is longer than ${most} bytes`));
          });
          response.on("error", (error) => resolve(refusal(502, `the answer broke off: ${error.message}`)));
          response.on("end", () => {
            const type = /^[\w.+/-]{1,60}(?:; ?charset=[\w-]{1,20})?$/.exec(headers["content-type"] ?? "")?.[0];
            resolve({ status: statusCode, type: type ?? "application/octet-stream", body: Buffer.concat(chunks) });
          });
        },
      );
      asked.on("error", (error) => resolve(refusal(502, `${url.hostname} does not answer: ${error.message}`)));
      asked.end(body);
    });
  }
}

interface Message {
  readonly method: FetchMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const EMPTY = Buffer.alloc(0);

function refusal(status: number, why: string): Fetched {
  return { status, type: "text/plain", body: Buffer.from(`fetch: ${why}\n`) };
}
