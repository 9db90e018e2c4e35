import { Agent, request } from "node:http";
import { MandateError } from "../../core/errors.ts";

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
  close(): void;
}

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** JSON-RPC over keep-alive HTTP, one call a request. */
export function jsonRpc(url: string): JsonRpc {
  const agent = new Agent({ keepAlive: true });
  let id = 0;
  return {
    async request(method, params = []) {
      id += 1;
      const text = await post(url, agent, method, JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      const { result, error } = parse(method, text);
      if (error === undefined) return result;
      throw new WorldRpcError(method, error.message, { rpcCode: error.code, data: error.data });
    },
    close: () => agent.destroy(),
  };
}

function parse(method: string, text: string): RpcAnswer {
  try {
    return JSON.parse(text) as RpcAnswer;
  } catch (cause) {
    throw new WorldRpcError(method, "the node's answer is not JSON", { cause });
  }
}

function post(url: string, agent: Agent, method: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new WorldRpcError(method, "the node did not answer", { cause }));
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", fail);
    });
    call.on("error", fail);
    call.end(body);
  });
}
