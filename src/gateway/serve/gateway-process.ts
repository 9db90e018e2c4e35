import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import type { MandateError } from "../../core/errors.ts";
import { GatewayStartError } from "../open-wallet.ts";
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

/**
 * Starts a gateway process and waits until it serves.
 *
 * @throws {GatewayStartError} with the code of whatever kept it from starting.
 */
export async function startGatewayProcess(config: GatewayConfig): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [entryFile()], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
  const ended = once(child, "exit").then(([, signal]) => ({ signal: signal as NodeJS.Signals | null }));
  (child.stdio[3] as Writable).end(JSON.stringify(config));
  const first = await Promise.race([firstLine(child), ended.then(() => null)]);
  if (first === null)
    throw new GatewayStartError("GATEWAY_DIED", "the gateway process ended before it served", {
      remedy: "See its messages above.",
    });
  const { ready, wallet, error } = JSON.parse(first) as {
    ready?: string;
    wallet?: string;
    error?: ReturnType<MandateError["toJSON"]>;
  };
  if (ready === undefined || wallet === undefined) {
    await ended;
    throw new GatewayStartError(error?.code ?? "GATEWAY_DIED", error?.message ?? "the gateway did not start", {
      ...(error?.remedy === undefined ? {} : { remedy: error.remedy }),
      ...(error?.details === undefined ? {} : { details: error.details }),
    });
  }
  return {
    socket: ready,
    wallet,
    ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
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

async function firstLine(child: ChildProcess): Promise<string | null> {
  if (!child.stdout) return null;
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), once(lines, "close").then(() => [null])])) as [string | null];
  lines.close();
  child.stdout.resume();
  return line;
}
