import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Call {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Makes of a true answer what the node says instead. */
export type Lie = (result: unknown, params: readonly unknown[]) => unknown;

export interface LyingNode extends AsyncDisposable {
  readonly url: string;
  /** Methods that were asked for, in order. */
  readonly asked: readonly string[];
  /** Answers these as a node that does not have them. */
  hide(...methods: readonly string[]): void;
  lie(method: string, lie: Lie): void;
  /** Never answers these. */
  silence(...methods: readonly string[]): void;
  honest(): void;
}

/** Stands in front of a node and is as good as its word: it hides methods, lies, and keeps silent. */
export async function startLyingNode(target: string): Promise<LyingNode> {
  const asked: string[] = [];
  const hidden = new Set<string>();
  const silent = new Set<string>();
  const lies = new Map<string, Lie>();
  const answer = async (call: Call): Promise<unknown> => {
    asked.push(call.method);
    if (hidden.has(call.method)) {
      const error = { code: -32601, message: `the method ${call.method} does not exist/is not available` };
      return { jsonrpc: "2.0", id: call.id, error };
    }
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
    });
    const said = (await response.json()) as { readonly result?: unknown };
    const lie = lies.get(call.method);
    return lie && "result" in said ? { ...said, result: lie(said.result, call.params) } : said;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as Call | readonly Call[];
    const calls = Array.isArray(body) ? (body as readonly Call[]) : [body as Call];
    if (calls.some(({ method }) => silent.has(method))) return;
    const answers = await Promise.all(calls.map(answer));
    response.setHeader("content-type", "application/json").end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    hide: (...methods) => {
      for (const method of methods) hidden.add(method);
    },
    lie: (method, lie) => {
      lies.set(method, lie);
    },
    silence: (...methods) => {
      for (const method of methods) silent.add(method);
    },
    honest: () => {
      for (const all of [hidden, silent, lies]) all.clear();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
