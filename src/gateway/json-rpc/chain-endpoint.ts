import { z } from "zod";
import { type Clock, isoTime } from "../../core/clock.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { Terms } from "../../mandate/terms.ts";
import type { AccountId, Action, ChainLabel } from "../../protocols/effects.ts";
import { RpcError } from "../../protocols/json-rpc.ts";
import type { Outcome } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import type { CurrentCycle } from "./current-cycle.ts";
import { deniedMethod } from "./denied-methods.ts";
import { invalidParams, JsonRpcError, RPC_CODE } from "./json-rpc-error.ts";
import { address, message, readParams, type TransactionParams, transaction } from "./params.ts";
import { RateLimit } from "./rate-limit.ts";
import { callParams, checkChain, estimateGas, notOwn, READS, type ReadContext } from "./reads.ts";
import { upstream, upstreamError } from "./upstream.ts";
import { creationDenied, verdictError } from "./verdict-error.ts";

/** Sends a minute that are taken as they come. Past it, what does not get safer has to wait. */
const SENDS_PER_MINUTE = 60;
/** Sends and estimates that may wait for their turn. */
const MOST_WAITING = 16;

export interface ChainEndpointParameters {
  readonly chain: ChainLabel;
  readonly terms: Terms;
  /** The chain's own endpoint. */
  readonly url: string;
  readonly cycle: CurrentCycle;
  /** Shared by all chains and clients: the gateway's own reads have the rest of the quota. */
  readonly reads: RateLimit;
  /** Whose minutes the rates are counted in: the machine's. */
  readonly clock: Pick<Clock, "now">;
}

/**
 * Ethereum JSON-RPC for one chain of the mandate: a list of reads; eth_sendTransaction and eth_signTypedData_v4 through the
 * whole pipeline.
 */
export class ChainEndpoint {
  readonly #with: ChainEndpointParameters;
  readonly #context: ReadContext;
  readonly #account: { readonly id: AccountId; readonly address: Address };
  readonly #sends = new RateLimit(SENDS_PER_MINUTE);
  #waiting = 0;

  constructor(parameters: ChainEndpointParameters) {
    const { terms, chain, url } = parameters;
    const book = terms.book.chains[chain];
    const address = terms.accounts.wallet;
    if (!book || address === undefined) throw invalidParams(`the mandate has no chain ${chain}`);
    this.#with = parameters;
    this.#account = { id: "wallet", address };
    this.#context = { rpc: upstream(url), chainId: book.id, accounts: [address] };
  }

  /** Answers one call. @throws {JsonRpcError} what the client is told instead. */
  async perform(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_sendTransaction") return this.#inTurn(() => this.#send(params));
    if (method === "eth_signTypedData_v4") return this.#inTurn(() => this.#signMessage(params));
    const read = READS.get(method);
    if (!read && method !== "eth_estimateGas") throw deniedMethod(method);
    await this.#countRead();
    return read ? read(this.#context, params) : this.#estimate(params);
  }

  async #countRead(): Promise<void> {
    const { reads, clock } = this.#with;
    const taken = reads.take(await clock.now());
    if (!taken.ok) throw tooMany(`more than ${reads.perMinute} reads in a minute`, taken.again);
  }

  /** A call that reverts and would be denied is answered with the verdict: clients go no further than the estimate. */
  async #estimate(params: readonly unknown[]): Promise<unknown> {
    const read = readParams(callParams, params);
    const [call] = read;
    if (call.from === this.#account.address && (call.to ?? null) === null) throw creationDenied();
    try {
      return await estimateGas(this.#context, read);
    } catch (error) {
      const reverted = error instanceof JsonRpcError && error.code === "CHAIN_SAYS_NO";
      if (!reverted || call.from !== this.#account.address) throw error;
      const verdict = await this.#inTurn(() => told(this.#with.cycle.preview(this.#action(call))));
      if (verdict.kind === "deny") throw verdictError(verdict, null);
      throw error;
    }
  }

  async #send(params: readonly unknown[]): Promise<Hex> {
    const [sent] = readParams(z.tuple([transaction]), params);
    const outcome = await this.#request(this.#action(sent));
    const [first] = outcome.transactions;
    if (first) return first.hash as Hex;
    throw notSent(outcome);
  }

  /** Typed data of a listed type, judged as what it enables. What comes back can be used by whoever has it. */
  async #signMessage(params: readonly unknown[]): Promise<Hex> {
    const [from, typedData] = readParams(z.tuple([address, message]), params);
    if (from !== this.#account.address) throw notOwn(from);
    const outcome = await this.#request({ rail: "evm", chain: this.#with.chain, from: this.#account.id, typedData });
    if (outcome.kind === "open" && outcome.signature !== undefined) return outcome.signature;
    throw notSent(outcome);
  }

  async #request(action: Action): Promise<Exclude<Outcome, { kind: "refused" }>> {
    const { cycle, clock } = this.#with;
    const taken = this.#sends.take(await clock.now());
    if (!taken.ok) {
      // Past the quota only what gets safer is sent: no quota may keep money in.
      const verdict = await told(cycle.preview(action));
      if (verdict.kind !== "allow") throw verdictError(verdict, null);
      if (verdict.atWorst.class !== "reduce") throw tooMany(`more than ${SENDS_PER_MINUTE} sends in a minute`, taken.again);
    }
    const done = await told(cycle.send(action));
    if (!done.recorded) {
      if (done.verdict.kind !== "allow") throw verdictError(done.verdict, null);
      throw new JsonRpcError(RPC_CODE.rejected, "NOT_SENT", "nothing was sent");
    }
    const { outcome } = done;
    if (outcome.kind === "refused") throw verdictError(outcome.verdict, outcome.key);
    return outcome;
  }

  /** What is to be judged. Fees, gas and nonce are the gateway's own affair, whatever the client says. */
  #action({ from, to, data, input, value = 0n, chainId }: TransactionParams): Action {
    checkChain(this.#context.chainId, chainId);
    if (from === undefined) throw invalidParams("eth_sendTransaction needs `from`");
    if (from !== this.#account.address) throw notOwn(from);
    if (to === undefined || to === null) throw creationDenied();
    return { rail: "evm", chain: this.#with.chain, from: this.#account.id, call: { to, data: data ?? input ?? "0x", value } };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING) throw tooMany(`${MOST_WAITING} sends wait already`, await this.#with.clock.now());
    this.#waiting += 1;
    try {
      return await work();
    } finally {
      this.#waiting -= 1;
    }
  }
}

function notSent({ kind, key, reason }: Exclude<Outcome, { kind: "refused" }>): JsonRpcError {
  return new JsonRpcError(RPC_CODE.rejected, "NOT_SENT", `nothing was sent: ${reason ?? kind}`, { data: { outcome: kind, key } });
}

function tooMany(what: string, again: number): JsonRpcError {
  return new JsonRpcError(RPC_CODE.limitExceeded, "RATE_LIMIT", `${what}; again from ${isoTime(again)}`, {
    remedy: "Wait, and ask for less.",
  });
}

/** The gateway's errors, and the chain's, in JSON-RPC's words. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RpcError) throw upstreamError(error);
    if (!(error instanceof GatewayError)) throw error;
    const { code, message, remedy } = error;
    const failed = code === "CHAIN_UNREACHABLE" || code === "INTERNAL";
    const rpcCode = code === "RATE_LIMITED" ? RPC_CODE.limitExceeded : failed ? RPC_CODE.internal : RPC_CODE.rejected;
    throw new JsonRpcError(rpcCode, code, `${code}: ${message}${remedy === undefined ? "" : `. ${remedy}`}`, { cause: error });
  }
}
