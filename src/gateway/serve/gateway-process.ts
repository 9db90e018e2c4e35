import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { GatewayStartError } from "../gateway-start-error.ts";
import { type FirstWords, readFirstWords } from "./first-words.ts";
import { gatewayEnvironment } from "./gateway-environment.ts";
import type { GatewayConfig } from "./run-gateway.ts";

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly socket: string;
  readonly wallet: string;
  /** Resolves when the process has ended, with the signal that killed it, if one did. */
  readonly ended: Promise<{ readonly signal: NodeJS.Signals | null }>;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  /** Lets it finish what it does and close its journal. */
  stop(): Promise<void>;
}

export interface GatewayProcessOptions {
  /** The program that is the gateway. Default: the one beside this file. */
  readonly entry?: string;
}

/**
 * Starts a gateway process and waits until it serves. When it does not, nothing of it is left.
 *
 * @throws {GatewayStartError} with the code of whatever kept it from starting.
 */
export async function startGatewayProcess(
  config: GatewayConfig,
  { entry = entryFile() }: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [entry], {
    stdio: ["pipe", "pipe", "inherit", "pipe"],
    env: gatewayEnvironment(process.env),
  });
  const ended = endOf(child);
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  tell(child, JSON.stringify(config));
  let words: FirstWords;
  try {
    words = readFirstWords(await firstLine(child));
  } catch (error) {
    await kill();
    throw error;
  }
  if ("error" in words) {
    await kill();
    const { code, message, ...options } = words.error;
    throw new GatewayStartError(code, message, options);
  }
  return {
    socket: words.ready,
    wallet: words.wallet,
    ended,
    kill,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}

/** Beside this file, in the form that this file itself runs in. */
function entryFile(): string {
  const typescript = `${import.meta.dirname}/main.ts`;
  return existsSync(typescript) ? typescript : `${import.meta.dirname}/main.js`;
}

function endOf(child: ChildProcess): Promise<{ readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once("exit", (_code, signal) => resolve({ signal }));
    // Without a pid it was never started, and no exit will be told.
    child.on("error", () => child.pid === undefined && resolve({ signal: null }));
  });
}

/** Hands it its configuration. A process that dies before it has read that says so by its end, not by a broken pipe. */
function tell(child: ChildProcess, text: string): void {
  const pipe = child.stdio[3];
  for (const end of [child.stdin, pipe]) end?.on("error", broken);
  if (pipe && "end" in pipe) pipe.end(text);
}

function broken(): void {
  // Whoever reads from it is gone: `ended` says so.
}

/** Null when it ends without a word. What was said before the end is read, even when the end was told first. */
function firstLine({ stdout }: ChildProcess): Promise<string | null> {
  if (!stdout) return Promise.resolve(null);
  const lines = createInterface({ input: stdout });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
      stdout.resume();
    });
    lines.once("close", () => resolve(null));
  });
}
