import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createNetServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { SECOND } from "../../core/clock.ts";
import { portOf } from "./port-of.ts";
import { watchSession } from "./watch-session.ts";
import { withoutFloods } from "./without-floods.ts";

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

/**
 * Where to listen: on a unix socket, which is its owner's alone unless its group may open it too, or on TCP. TLS is a
 * certificate chain and its key, as PEM texts.
 */
export type Listen =
  | { readonly socket: string; readonly group?: boolean }
  | { readonly host: string; readonly port: number; readonly tls?: { readonly cert: string; readonly key: string } };

export interface HttpListener {
  /** The port on TCP; null on a unix socket. */
  readonly port: number | null;
  /** Takes no more connections, waits for `working`, then closes those that are left. */
  stop(working: () => Promise<unknown>): Promise<void>;
}

/** Milliseconds for what a caller has to send: its first bytes, its headers; three times as long for a whole call. */
export const PATIENCE = 10 * SECOND;
const MOST_CONNECTIONS = 128;
const MOST_STREAMS = 64;
const HEADER_BYTES = 16 * 1024;

/**
 * HTTP/1.1 and HTTP/2 on one listener: by ALPN under TLS, else by the first bytes. A unix socket is its owner's alone, and
 * a caller there may think between two calls for as long as it likes.
 */
export async function listenHttp(
  listen: Listen,
  handle: (request: HttpRequest, response: HttpResponse) => void,
  patience: number = PATIENCE,
): Promise<HttpListener> {
  const unix = "socket" in listen;
  const h1 = createServer(
    {
      headersTimeout: patience,
      requestTimeout: 3 * patience,
      keepAliveTimeout: unix ? 0 : 3 * patience,
      connectionsCheckingInterval: Math.ceil(patience / 4),
      maxHeaderSize: HEADER_BYTES,
    },
    withoutFloods(handle),
  );
  // Its connections are handed to it, so it never listens: this is what starts its timeouts.
  h1.emit("listening");
  const settings = { maxConcurrentStreams: MOST_STREAMS, maxHeaderListSize: HEADER_BYTES };
  const h2 = createHttp2Server({ settings, maxHeaderListPairs: 128 }, handle);
  h2.on("session", (session) => watchSession(session, { patience, idle: unix ? null : 3 * patience }));
  const front = frontOf(listen, patience, (socket, http2) => (http2 ? h2 : h1).emit("connection", socket));
  const sockets = new Set<Socket>();
  front.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  front.maxConnections = MOST_CONNECTIONS;
  await listening(front, listen);
  return {
    port: unix ? null : portOf(front),
    async stop(working) {
      const closed = new Promise<void>((resolve, reject) => front.close((error) => (error ? reject(error) : resolve())));
      h1.closeIdleConnections();
      await working();
      // Stops its timeouts. That it never listened is no news.
      h1.close(() => undefined);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What takes connections and tells which HTTP each speaks. */
function frontOf(listen: Listen, patience: number, speak: (socket: Socket, http2: boolean) => void): Server {
  if ("socket" in listen || !listen.tls)
    return createNetServer({ allowHalfOpen: true }, (socket) => sniff(socket, patience, speak));
  const { cert, key } = listen.tls;
  const options = { cert, key, ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: patience };
  const server = createTlsServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    speak(socket, socket.alpnProtocol === "h2");
  });
  return server.on("tlsClientError", (_error, socket) => socket.destroy());
}

/** HTTP/2 without TLS begins with "PRI", which is no method of HTTP/1. */
function sniff(socket: Socket, patience: number, speak: (socket: Socket, http2: boolean) => void): void {
  const silent = setTimeout(() => socket.destroy(), patience);
  socket.once("close", () => clearTimeout(silent));
  socket.on("error", () => socket.destroy());
  socket.once("readable", () => {
    clearTimeout(silent);
    const head = socket.read() as Buffer | null;
    if (head === null) return void socket.destroy();
    socket.unshift(head);
    speak(socket, head.subarray(0, 3).toString("latin1") === "PRI");
  });
}

function listening(server: Server, listen: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const done = () => {
      server.off("error", reject);
      resolve();
    };
    if (!("socket" in listen)) return void server.listen({ host: listen.host, port: listen.port }, done);
    // Nobody else's from its first moment on: whoever had come in before would be heard.
    const before = process.umask(listen.group === true ? 0o117 : 0o177);
    try {
      server.listen(listen.socket, done);
    } finally {
      process.umask(before);
    }
  });
}
