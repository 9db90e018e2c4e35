import type { Agent, AgentOptions, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { SECOND } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { http, https } from "../core/node-http.ts";
import { HttpRequestError, TimeoutError } from "./request-errors.ts";

/** A node's answer may be no longer than this. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Milliseconds that a node can ask to be left alone for. Whoever waits holds up its wallet, a person's word to stop it among all. */
const LONGEST_WAIT = SECOND;
const unzip = promisify(gunzip);

/** A number of connections that whoever posts on them shares: what is more waits for one. */
export class Connections {
  readonly #options: AgentOptions;
  readonly #agents = new Map<boolean, Agent>();

  /** @param most - by HTTP in all, and as many by HTTPS; half of them to one host. */
  constructor(most: number) {
    this.#options = { keepAlive: true, timeout: IDLE, maxTotalSockets: most, maxSockets: Math.ceil(most / 2), maxFreeSockets: 4 };
  }

  to(url: string): Agent {
    const secure = url.startsWith("https:");
    const agent = this.#agents.get(secure) ?? new (secure ? https() : http).Agent(this.#options);
    this.#agents.set(secure, agent);
    return agent;
  }
}

/** Milliseconds that an unused connection is kept, as Node keeps its own. */
const IDLE = 5_000;

export interface PostOptions {
  readonly timeout: number;
  /** Left out: as many connections as are asked for at once. */
  readonly connections?: Connections | undefined;
}

interface JsonRpcFailure {
  readonly error?: { readonly code?: unknown; readonly message?: unknown } | string | null;
}

/**
 * Posts JSON text on connections that are kept, and parses what comes back. A redirection is not followed: who is asked is who
 * the mandate names.
 *
 * @throws {HttpRequestError} there was no answer, or one that is neither a success nor an error of JSON-RPC.
 * @throws {TimeoutError} the whole answer did not come in `timeout` milliseconds.
 */
export async function postJson(url: string, body: string, options: PostOptions): Promise<unknown> {
  try {
    const { response, text } = await post(url, body, options);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return JSON.parse(text);
    const said = parsedOr(text);
    if (isRefusal(said) || (Array.isArray(said) && said.length > 0 && said.every(isRefusal))) return said;
    const error = (said as JsonRpcFailure | null)?.error;
    const asked = Number.parseInt(response.headers["retry-after"] ?? "", 10);
    const wait = asked > 0 ? Math.min(asked * SECOND, LONGEST_WAIT) : undefined;
    const why = error === undefined || error === null ? (response.statusMessage ?? "") : JSON.stringify(error);
    throw new HttpRequestError(why, { status, wait });
  } catch (error) {
    if (error instanceof HttpRequestError) throw error;
    if (error instanceof Late) throw new TimeoutError();
    throw new HttpRequestError(messageOf(error), { cause: error });
  }
}

class Late extends Error {}

function post(
  url: string,
  body: string,
  { timeout, connections }: PostOptions,
): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const { request: begin } = url.startsWith("https:") ? https() : http;
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "accept-encoding": "gzip",
    };
    const agent = connections === undefined ? {} : { agent: connections.to(url) };
    const request = begin(url, { method: "POST", headers, ...agent }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > MOST_BYTES) response.destroy(new RangeError(`the answer is longer than ${MOST_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on("end", () => {
        clearTimeout(watchdog);
        textOf(response, Buffer.concat(chunks)).then((text) => resolve({ response, text }), reject);
      });
      response.on("error", fail);
    });
    const watchdog = setTimeout(() => {
      reject(new Late());
      request.destroy();
    }, timeout);
    function fail(error: Error): void {
      clearTimeout(watchdog);
      reject(error);
    }
    request.on("error", fail);
    request.end(body);
  });
}

async function textOf({ headers }: IncomingMessage, bytes: Buffer): Promise<string> {
  const plain = headers["content-encoding"] === "gzip" ? await unzip(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
  return plain.toString("utf8");
}

/** Whether it is JSON-RPC's word for a call that failed, and not somebody's on the way. */
function isRefusal(said: unknown): boolean {
  const error = (said as JsonRpcFailure | null)?.error;
  return typeof error === "object" && typeof error?.code === "number" && typeof error.message === "string";
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? {} : { error: text };
  }
}
