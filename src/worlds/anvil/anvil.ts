import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { MandateError } from "../../core/errors.ts";
import { anvilBinary } from "./anvil-binary.ts";
import { jsonRpc } from "./json-rpc.ts";

/** 2024-01-01T00:00:00Z in seconds since 1970. */
export const GENESIS_TIME = 1_704_067_200;

/** Base fee of a fresh chain and of every block that a world mines itself, in wei. */
export const BASE_FEE = 100_000_000n;

/**
 * Starts anvil and kills it as soon as standard input closes, which the kernel does when the parent ends, however it
 * ends. Interrupts from the terminal are left to the parent, who may still need the chain to shut down.
 */
const WATCHER = `trap '' INT HUP; "$@" </dev/null & child=$!; trap 'kill -9 $child; exit 1' TERM; exec >/dev/null 2>&1; read -r _; kill -9 $child; wait $child`;

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
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** anvil ended before it listened. */
export class AnvilStartError extends MandateError {
  constructor(output: string) {
    super("ANVIL_START", "anvil did not start", {
      remedy: "Its own words are in the details. Try: npx anvil --version",
      details: { output: output.slice(-2_000) },
    });
  }
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
  const { path } = anvilBinary();
  const child = spawn("/bin/sh", ["-c", WATCHER, "anvil", path, ...flags(chainId, options)], { stdio: ["pipe", "pipe", "pipe"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await listening(child);
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) unref(handle);
  const url = `http://127.0.0.1:${port}`;
  const rpc = jsonRpc(url);
  await rpc.request("anvil_setBlockTimestampInterval", [1]);
  return {
    url,
    chainId,
    rpc: (method, params) => rpc.request(method, params),
    async stop() {
      rpc.close();
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}

function flags(chainId: number, { forkUrl, forkBlock, timestamp, stateFile }: AnvilOptions): string[] {
  // Without one, anvil would take the machine's time, also for a chain that it loads.
  const genesis = timestamp ?? (forkUrl === undefined ? GENESIS_TIME : undefined);
  return [
    ...["--port", "0", "--accounts", "0", "--hardfork", "prague", "--chain-id", String(chainId)],
    ...["--block-base-fee-per-gas", String(BASE_FEE), "--prune-history", String(KEPT_STATES)],
    ...(forkUrl === undefined ? [] : ["--fork-url", forkUrl, "--no-storage-caching", "--no-rate-limit"]),
    ...(forkBlock === undefined ? [] : ["--fork-block-number", String(forkBlock)]),
    ...(genesis === undefined ? [] : ["--timestamp", String(genesis)]),
    ...(stateFile === undefined ? [] : ["--load-state", stateFile]),
  ];
}

function listening(child: ChildProcess & { stdout: Readable; stderr: Readable; stdin: { end(): unknown } }): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const port = /Listening on [^\s:]+:(\d+)\s/.exec(output)?.[1];
      if (port !== undefined) settle(() => resolve(Number(port)));
    };
    let open = 2;
    const failed = () => settle(() => reject(new AnvilStartError(output)));
    const ended = () => {
      open -= 1;
      if (open === 0) failed();
    };
    const settle = (then: () => void) => {
      for (const stream of [child.stdout, child.stderr]) stream.off("data", read).off("end", ended);
      child.off("error", failed);
      then();
    };
    // The watcher outlives an anvil that fails, but keeps none of its output open: the end of it is anvil's end.
    for (const stream of [child.stdout, child.stderr]) stream.on("data", read).on("end", ended);
    child.on("error", failed);
  }).catch((error: unknown) => {
    child.stdin.end();
    throw error;
  });
}

function unref(handle: object): void {
  if ("unref" in handle && typeof handle.unref === "function") handle.unref();
}
