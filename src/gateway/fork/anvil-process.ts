import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { MandateError } from "../../core/errors.ts";
import { anvilBinary } from "./anvil-binary.ts";

/**
 * Starts anvil and kills it as soon as standard input closes, which the kernel does when the parent ends, however it
 * ends. Interrupts from the terminal are left to the parent, who may still need the chain to shut down.
 */
const WATCHER = `trap '' INT HUP; "$@" </dev/null & child=$!; trap 'kill -9 $child; exit 1' TERM; exec >/dev/null 2>&1; read -r _; kill -9 $child; wait $child`;

/** A chain's process on this machine. */
export interface AnvilProcess {
  readonly url: string;
  /** Ends it; resolves when it is gone. */
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
 * Starts anvil on a free port of the loopback interface. The process dies with its parent, even by SIGKILL, and does not
 * keep the parent alive.
 *
 * @throws {AnvilMissingError | AnvilStartError}
 */
export async function startAnvilProcess(flags: readonly string[]): Promise<AnvilProcess> {
  const { path } = anvilBinary();
  const child = spawn("/bin/sh", ["-c", WATCHER, "anvil", path, "--port", "0", ...flags], { stdio: ["pipe", "pipe", "pipe"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await listening(child);
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) unref(handle);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
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
