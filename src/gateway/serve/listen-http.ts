import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2Server, Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { createServer as createNetServer, type Server, type Socket } from "node:net";
import { SECOND } from "../../core/clock.ts";
import { http, http2, tls } from "../../core/node-http.ts";
import { agentsRoom, type ConnectionRoom } from "./connection-room.ts";
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
 *
 * @param options.room - what its connections share with those of other listeners. Null: nothing. Default: what this process has for agents.
 */
export async function listenHttp(
  listen: Listen,
  handle: (request: HttpRequest, response: HttpResponse) => void,
  {
    patience = PATIENCE,
    room = agentsRoom(),
  }: { readonly patience?: number | undefined; readonly room?: ConnectionRoom | null } = {},
): Promise<HttpListener> {
  const unix = "socket" in listen;
  const h1 = http.createServer(
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
  let h2: Http2Server | undefined;
  // Most callers speak HTTP/1.1.
  const second = () => {
    if (h2 !== undefined) return h2;
    h2 = http2().createServer({ settings, maxHeaderListPairs: 128 }, handle);
    return h2.on("session", (session) => watchSession(session, { patience, idle: unix ? null : 3 * patience }));
  };
  const admits = (socket: Socket) => room === null || room.admit(socket);
  const front = frontOf(listen, { patience, admits }, (socket, isSecond) =>
    (isSecond ? second() : h1).emit("connection", socket),
  );
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

interface FrontOptions {
  readonly patience: number;
  readonly admits: (socket: Socket) => boolean;
}

/** What takes connections and tells which HTTP each speaks. */
function frontOf(listen: Listen, { patience, admits }: FrontOptions, speak: (socket: Socket, isSecond: boolean) => void): Server {
  if ("socket" in listen || !listen.tls) {
    return createNetServer({ allowHalfOpen: true }, (socket) => {
      if (admits(socket)) sniff(socket, patience, speak);
    });
  }
  const { cert, key } = listen.tls;
  const options = { cert, key, ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: patience };
  const server = tls().createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    speak(socket, socket.alpnProtocol === "h2");
  });
  // Before its handshake: that takes a descriptor too.
  server.prependListener("connection", admits);
  return server.on("tlsClientError", (_error, socket) => socket.destroy());
}

/** HTTP/2 without TLS begins with "PRI", which is no method of HTTP/1. */
function sniff(socket: Socket, patience: number, speak: (socket: Socket, isSecond: boolean) => void): void {
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
