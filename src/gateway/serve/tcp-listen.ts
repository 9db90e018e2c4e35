import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { messageOf } from "../../core/errors.ts";
import { tls } from "../../core/node-http.ts";
import { GatewayStartError } from "../gateway-start-error.ts";
import type { Listen } from "./listen-http.ts";

/** Where to listen on TCP. Port 0 is any that is free; the certificate chain and its key are paths of PEM files. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/**
 * Reads what TLS needs, and refuses to do without where others could listen in.
 *
 * @throws {GatewayStartError} TLS_NEEDED, TLS_UNREADABLE
 */
export function tcpListen({ host, port, tls: pair }: ListenConfig): Exclude<Listen, { socket: string }> {
  // The name could be anybody's by a hosts file; the address is the machine's own.
  const address = host === "localhost" ? "127.0.0.1" : host;
  if (pair) return { host: address, port, tls: checked({ cert: pem(pair.cert), key: pem(pair.key) }) };
  if (isLoopback(address)) return { host: address, port };
  throw new GatewayStartError(
    "TLS_NEEDED",
    `${host} can be reached from other machines, and tokens would cross the network in clear`,
    {
      remedy: "Give --tls-cert and --tls-key, or listen on 127.0.0.1.",
    },
  );
}

function isLoopback(host: string): boolean {
  return host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function checked<T extends { readonly cert: string; readonly key: string }>(pair: T): T {
  try {
    tls().createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new GatewayStartError("TLS_UNREADABLE", `no certificate and its key: ${messageOf(error)}`, {
      cause: error,
      remedy: "Give the certificate chain and the key that belongs to it, as PEM files.",
    });
  }
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new GatewayStartError("TLS_UNREADABLE", `${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
      remedy: "Give the certificate chain and its key as PEM files that the gateway's user can read.",
    });
  }
}
