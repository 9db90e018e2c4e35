import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { systemClock } from "../../../core/clock.ts";
import { InvariantError, MandateError, messageOf } from "../../../core/errors.ts";
import { http } from "../../../core/node-http.ts";
import { SocketLimits } from "./socket-limits.ts";
import { type Session, SocketSession } from "./socket-session.ts";

/** The paper exchange cannot listen where it was asked to. */
export class PaperExchangeError extends MandateError {
  constructor(port: number, cause: unknown) {
    super("PAPER_EXCHANGE_PORT", `the paper exchange cannot listen on port ${port}: ${messageOf(cause)}`, {
      remedy: "Give another port, or 0 for any that is free.",
      details: { port },
      cause,
    });
  }
}

/** What a client is told: a body with its status, silence, or a broken connection. */
export type Reply = { readonly status: number; readonly body: unknown } | "silence" | "cut";

/** What stands behind the wire. `ip` is where a request comes from. */
export interface Backend {
  info(body: unknown, ip: string): Promise<Reply>;
  exchange(body: unknown, ip: string): Promise<Reply>;
  /** A client has connected; what comes back is called when it has gone. */
  connect(session: Session): () => void;
  /** What the subscriber is sent first, or why it is none. */
  subscribe(session: Session, subscription: Subscription): readonly Push[] | string;
  unsubscribe(session: Session, subscription: Subscription): readonly Push[] | string;
}

/** A message of a channel. */
export interface Push {
  readonly channel: string;
  readonly data: unknown;
}

/** What a client wants to hear of, as it asked for it. */
export type Subscription = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Front {
  readonly http: string;
  readonly ws: string;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

const BODY_LIMIT = 4 * 1024 * 1024;
export const MISUNDERSTOOD = "Failed to deserialize the JSON body into the target type";

/**
 * Serves `POST /info`, `POST /exchange` and the WebSocket `/ws` on one port of the loopback interface.
 *
 * @throws {PaperExchangeError}
 */
export async function openFront(backend: Backend, port: number): Promise<Front> {
  const limits = new SocketLimits(() => systemClock.elapsed?.() ?? 0);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_LIMIT });
  const server = http.createServer((request, response) => {
    answer(backend, request, response).catch((error: unknown) => {
      // A client that went away has nothing left to be told.
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, 500, messageOf(error));
    });
  });
  // A bot may think for minutes between two requests.
  server.keepAliveTimeout = 0;
  server.on("upgrade", (request, socket, head) => {
    if (new URL(request.url ?? "/", "http://paper").pathname !== "/ws") {
      socket.destroy();
      return;
    }
    const ip = request.socket.remoteAddress ?? "";
    const disconnect = limits.connect(ip);
    if (disconnect === null) {
      socket.end("HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n");
      return;
    }
    socket.once("close", disconnect);
    sockets.handleUpgrade(request, socket, head, (client) => {
      const session = new SocketSession(client, ip, backend, limits);
      const leave = backend.connect(session);
      client.on("close", leave);
    });
  });
  await listen(server, port);
  const bound = portOf(server);
  return {
    http: `http://127.0.0.1:${bound}`,
    ws: `ws://127.0.0.1:${bound}/ws`,
    stop: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(backend: Backend, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://paper");
  const reply = await replyTo(backend, request, pathname);
  if (reply === "cut") response.destroy();
  else if (reply !== "silence") send(response, reply.status, reply.body);
}

async function replyTo(backend: Backend, request: IncomingMessage, pathname: string): Promise<Reply> {
  if (pathname !== "/info" && pathname !== "/exchange") return { status: 404, body: "Not Found" };
  if (request.method !== "POST") return { status: 405, body: "Method Not Allowed" };
  const body = await readJson(request);
  if (body === undefined) return { status: 422, body: MISUNDERSTOOD };
  const ip = request.socket.remoteAddress ?? "";
  return pathname === "/info" ? backend.info(body, ip) : backend.exchange(body, ip);
}

/** The body as JSON; undefined for what is none. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > BODY_LIMIT) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new PaperExchangeError(port, error)));
    // A number that is no port at all is thrown, not emitted.
    try {
      server.listen(port, "127.0.0.1", resolve);
    } catch (error) {
      reject(new PaperExchangeError(port, error));
    }
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new InvariantError("the paper exchange has no port");
  return address.port;
}
