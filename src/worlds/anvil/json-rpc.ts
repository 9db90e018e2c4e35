import type { Agent } from "node:http";
import { MandateError } from "../../core/errors.ts";
import { http } from "../../core/node-http.ts";

/** The node answered a JSON-RPC call with an error, or not at all. */
export class WorldRpcError extends MandateError {
  /** JSON-RPC's error code; undefined when the node did not answer. */
  readonly rpcCode: number | undefined;

  constructor(
    method: string,
    message: string,
    { rpcCode, data, cause }: { rpcCode?: number; data?: unknown; cause?: unknown } = {},
  ) {
    super("WORLD_RPC", `${method}: ${message}`, {
      remedy:
        rpcCode === undefined
          ? "The world's node is gone: start the world again."
          : "Look at the call's parameters; the node's own words are in the message.",
      details: { method, ...(rpcCode === undefined ? {} : { rpcCode }), ...(data === undefined ? {} : { data }) },
      cause,
    });
    this.rpcCode = rpcCode;
  }
}

export interface JsonRpc {
  /** @throws {WorldRpcError} */
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  /**
   * Several calls in one message, which the node begins in their order. Answers in that order too.
   *
   * @throws {WorldRpcError} the first that failed.
   */
  requestAll(calls: readonly RpcCall[]): Promise<readonly unknown[]>;
  close(): void;
}

/** A method and its parameters. */
export type RpcCall = readonly [method: string, params?: readonly unknown[]];

interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** JSON-RPC over keep-alive HTTP. */
export function jsonRpc(url: string): JsonRpc {
  const agent = new http.Agent({ keepAlive: true });
  let id = 0;
  return {
    async request(method, params = []) {
      id += 1;
      const text = await post(url, agent, method, JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return resultOf(method, parse<RpcAnswer>(method, text));
    },
    async requestAll(calls) {
      const first = id + 1;
      id += calls.length;
      const message = calls.map(([method, params = []], i) => ({ jsonrpc: "2.0", id: first + i, method, params }));
      const names = calls.map(([method]) => method).join(", ");
      const said = parse<readonly RpcAnswer[] | RpcAnswer | null>(names, await post(url, agent, names, JSON.stringify(message)));
      const answers = new Map((Array.isArray(said) ? (said as readonly RpcAnswer[]) : []).map((one) => [one.id, one]));
      const whole = said !== null && "error" in said ? said : UNANSWERED;
      return calls.map(([method], i) => resultOf(method, answers.get(first + i) ?? whole));
    },
    close: () => agent.destroy(),
  };
}

const UNANSWERED: RpcAnswer = { error: { code: -32603, message: "the node left it unanswered" } };

function resultOf(method: string, { result, error }: RpcAnswer): unknown {
  if (error === undefined) return result;
  throw new WorldRpcError(method, error.message, { rpcCode: error.code, data: error.data });
}

function parse<T>(method: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new WorldRpcError(method, "the node's answer is not JSON", { cause });
  }
}

function post(url: string, agent: Agent, method: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new WorldRpcError(method, "the node did not answer", { cause }));
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = http.request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", fail);
    });
    call.on("error", fail);
    call.end(body);
  });
}
