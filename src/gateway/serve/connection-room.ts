import { openFilesLimit } from "./open-files.ts";

/**
 * Descriptors that agents cannot take: journals and keys, connections to nodes, a fork's pipes, and the operator's own
 * connections. Of a limit that is lower than twice as many, half.
 */
const KEPT = 256;

/** Connections of agents that a process with such a limit of open files takes in all; without one, as many as its listeners do. */
export function roomWithin(openFiles: number | null): number {
  if (openFiles === null) return Number.POSITIVE_INFINITY;
  return Math.floor(openFiles - keptOf(openFiles));
}

/** Connections to nodes for what agents read, by HTTP and as many by HTTPS: a quarter each of what they cannot take themselves. */
export function readsWithin(openFiles: number | null): number {
  return Math.floor(keptOf(openFiles ?? Number.POSITIVE_INFINITY) / 4);
}

function keptOf(openFiles: number): number {
  return Math.min(KEPT, openFiles / 2);
}

/** A number of connections that several listeners have together. */
export class ConnectionRoom {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Counts a connection until it is closed. False: there is no room for it, and it is ended. */
  admit(socket: Closing): boolean {
    if (this.#left < 1) {
      socket.destroy();
      return false;
    }
    this.#left -= 1;
    socket.once("close", () => {
      this.#left += 1;
    });
    return true;
  }
}

interface Closing {
  once(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}

let ofProcess: ConnectionRoom | undefined;

/** This process's, for all listeners that agents reach: they shall not take the last descriptor from whoever stops them. */
export function agentsRoom(): ConnectionRoom {
  ofProcess ??= new ConnectionRoom(roomWithin(openFilesLimit()));
  return ofProcess;
}
