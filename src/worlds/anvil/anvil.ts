import { startAnvilProcess } from "../../gateway/fork/anvil-process.ts";
import { jsonRpc, type RpcCall } from "./json-rpc.ts";

/** 2024-01-01T00:00:00Z in seconds since 1970. */
export const GENESIS_TIME = 1_704_067_200;

/** Base fee of a fresh chain and of every block that a world mines itself, in wei. */
export const BASE_FEE = 100_000_000n;

/** States of recent blocks that can be read and forked from. Older ones are forgotten, not written to disk. */
const KEPT_STATES = 256;

export interface AnvilOptions {
  /** Default 31337. */
  readonly chainId?: number;
  /** Start as a fork of the chain behind this URL, at its latest block or at `forkBlock`. */
  readonly forkUrl?: string;
  readonly forkBlock?: bigint;
  /** Of the genesis block, in seconds since 1970. Default {@link GENESIS_TIME}; a fork goes on from its parent's. */
  readonly timestamp?: number;
  /** A file that `anvil --dump-state` wrote, or what `anvil_dumpState` answers, decompressed. */
  readonly stateFile?: string;
}

/** A local chain in a process of its own. Its accounts are empty, and it has no keys. */
export interface Anvil {
  readonly url: string;
  readonly chainId: number;
  /** @throws {WorldRpcError} */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Several calls in one message, begun in their order. @throws {WorldRpcError} the first that failed. */
  rpcAll(calls: readonly RpcCall[]): Promise<readonly unknown[]>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts anvil on a free port of the loopback interface.
 *
 * What a chain holds depends on the calls made to it and on nothing else: a transaction is mined at once, one second
 * after the block before it unless `evm_setNextBlockTimestamp` says otherwise, and the base fee starts at
 * {@link BASE_FEE}. The process dies with its parent, even by SIGKILL, and does not keep the parent alive.
 *
 * @throws {AnvilMissingError | AnvilStartError}
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const chainId = options.chainId ?? 31337;
  const { url, stop } = await startAnvilProcess(flags(chainId, options));
  const rpc = jsonRpc(url);
  // It writes a line for each call, which nobody reads.
  await rpc.requestAll([
    ["anvil_setLoggingEnabled", [false]],
    ["anvil_setBlockTimestampInterval", [1]],
  ]);
  return {
    url,
    chainId,
    rpc: (method, params) => rpc.request(method, params),
    rpcAll: (calls) => rpc.requestAll(calls),
    async stop() {
      rpc.close();
      await stop();
    },
  };
}

function flags(chainId: number, { forkUrl, forkBlock, timestamp, stateFile }: AnvilOptions): string[] {
  // Without one, anvil would take the machine's time, also for a chain that it loads.
  const genesis = timestamp ?? (forkUrl === undefined ? GENESIS_TIME : undefined);
  return [
    ...["--accounts", "0", "--hardfork", "prague", "--chain-id", String(chainId)],
    ...["--block-base-fee-per-gas", String(BASE_FEE), "--prune-history", String(KEPT_STATES)],
    ...(forkUrl === undefined ? [] : ["--fork-url", forkUrl, "--no-storage-caching", "--no-rate-limit"]),
    ...(forkBlock === undefined ? [] : ["--fork-block-number", String(forkBlock)]),
    ...(genesis === undefined ? [] : ["--timestamp", String(genesis)]),
    ...(stateFile === undefined ? [] : ["--load-state", stateFile]),
  ];
}
