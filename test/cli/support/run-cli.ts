import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs one command line of the real CLI in a process of its own; neither of its ends is a terminal. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(args, options);
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => (out[name] += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...out };
}

/** What a command line printed as its one JSON document. */
export async function jsonOf(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number | null; document: Document }> {
  const { code, stdout } = await runCli([...args, "--json"], options);
  return { code, document: JSON.parse(stdout) as Document };
}

export type Document = Readonly<Record<string, unknown>> & { readonly schema_version: number };

/** A command that runs until it is interrupted. Killed when the scope ends. */
export interface Running extends AsyncDisposable {
  /** The next line of stdout. */
  line(): Promise<string>;
  /** SIGINT, as Ctrl-C sends it; resolves to the exit code. */
  interrupt(): Promise<number | null>;
}

export function startCli(args: readonly string[], options: RunOptions = {}): Running {
  const child = start(args, options);
  child.stderr?.pipe(process.stderr);
  const ended = once(child, "exit") as Promise<[number | null]>;
  if (!child.stdout) throw new TypeError("stdout is a pipe");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new TypeError("the command ended");
      return value;
    },
    async interrupt() {
      child.kill("SIGINT");
      return (await ended)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function start(args: readonly string[], { cwd, env = {} }: RunOptions): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, MANDATE_HOME: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
  });
}
