import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type BaseError, http, RpcRequestError as ViemRpcRequestError } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RpcError, rpcClient } from "./json-rpc.ts";
import { HttpRequestError } from "./request-errors.ts";

interface Said {
  readonly result?: unknown;
  readonly error?: unknown;
}

type Answer = (response: ServerResponse, say: (said: Said) => string) => void;

/** What a node may do with a call, each of which viem tells from the others. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  "a result": (response, say) => response.end(say({ result: "0x1" })),
  "no result": (response, say) => response.end(say({ result: null })),
  ...byEach(
    [3, -32000, -32001, -32002, -32003, -32004, -32005, -32006, -32007, -32010, -32600, -32601, -32602, -32603, -32700],
    (code) => failing({ code, message: `no ${code}`, data: "0x08c379a0" }),
  ),
  ...byEach([429, -1, 0, 1, 4001, 4100, 4902, 5000, 5710], (code) => failing({ code, message: `no ${code}` })),
  "an error whose code is text": failing({ code: "-32000", message: "no" }),
  "an error without a code": failing({ message: "no" }),
  "an error of JSON-RPC with a status": (response, say) =>
    response.writeHead(500).end(say({ error: { code: -32000, message: "no", data: "0x01" } })),
  ...byEach(
    [400, 401, 403, 404, 405, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 520],
    (status) => (response) => response.writeHead(status).end(`status ${status}`),
    "status",
  ),
  "an error that is text, with a status": (response) => response.writeHead(502).end('{"error":"no upstream"}'),
  "a status and nothing": (response) => response.writeHead(503).end(),
  "a wait that is asked for": (response) => response.writeHead(429, { "retry-after": "1" }).end("busy"),
  "a wait that is no number": (response) => response.writeHead(429, { "retry-after": "soon" }).end("busy"),
  "what is no JSON": (response) => response.end("<html>"),
  "half of JSON": (response) => response.end('{"jsonrpc":"2.0"'),
  "a connection that is reset": (response) => response.socket?.resetAndDestroy(),
  "an answer that breaks off": (response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"jsonrpc"');
    response.socket?.end();
  },
};
const LATE = "an answer that does not come";

function byEach(of: readonly number[], answer: (one: number) => Answer, kind = "code"): Readonly<Record<string, Answer>> {
  return Object.fromEntries(of.map((one) => [`${kind} ${one}`, answer(one)]));
}

function failing(error: unknown): Answer {
  return (response, say) => response.end(say({ error }));
}

const asked = new Map<string, number>();
const node = createServer((request, response) => {
  const chunks: Buffer[] = [];
  // Events, since one that gave up before it had asked is no failure here.
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const path = decodeURIComponent(request.url ?? "");
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const call = JSON.parse(Buffer.concat(chunks).toString("utf8")) as
      | { readonly id: number }
      | readonly { readonly id: number }[];
    const say = (said: Said) =>
      JSON.stringify(Array.isArray(call) ? call.map(({ id }) => ({ id, ...said })) : { ...call, ...said });
    ANSWERS[path.split("/")[2] ?? ""]?.(response, say);
  });
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
});

afterAll(async () => {
  node.closeAllConnections();
  await new Promise<void>((resolve) => node.close(() => resolve()));
});

/** What comes of a call, in words that both have. */
interface Outcome {
  readonly value?: unknown;
  readonly kind?: string;
  readonly code?: number | null;
  readonly status?: number | undefined;
  readonly data?: unknown;
  readonly text?: string | null;
}

/** What is told of a connection is Node's own here, and that of its `fetch` there. */
function telling(kind: string, status: number | undefined, text: string): string | null {
  return kind === "RpcRequestError" || status !== undefined ? text : null;
}

async function byViem(url: string, retryCount: number, timeout: number): Promise<Outcome> {
  try {
    return { value: await http(url, { retryCount, retryDelay: 50, timeout })({}).request({ method: "eth_call", params: [] }) };
  } catch (thrown) {
    const error = thrown as BaseError;
    const inner = error.walk((one) => one instanceof ViemRpcRequestError) ?? error;
    const { name, code, data, status, details } = inner as BaseError & { code?: unknown; data?: unknown; status?: number };
    const text = telling(name, status, details);
    return { kind: name, code: typeof code === "number" ? code : null, status, data, text };
  }
}

async function byUs(url: string, retries: number, timeout: number): Promise<Outcome> {
  try {
    return { value: await rpcClient(url, { retries, timeout }).request("eth_call", []) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const { name, message, status } = error.cause as Error & { readonly status?: number };
    expect(error.message).toBe(`eth_call: ${message}`);
    expect(error.code).toBe(error.rpcCode === null ? "RPC_UNREACHABLE" : "RPC_ERROR");
    return { kind: name, code: error.rpcCode, status, data: error.data, text: telling(name, status, message) };
  }
}

test("what a node does with a call comes to what it comes to by viem's own transport, and is tried again as often", async () => {
  const told = Object.keys(ANSWERS).map(async (name) => {
    const [ours, viems] = await Promise.all([
      byUs(`${base}/ours/${encodeURIComponent(name)}`, 1, 20_000),
      byViem(`${base}/viem/${encodeURIComponent(name)}`, 1, 20_000),
    ]);
    const tries = (who: string) => asked.get(`/${who}/${name}`);
    return [
      { name, ...ours, tries: tries("ours") },
      { name, ...viems, tries: tries("viem") },
    ] as const;
  });
  const both = await Promise.all(told);
  expect(both.map(([ours]) => ours)).toEqual(both.map(([, viems]) => viems));
  expect(new Set(both.map(([{ tries }]) => tries))).toEqual(new Set([1, 2]));
});

test("what does not come in time is told apart from what is refused, as viem does", async () => {
  const [ours, viems] = await Promise.all([byUs(`${base}/ours/${LATE}`, 0, 50), byViem(`${base}/viem/${LATE}`, 0, 50)]);
  expect(ours).toEqual(viems);
  expect(ours).toMatchObject({ kind: "TimeoutError", code: null });
});

test("where a name has several addresses and none answers, the system's word for it is told: it has no other there", () => {
  const cause = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  expect(new HttpRequestError(cause.message, { cause }).message).toBe("ECONNREFUSED");
  expect(new HttpRequestError("").message).toBe("the HTTP request failed");
});
