import { custom } from "viem";
import { MandateError, messageOf } from "../core/errors.ts";
import { batchedRequests, singleRequest } from "./batched-requests.ts";
import { Patience } from "./patience.ts";

/** One JSON-RPC endpoint. Calls made in the same turn travel as one batch. */
export interface RpcClient {
  readonly url: string;
  /** @throws {RpcError} the node's answer, or that there was none. */
  request<T>(method: string, params: readonly unknown[]): Promise<T>;
}

/** The node answered with an error, or not at all. */
export class RpcError extends MandateError {
  /** The JSON-RPC error code; null where no answer came. */
  readonly rpcCode: number | null;
  /** Revert data, where the node gave some. */
  readonly data: unknown;

  constructor(method: string, cause: unknown) {
    const { code, data, text } = readRpcFailure(cause);
    super(code === null ? "RPC_UNREACHABLE" : "RPC_ERROR", `${method}: ${text}`, {
      cause,
      remedy: code === null ? "Check that the chain's rpc in the mandate's book answers." : "See the node's message.",
    });
    this.rpcCode = code;
    this.data = data;
  }
}

export interface RpcOptions {
  /** Milliseconds after which an unanswered call fails; of a node that has just been silent, see {@link Patience}. */
  readonly timeout?: number;
  /** Tries after the first, for reads; at most one after a silence. Sends are never tried again. */
  readonly retries?: number;
}

/** Calls that travel as one message at most. */
const MOST_IN_A_BATCH = 100;
const SENDS = new Set(["eth_sendRawTransaction", "eth_sendRawTransactionSync", "eth_sendTransaction"]);

export function rpcClient(url: string, { timeout = 20_000, retries = 2 }: RpcOptions = {}): RpcClient {
  const patience = new Patience(timeout);
  const request = batchedRequests(url, { patience, most: MOST_IN_A_BATCH });
  return {
    url,
    // Not one promise more than it takes: a judgment asks some forty things at once.
    request<T>(method: string, params: readonly unknown[]): Promise<T> {
      const call = { method, params };
      const failed = (error: unknown): never => {
        throw new RpcError(method, error);
      };
      const first = SENDS.has(method)
        ? singleRequest(url, call, { timeout }).catch(failed)
        : request(call).catch((failure) => {
            const tries = patience.triesAfter(failure, retries);
            return tryAgain(() => request(call), failure, call, tries).catch(failed);
          });
      return first as Promise<T>;
    },
  };
}

/** What to do about a first failure is viem's to say: which ones are worth another try, how many and when. */
function tryAgain(
  attempt: () => Promise<unknown>,
  failure: unknown,
  { method, params }: { readonly method: string; readonly params: readonly unknown[] },
  retries: number,
): Promise<unknown> {
  let failed = false;
  const request = (): Promise<unknown> => {
    if (failed) return attempt();
    failed = true;
    return Promise.reject(failure);
  };
  return custom({ request }, { retryCount: retries, retryDelay: 50 })({}).request({ method, params: [...params] });
}

function readRpcFailure(thrown: unknown): { code: number | null; data: unknown; text: string } {
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "number" && at.name !== "HttpRequestError" && at.name !== "TimeoutError") {
      const details = "details" in at && typeof at.details === "string" ? at.details : at.message;
      return { code: at.code, data: "data" in at ? at.data : undefined, text: details };
    }
  }
  const details = thrown instanceof Error && "details" in thrown ? String(thrown.details) : messageOf(thrown);
  return { code: null, data: undefined, text: details };
}
