import { MandateError, messageOf } from "../core/errors.ts";
import { batchedRequests, singleRequest } from "./batched-requests.ts";
import { Patience } from "./patience.ts";
import type { Connections } from "./post-json.ts";
import { RpcRequestError } from "./request-errors.ts";
import { tryAgain } from "./try-again.ts";

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
    const refused = cause instanceof RpcRequestError ? cause : null;
    const rpcCode = refused?.rpcCode ?? null;
    super(rpcCode === null ? "RPC_UNREACHABLE" : "RPC_ERROR", `${method}: ${messageOf(cause)}`, {
      cause,
      remedy: rpcCode === null ? "Check that the chain's rpc in the mandate's book answers." : "See the node's message.",
    });
    this.rpcCode = rpcCode;
    this.data = refused?.data;
  }
}

export interface RpcOptions {
  /** Milliseconds after which an unanswered call fails; of a node that has just been silent, see {@link Patience}. */
  readonly timeout?: number;
  /** Tries after the first, for reads; at most one after a silence. Sends are never tried again. */
  readonly retries?: number;
  /** What the calls share with those of other clients. Left out: nothing. */
  readonly connections?: Connections;
}

/** Calls that travel as one message at most. */
const MOST_IN_A_BATCH = 100;
const SENDS = new Set(["eth_sendRawTransaction", "eth_sendRawTransactionSync", "eth_sendTransaction"]);

export function rpcClient(url: string, { timeout = 20_000, retries = 2, connections }: RpcOptions = {}): RpcClient {
  const patience = new Patience(timeout);
  const request = batchedRequests(url, { patience, most: MOST_IN_A_BATCH, connections });
  return {
    url,
    // Not one promise more than it takes: a judgment asks some forty things at once.
    request<T>(method: string, params: readonly unknown[]): Promise<T> {
      const call = { method, params };
      const failed = (error: unknown): never => {
        throw new RpcError(method, error);
      };
      const first = SENDS.has(method)
        ? singleRequest(url, call, { timeout, connections }).catch(failed)
        : request(call).catch((failure) => {
            const tries = patience.triesAfter(failure, retries);
            return tryAgain(() => request(call), failure, tries).catch(failed);
          });
      return first as Promise<T>;
    },
  };
}
