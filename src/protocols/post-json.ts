import type { IncomingMessage } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HttpRequestError, TimeoutError } from "viem";

/** A node's answer may be no longer than this. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Seconds that a node can ask to be left alone for. Whoever waits holds up its wallet, a person's word to stop it among all. */
const LONGEST_WAIT = 1;
const unzip = promisify(gunzip);

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
export async function postJson(url: string, body: string, { timeout }: { readonly timeout: number }): Promise<unknown> {
  try {
    const { response, text } = await post(url, body, timeout);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return JSON.parse(text);
    const said = parsedOr(text);
    const error = (said as JsonRpcFailure | null)?.error;
    if (typeof error === "object" && typeof error?.code === "number" && typeof error.message === "string") return said;
    const wait = Number.parseInt(response.headers["retry-after"] ?? "", 10);
    const headers = new Headers(wait > 0 ? { "retry-after": String(Math.min(wait, LONGEST_WAIT)) } : {});
    const details = error === undefined || error === null ? (response.statusMessage ?? "") : JSON.stringify(error);
    throw new HttpRequestError({ body: [{}], details, headers, status, url });
  } catch (error) {
    if (error instanceof HttpRequestError) throw error;
    if (error instanceof Late) throw new TimeoutError({ body: [{}], url });
    throw new HttpRequestError({ body: [{}], cause: error as Error, url });
  }
}

class Late extends Error {}

function post(
  url: string,
  body: string,
  timeout: number,
): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const begin = url.startsWith("https:") ? tlsRequest : plainRequest;
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "accept-encoding": "gzip",
    };
    const request = begin(url, { method: "POST", headers }, (response) => {
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

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? {} : { error: text };
  }
}
