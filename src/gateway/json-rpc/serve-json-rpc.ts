import { chmodSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { SECOND } from "../../core/clock.ts";
import { MandateError } from "../../core/errors.ts";
import { http } from "../../core/node-http.ts";
import type { ChainLabel } from "../../protocols/effects.ts";
import { agentsRoom } from "../serve/connection-room.ts";
import { endUnread } from "../serve/end-unread.ts";
import { portOf } from "../serve/port-of.ts";
import { withoutFloods } from "../serve/without-floods.ts";
import { isPrivateSocket } from "../tokens/is-private-socket.ts";
import type { ChainEndpoint } from "./chain-endpoint.ts";
import { JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";
import { type BadCall, type CallId, type RpcCall, readCalls } from "./read-calls.ts";
import { readTarget } from "./read-target.ts";

/** Longest body of a message, and of an answer, in bytes. */
const BODY_LIMIT = 512 * 1024;
const ANSWER_LIMIT = 8 * 1024 * 1024;
const MOST_CONNECTIONS = 128;

/** Where to listen: one of them. TCP is on loopback alone. */
export type Listen = { readonly socket: string } | { readonly port: number };

export interface ServeJsonRpcParameters {
  readonly chains: ReadonlyMap<ChainLabel, ChainEndpoint>;
  readonly listen: Listen;
  /** Whose token it is; null: nobody's. */
  readonly ownerOf: (token: string) => string | null;
  /** Milliseconds that a client has to send its headers, and three times as long for its message. Default 10 s. */
  readonly patience?: number;
  /** Hears of calls that failed by a bug. */
  readonly onError: (method: string, error: unknown) => void;
}

export interface JsonRpcServing {
  /** The URL of each chain's endpoint, or the socket's path. TCP wants a token with each message. */
  readonly urls: Readonly<Record<ChainLabel, string>>;
  readonly socket: string | null;
  readonly port: number | null;
  /** Takes no more messages; resolves when those under way are answered. */
  stop(): Promise<void>;
}

/** Serves Ethereum JSON-RPC at `/rpc/<chain>`, on a unix socket or on loopback. */
export async function serveJsonRpc(parameters: ServeJsonRpcParameters): Promise<JsonRpcServing> {
  const { listen, chains, patience = 10 * SECOND } = parameters;
  const working = new Set<Promise<void>>();
  const options = {
    headersTimeout: patience,
    requestTimeout: 3 * patience,
    keepAliveTimeout: 3 * patience,
    connectionsCheckingInterval: Math.ceil(patience / 4),
  };
  const server = http.createServer(
    options,
    withoutFloods((request: IncomingMessage, response: ServerResponse) => {
      endUnread(response, 3 * patience, () => request.destroy());
      const work = answer(request, response, parameters)
        .catch((error: unknown) => {
          parameters.onError("a JSON-RPC message", error);
          refuse(response, 500, new JsonRpcError(RPC_CODE.internal, "INTERNAL", "the gateway could not answer"));
        })
        .finally(() => working.delete(work));
      working.add(work);
    }),
  );
  server.maxConnections = MOST_CONNECTIONS;
  const room = agentsRoom();
  server.prependListener("connection", (socket) => room.admit(socket));
  await listening(server, listen);
  const port = "port" in listen ? portOf(server) : null;
  const base = "socket" in listen ? `unix:${listen.socket}:` : `http://127.0.0.1:${port}`;
  return {
    urls: Object.fromEntries([...chains.keys()].map((chain) => [chain, `${base}/rpc/${encodeURIComponent(chain)}`])),
    socket: "socket" in listen ? listen.socket : null,
    port,
    async stop() {
      const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
      server.closeIdleConnections();
      await Promise.allSettled(working);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { chains, listen, ownerOf, onError }: ServeJsonRpcParameters,
): Promise<void> {
  // Looked at each time: whoever opens the socket to others means them to need tokens.
  const openSocket = "socket" in listen && isPrivateSocket(listen.socket);
  const target = readTarget(request);
  // A page in a browser has an origin, and no business here; loopback has no other names than these.
  const { host = "", origin } = request.headers;
  if (origin !== undefined || ("port" in listen && !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host))) {
    return refuse(response, 403, invalid("FOREIGN_ORIGIN", "calls from web pages are not answered"));
  }
  const authorised = target.token === null ? openSocket : ownerOf(target.token) !== null;
  if (!authorised) {
    return refuse(response, 401, invalid("UNAUTHORIZED", "a token of this gateway is needed: mandate tokens new"));
  }
  const chain = target.chain === null ? undefined : chains.get(target.chain);
  if (!chain)
    return refuse(response, 404, invalid("UNKNOWN_CHAIN", `endpoints: ${[...chains.keys()].map((c) => `/rpc/${c}`).join(", ")}`));
  if (request.method !== "POST") return refuse(response, 405, invalid("NOT_POSTED", "calls are POSTed"));
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    return refuse(response, 415, invalid("NOT_JSON", "calls are sent as application/json"));
  }
  let body: string | null;
  try {
    body = await readBody(request);
  } catch (error) {
    // Whoever breaks off is not there to be answered.
    if (request.destroyed) return;
    throw error;
  }
  if (body === null) return refuse(response, 413, invalid("TOO_LONG", `a message is at most ${BODY_LIMIT} bytes`));
  let message: ReturnType<typeof readCalls>;
  try {
    message = readCalls(body);
  } catch (error) {
    if (!(error instanceof JsonRpcError)) throw error;
    return refuse(response, 200, error);
  }
  const answers: string[] = [];
  let length = 0;
  for (const call of message.calls) {
    const text = await answerCall(chain, call, onError, ANSWER_LIMIT - length);
    length += text.length;
    answers.push(text);
  }
  send(response, 200, message.batch ? `[${answers.join(",")}]` : (answers[0] ?? ""));
}

async function answerCall(
  chain: ChainEndpoint,
  call: RpcCall | BadCall,
  onError: ServeJsonRpcParameters["onError"],
  room: number,
): Promise<string> {
  if ("error" in call) return errorText(call.id, call.error);
  const { id, method, params } = call;
  try {
    const result = (await chain.perform(method, params)) ?? null;
    const text = JSON.stringify({ jsonrpc: "2.0", id, result });
    if (text.length <= room) return text;
    throw new JsonRpcError(RPC_CODE.limitExceeded, "ANSWER_TOO_LONG", `an answer has at most ${ANSWER_LIMIT} characters`);
  } catch (error) {
    if (error instanceof JsonRpcError) return errorText(id, error);
    onError(method, error);
    const said = error instanceof MandateError ? `${error.code}: ${error.message}` : "the gateway could not answer";
    return errorText(id, new JsonRpcError(RPC_CODE.internal, "INTERNAL", said, { cause: error }));
  }
}

function errorText(id: CallId, { rpcCode, message, data }: JsonRpcError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: rpcCode, message, ...(data === undefined ? {} : { data }) } });
}

function invalid(code: string, message: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidRequest, code, message);
}

function refuse(response: ServerResponse, status: number, error: JsonRpcError): void {
  if (response.headersSent || response.destroyed) return;
  // What the client has not sent yet is not waited for.
  if (status !== 200) response.setHeader("connection", "close");
  send(response, status, errorText(null, error));
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Null: it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A socket is nobody else's from its first moment on. */
function listening(server: Server, listen: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.removeListener("error", reject);
      if ("socket" in listen) chmodSync(listen.socket, 0o600);
      resolve();
    });
    if ("port" in listen) return void server.listen(listen.port, "127.0.0.1");
    const before = process.umask(0o077);
    try {
      server.listen(listen.socket);
    } finally {
      process.umask(before);
    }
  });
}

/** Whether nobody but its owner can open it. */
