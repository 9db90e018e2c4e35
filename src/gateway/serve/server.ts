import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { MandateError, messageOf } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import type { Gateway } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import { CALLS, type CallName, SERVICE_PATH } from "../wire.ts";

/** Longest body of a call. */
const BODY_LIMIT = 4 * 1024 * 1024;

export interface Serving {
  readonly socket: string;
  /** Takes no more calls; resolves when those under way are done and answered. */
  stop(): Promise<void>;
}

/**
 * Serves the six calls on a unix socket that only its owner can open: POST, JSON, Connect's unary paths.
 *
 * @param onError - hears of calls that failed without a verdict.
 */
export function serveGateway(
  gateway: Gateway,
  socket: string,
  onError: (call: string, error: unknown) => void,
): Promise<Serving> {
  return serveCalls(SERVICE_PATH, handlersOf(gateway), socket, onError);
}

/** Serves one service's calls, and no other's, on a unix socket of its own. */
export async function serveCalls(
  path: string,
  handlers: Handlers,
  socket: string,
  onError: (call: string, error: unknown) => void,
): Promise<Serving> {
  const working = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const report = (error: unknown) => {
      onError(request.url ?? "", error);
      send(response, 500, connectError("INTERNAL", messageOf(error)));
    };
    readCall(request, path, handlers)
      .then((call) => {
        const work = perform(call)
          .then(({ status, body }) => send(response, status, body))
          .catch(report)
          .then(() => handedOver(response))
          .finally(() => working.delete(work));
        working.add(work);
      })
      .catch(report);
  });
  // A caller may think for minutes between two calls, and must not find its connection closed just then.
  server.keepAliveTimeout = 0;
  await listen(server, socket);
  return {
    socket,
    async stop() {
      const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
      server.closeIdleConnections();
      await Promise.allSettled(working);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What a call's body comes to, by the call's name. */
export type Handlers = Readonly<Record<string, Handler>>;
type Handler = (body: unknown) => Promise<unknown>;

function handlersOf(gateway: Gateway): Readonly<Record<CallName, Handler>> {
  return {
    Open: async (body) => gateway.open(CALLS.Open.takes.parse(body).wallet),
    State: async (body) => gateway.state(CALLS.State.takes.parse(body).wallet),
    Preview: async (body) => gateway.preview(CALLS.Preview.takes.parse(body)),
    Request: async (body) => gateway.request(CALLS.Request.takes.parse(body)),
    Settle: async (body) => {
      const { wallet, key } = CALLS.Settle.takes.parse(body);
      return { outcomes: await gateway.settle(wallet, key) };
    },
    Note: async (body) => {
      const { wallet, notes } = CALLS.Note.takes.parse(body);
      await gateway.note(wallet, notes);
      return {};
    },
  };
}

type Answer = { readonly status: number; readonly body: unknown };
type Call = { readonly handler: Handler; readonly body: unknown };

/** A call as it came, or what is wrong with its envelope. */
async function readCall(request: IncomingMessage, path: string, handlers: Handlers): Promise<Call | Answer> {
  const name = request.url?.startsWith(path) ? request.url.slice(path.length) : "";
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (!handler) return { status: 404, body: connectError("BAD_REQUEST", `there is no call ${request.url}`) };
  if (request.method !== "POST") return { status: 405, body: connectError("BAD_REQUEST", "calls are POSTed") };
  try {
    return { handler, body: await readJson(request) };
  } catch (error) {
    return failure(error);
  }
}

async function perform(call: Call | Answer): Promise<Answer> {
  if (!("handler" in call)) return call;
  try {
    return { status: 200, body: await call.handler(call.body) };
  } catch (error) {
    return failure(error);
  }
}

/** What is told of an error that has a code. Any other is thrown on: it is a bug. */
function failure(error: unknown): Answer {
  if (error instanceof z.ZodError) return { status: 400, body: connectError("BAD_REQUEST", z.prettifyError(error)) };
  if (error instanceof GatewayError) return { status: 400, body: connectError(error.code, error.message, error) };
  if (error instanceof MandateError) return { status: 500, body: connectError("INTERNAL", error.message, error) };
  throw error;
}

/** Connect's error shape; ours stands in `mandate`. */
function connectError(code: string, message: string, error?: MandateError): unknown {
  const outer = code === "BAD_REQUEST" ? "invalid_argument" : code === "INTERNAL" ? "internal" : "failed_precondition";
  const details = {
    code,
    message,
    ...(error?.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error?.details ? { details: error.details } : {}),
  };
  return { code: outer, message, mandate: details };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new GatewayError("BAD_REQUEST", `a call is at most ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new GatewayError("BAD_REQUEST", "the body is not JSON", { cause: error });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(canonicalJson(body));
}

/** Resolves when the answer is with the operating system, or the caller has gone. */
function handedOver(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) return resolve();
    response.once("finish", resolve).once("close", resolve);
  });
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o600);
      resolve();
    });
  });
}
