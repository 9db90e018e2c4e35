import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A process of its own running a module of ours, killed with SIGKILL when the scope ends. */
export interface Child extends AsyncDisposable {
  /** What it writes to stdout, line by line. */
  readonly lines: AsyncIterableIterator<string>;
  /** SIGKILL, and the end of the process awaited. */
  kill(): Promise<void>;
}

/** Runs JavaScript module text; relative imports start at `base` (an import.meta.url). */
export function runModule(code: string, base: string): Child {
  const absolute = code.replaceAll(/from "(\.[^"]+)"/g, (_, path: string) => `from ${JSON.stringify(new URL(path, base).href)}`);
  const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", absolute], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const kill = () => killed(child, ended);
  return {
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function killed(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}
