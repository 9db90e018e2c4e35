import { randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as McpServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { SECOND } from "../../core/clock.ts";
import { MandateError } from "../../core/errors.ts";
import { sha256 } from "../../core/json.ts";
import { http } from "../../core/node-http.ts";

const PATH = "/mcp";
const MOST_SESSIONS = 32;
const MOST_CONNECTIONS = 128;

export interface ServeMcpParameters {
  /** A server for each session. */
  readonly makeServer: () => McpServer;
  /** What clients bring as `Authorization: Bearer …`. */
  readonly token: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ServingMcp {
  /** "http://127.0.0.1:4321/mcp". */
  readonly url: string;
  stop(): Promise<void>;
}

/** The port cannot be listened on. */
export class McpListenError extends MandateError {
  constructor(port: number, cause: unknown) {
    super("MCP_LISTEN", `port ${port} cannot be listened on`, {
      remedy: "Give another --port, or none for any free one.",
      cause,
    });
  }
}

/** MCP over streamable HTTP, on the loopback interface alone, for those who bring the token. */
export async function serveMcpHttp({ makeServer, token, port }: ServeMcpParameters): Promise<ServingMcp> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const listener = http.createServer({ headersTimeout: 10 * SECOND }, (request, response) => {
    handle(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, -32603, "the call could not be answered");
    });
  });
  listener.maxConnections = MOST_CONNECTIONS;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = "", origin, authorization } = request.headers;
    // A page in a browser has an origin, and no business here; loopback has no other names than these.
    if (origin !== undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) {
      return refuse(response, 403, -32000, "calls from web pages are not answered");
    }
    if (!bears(authorization, token)) return refuse(response, 401, -32001, "the token that mandate mcp printed is needed");
    if (new URL(request.url ?? "/", "http://loopback").pathname !== PATH)
      return refuse(response, 404, -32601, `the endpoint is ${PATH}`);
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    if (id !== undefined && !known) return refuse(response, 404, -32001, "there is no such session: initialize anew");
    await (known ?? (await begin())).handleRequest(request, response);
  }

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        sessions.set(id, transport);
        const [oldest] = sessions;
        if (sessions.size > MOST_SESSIONS && oldest) {
          sessions.delete(oldest[0]);
          void oldest[1].close();
        }
      },
      onsessionclosed: (id) => void sessions.delete(id),
    });
    // The SDK's types do not know exactOptionalPropertyTypes: the same object, said in its own interface.
    await makeServer().connect(transport as Transport);
    return transport;
  }

  const bound = await listening(listener, port);
  return {
    url: `http://127.0.0.1:${bound}${PATH}`,
    async stop() {
      for (const transport of sessions.values()) await transport.close();
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      listener.closeAllConnections();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new McpListenError(port, error)));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Compared by hash and in constant time: neither length nor beginning shows. */
function bears(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer ([\w-]{1,200})$/i.exec(authorization ?? "") ?? [];
  return given !== undefined && timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null }));
}
