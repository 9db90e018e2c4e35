import { chmodSync, chownSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { SECOND } from "../../core/clock.ts";
import { http } from "../../core/node-http.ts";
import { AGENT_UID } from "./bwrap-arguments.ts";
import { FETCH_LIMITS, type FetchProxy } from "./fetch-proxy.ts";
import { SandboxError } from "./sandbox-error.ts";

/** Longest message to a chain and longest answer, in bytes: the gateway's own bounds. */
const MESSAGE = 512 * 1024;
const ANSWER = 8 * 1024 * 1024;
const PATIENCE = 90 * SECOND;

/** Where the gateway serves a chain's JSON-RPC, as it says so itself: `unix:/path:/rpc/base` or `http://127.0.0.1:1/rpc/base`. */
export type RpcAddress = string;

export interface DoorParameters {
  /** Path of the socket. */
  readonly socket: string;
  readonly chains: Readonly<Record<string, RpcAddress>>;
  /** The agent's token, where the gateway asks for one. It stays on this side. */
  readonly token?: string;
  readonly fetch: FetchProxy;
  readonly root: boolean;
}

export interface Door {
  close(): Promise<void>;
}

/**
 * The one way out of a sandbox: HTTP on a unix socket. `POST /rpc/<chain>` goes to this agent's gateway, which reads and
 * judges it; `GET` and `POST /fetch/https://…` to the fetch proxy, which passes a few headers of a POST on. No other header passes.
 */
export async function openDoor(parameters: DoorParameters): Promise<Door> {
  const { socket, root, chains } = parameters;
  const targets = new Map(Object.entries(chains).map(([chain, address]) => [chain, targetOf(address)]));
  const server = http.createServer({ headersTimeout: 10 * SECOND, requestTimeout: 30 * SECOND }, (incoming, response) => {
    answer(incoming, response, targets, parameters).catch((error: unknown) => {
      say(response, 502, `the gateway does not answer: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => resolve());
  });
  chmodSync(socket, 0o600);
  if (root) chownSync(socket, AGENT_UID, AGENT_UID);
  return {
    async close() {
      const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Target = { readonly path: string } & ({ readonly socketPath: string } | { readonly host: string; readonly port: number });

function targetOf(address: RpcAddress): Target {
  const [, socketPath, path] = /^unix:(.+):(\/rpc\/[^/:]+)$/.exec(address) ?? [];
  if (socketPath !== undefined && path !== undefined) return { socketPath, path };
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === "http:" && url.hostname === "127.0.0.1") {
    return { host: url.hostname, port: Number(url.port), path: url.pathname };
  }
  throw new SandboxError("WORKSPACE_UNUSABLE", "a gateway's JSON-RPC is on a unix socket or on 127.0.0.1", {
    remedy: "Give the address that mandate gateway --rpc prints.",
  });
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  targets: ReadonlyMap<string, Target>,
  { fetch, token }: DoorParameters,
): Promise<void> {
  const { method, url = "/" } = incoming;
  if (url.startsWith("/fetch/")) {
    const { headers } = incoming;
    const asked = {
      method: method ?? "",
      url: url.slice("/fetch/".length),
      headers,
      body: await read(incoming, FETCH_LIMITS.message),
    };
    const { status, type, body } = await fetch.ask(asked);
    response.writeHead(status, { "content-type": type, "content-length": body.length });
    return void response.end(body);
  }
  const target = url.startsWith("/rpc/") ? targets.get(url.slice("/rpc/".length)) : undefined;
  if (!target) {
    const known = [...targets.keys()].map((chain) => `POST /rpc/${chain}`);
    return say(response, 404, [...known, "GET /fetch/https://host/path", "POST /fetch/https://host/path"].join("\n"));
  }
  if (method !== "POST") return say(response, 405, "calls are POSTed");
  const message = await read(incoming, MESSAGE);
  if (message === null) return say(response, 413, `a message is at most ${MESSAGE} bytes`);
  const { status, body } = await forward(target, message, token);
  if (body === null) return say(response, 502, `the answer is longer than ${ANSWER} bytes`);
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

function forward(target: Target, message: Buffer, token: string | undefined): Promise<{ status: number; body: Buffer | null }> {
  return new Promise((resolve, reject) => {
    const asked = http.request(
      {
        ...target,
        method: "POST",
        agent: false,
        headers: {
          "content-type": "application/json",
          "content-length": message.length,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(PATIENCE),
      },
      (response) => {
        read(response, ANSWER).then((body) => resolve({ status: response.statusCode ?? 502, body }), reject);
      },
    );
    asked.on("error", reject);
    asked.end(message);
  });
}

/** Null: it is too long. */
async function read(stream: IncomingMessage, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function say(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": "text/plain", connection: "close" });
  response.end(`${text}\n`);
}
