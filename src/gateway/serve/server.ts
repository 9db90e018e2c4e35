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
  stop(): Promise<void>;
}

/**
 * Serves the six calls on a unix socket that only its owner can open: POST, JSON, Connect's unary paths.
 *
 * @param onError - hears of calls that failed without a verdict.
 */
export async function serveGateway(
  gateway: Gateway,
  socket: string,
  onError: (call: string, error: unknown) => void,
): Promise<Serving> {
  const handlers = handlersOf(gateway);
  const server = createServer((request, response) => {
    answer(handlers, request)
      .then(({ status, body }) => send(response, status, body))
      .catch((error: unknown) => {
        onError(request.url ?? "", error);
        send(response, 500, connectError("INTERNAL", messageOf(error)));
      });
  });
  await listen(server, socket);
  return {
    socket,
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

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

async function answer(
  handlers: Readonly<Record<CallName, Handler>>,
  request: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  const name = request.url?.startsWith(SERVICE_PATH) ? request.url.slice(SERVICE_PATH.length) : "";
  if (!Object.hasOwn(CALLS, name)) return { status: 404, body: connectError("BAD_REQUEST", `there is no call ${request.url}`) };
  if (request.method !== "POST") return { status: 405, body: connectError("BAD_REQUEST", "calls are POSTed") };
  try {
    return { status: 200, body: await handlers[name as CallName](await readJson(request)) };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: connectError("BAD_REQUEST", z.prettifyError(error)) };
    if (error instanceof GatewayError) return { status: 400, body: connectError(error.code, error.message, error) };
    if (error instanceof MandateError) return { status: 500, body: connectError("INTERNAL", error.message, error) };
    throw error;
  }
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

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o600);
      resolve();
    });
  });
}
