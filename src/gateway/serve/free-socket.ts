import { lstatSync, rmSync } from "node:fs";
import { GatewayStartError } from "../gateway-start-error.ts";

/**
 * Takes away the socket that a gateway before left behind, and nothing else: a path that was mistaken may be a key's.
 *
 * @throws {GatewayStartError} SOCKET_TAKEN
 */
export function freeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new GatewayStartError("SOCKET_TAKEN", `${path} is there, and is no socket`, {
      remedy: "Name a path for the socket at which nothing is.",
    });
  }
  rmSync(path, { force: true });
}
