import type { Server } from "node:net";
import { InvariantError } from "../../core/errors.ts";

/** The TCP port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new InvariantError("a server that listens on TCP has no port");
  return address.port;
}
