import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { KeptOutput } from "./kept-output.ts";
import type { SandboxLimits } from "./sandbox-limits.ts";
import { folderUsage, processUsage } from "./usage.ts";

/** How a command ended: by itself, or by the limit that ended it. */
export type EndedBy = "itself" | "time" | "output" | "memory" | "workspace" | "aborted";

export interface CommandRan {
  /** Null where it was ended. 128 and more: by a signal. */
  readonly exit: number | null;
  readonly ended: EndedBy;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that it said on both. */
  readonly bytes: number;
}

export interface RunCommandParameters {
  readonly program: string;
  readonly args: readonly string[];
  /** Path of the filter of system calls, which the program gets as file descriptor 3. */
  readonly filter: string;
  readonly workspace: string;
  readonly limits: SandboxLimits;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

const LOOK_EVERY = 100;

/** Runs a sandbox and ends it past its limits, with everything in it. */
export async function runCommand(parameters: RunCommandParameters): Promise<CommandRan> {
  const { limits, workspace, signal, stdin = "" } = parameters;
  const child = start(parameters, "pipe");
  const [stdout, stderr] = [new KeptOutput(limits.kept), new KeptOutput(limits.kept)];
  let ended: EndedBy = "itself";
  const end = (by: EndedBy) => {
    if (ended === "itself") ended = by;
    killGroup(child);
  };
  const aborted = () => end("aborted");
  for (const [stream, kept] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream?.on("data", (chunk: Buffer) => {
      kept.add(chunk);
      if (stdout.bytes + stderr.bytes > limits.output) end("output");
    });
  }
  // A command need not read what it is given.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(stdin);
  const wall = setTimeout(() => end("time"), limits.wall);
  const stopWatching = watch(child.pid, { limits, workspace }, end);
  signal?.addEventListener("abort", aborted);
  if (signal?.aborted) aborted();
  try {
    const exit = await closed(child);
    return {
      exit: ended === "itself" ? exit : null,
      ended,
      stdout: stdout.text(),
      stderr: stderr.text(),
      bytes: stdout.bytes + stderr.bytes,
    };
  } finally {
    clearTimeout(wall);
    signal?.removeEventListener("abort", aborted);
    await stopWatching();
  }
}

/** Runs a sandbox with this process' own terminal, for as long as it takes; its exit code. */
export async function runOnTerminal(parameters: Omit<RunCommandParameters, "stdin">): Promise<number> {
  const { limits, workspace, signal } = parameters;
  const child = start(parameters, "inherit");
  const end = () => child.kill("SIGKILL");
  const stopWatching = watch(child.pid, { limits, workspace }, end);
  signal?.addEventListener("abort", end);
  try {
    return (await closed(child)) ?? 137;
  } finally {
    signal?.removeEventListener("abort", end);
    await stopWatching();
  }
}

/**
 * Closes what this process was itself given as open files, and becomes the sandbox: a password's file or a socket would go on
 * into it otherwise. Node closes low ones alone. Nothing of its user's own settings is read.
 */
const SHUT = 'for fd in $(ls /proc/$$/fd); do ((fd > 3)) && exec {fd}>&-; done; exec "$@"';

function start({ program, args, filter }: RunCommandParameters, stdio: "pipe" | "inherit"): ChildProcess {
  const fd = openSync(filter, "r");
  try {
    // A group of its own: one that is ended before it has tied itself to its parent is ended all the same.
    const detached = stdio === "pipe";
    const shut = ["--norc", "--noprofile", "-c", SHUT, "start", program, ...args];
    return spawn("/usr/bin/bash", shut, { stdio: [stdio, stdio, stdio, fd], env: { PATH: "/usr/bin" }, detached });
  } finally {
    closeSync(fd);
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
}

type Watched = Pick<RunCommandParameters, "limits" | "workspace">;

/** Looks at memory and disk in turns, never twice at once. */
function watch(pid: number | undefined, { limits, workspace }: Watched, end: (by: EndedBy) => void): () => Promise<void> {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let failure: unknown = null;
  const look = async () => {
    const { memory, nameless } = processUsage(pid ?? 0);
    if (memory > limits.memory) end("memory");
    const most = { bytes: limits.workspace, files: limits.files };
    const { bytes, files } = await folderUsage(workspace, most);
    if (bytes + nameless > most.bytes || files > most.files) end("workspace");
    if (!over) timer = setTimeout(again, LOOK_EVERY);
  };
  const again = () => {
    // What cannot be looked at cannot be held to its limits.
    looking = look().catch((error: unknown) => {
      failure = error;
      end("workspace");
    });
  };
  timer = setTimeout(again, LOOK_EVERY);
  return async () => {
    over = true;
    clearTimeout(timer);
    await looking;
    if (failure !== null) throw failure;
  };
}
