import { statSync } from "node:fs";

/** Whether a unix socket is its owner's alone. */
export function isPrivateSocket(socket: string): boolean {
  const found = statSync(socket, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & 0o077) === 0;
}
