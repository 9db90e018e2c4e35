import { connect, createServer, type Server, type Socket } from "node:net";
import { MandateError, messageOf } from "../../core/errors.ts";

/** A port cannot be listened on. */
export class PortError extends MandateError {
  constructor(port: number, cause: unknown) {
    super("PORT_UNAVAILABLE", `port ${port} cannot be used: ${messageOf(cause)}`, {
      remedy: "Give another port, or 0 for any that is free.",
      details: { port },
      cause,
    });
  }
}

export interface Forwarding extends AsyncDisposable {
  readonly url: string;
}

/**
 * Makes a server of this machine reachable at a port of the loopback interface too; 0 leaves it where it is.
 *
 * @throws {PortError}
 */
export async function forwardPort(url: string, port: number): Promise<Forwarding> {
  if (port === 0) return { url, [Symbol.asyncDispose]: async () => undefined };
  const { hostname, port: target } = new URL(url);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      // A side that breaks ends the other: there is nobody left to tell.
      socket.on("error", () => other.destroy());
      socket.on("close", () => open.delete(socket));
    }
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new PortError(port, error)));
    // A number that is no port at all is thrown, not emitted.
    try {
      server.listen(port, "127.0.0.1", resolve);
    } catch (error) {
      reject(new PortError(port, error));
    }
  });
}
