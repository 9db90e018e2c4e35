import type { IncomingMessage, RequestOptions } from "node:http";
import { messageOf } from "../../core/errors.ts";
import { http, https } from "../../core/node-http.ts";
import { GatewayError } from "../gateway-error.ts";

/** Where a gateway is: its unix socket, with an agent's token where others than its owner can open it; or a URL with a token. */
export type GatewayAddress =
  | { readonly socket: string; readonly token?: string }
  | {
      /** "https://host:port", or "http://" on loopback. */
      readonly url: string;
      readonly token: string;
      /** Whom to trust for its certificate, as PEM text. Left out: whom the machine trusts. */
      readonly ca?: string;
    };

export interface HttpPoster {
  post(path: string, body: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): void;
}

/**
 * What every request to a gateway is made with: the place, and the token.
 *
 * @throws {GatewayError} BAD_REQUEST for a URL that would show the token to others.
 */
export function requestOptions(where: GatewayAddress): RequestOptions & { readonly tls: boolean; readonly origin: string } {
  if ("socket" in where) {
    const headers = where.token === undefined ? {} : bearer(where.token);
    return { socketPath: where.socket, headers, tls: false, origin: "http://localhost" };
  }
  const url = URL.canParse(where.url) ? new URL(where.url) : null;
  const plain = url?.protocol === "http:" && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
  if (!url || !(plain || url.protocol === "https:")) {
    throw new GatewayError("BAD_REQUEST", `a token is not sent to ${where.url}`, {
      remedy: "Give an https:// URL, or http:// on loopback.",
    });
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 443 : url.port,
    headers: bearer(where.token),
    tls: !plain,
    origin: url.origin,
    ...(where.ca === undefined ? {} : { ca: where.ca }),
  };
}

function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Posts JSON to a gateway, on connections that are kept. */
export function httpPoster(where: GatewayAddress): HttpPoster {
  const { tls, origin: _, headers, ...place } = requestOptions(where);
  const { Agent, request: begin } = tls ? https() : http;
  const agent = new Agent({ keepAlive: true });
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const unreachable = (error: unknown) => reject(unreached(error));
        const sent = { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
        const request = begin({ ...place, agent, path, method: "POST", headers: sent }, (response: IncomingMessage) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
          response.on("error", unreachable);
          response.on("aborted", () => reject(unreached("the connection broke off")));
        });
        request.on("error", unreachable);
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

export function unreached(error: unknown): GatewayError {
  return new GatewayError("GATEWAY_UNREACHABLE", `the gateway does not answer: ${messageOf(error)}`, {
    cause: error,
    remedy: "Start it, or wait until it is back, then settle before anything else.",
  });
}
