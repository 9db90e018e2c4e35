import { execFile } from "node:child_process";
import { foundryBinary } from "./foundry-binary.ts";

export interface ToolRan {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of a real binary to its end. */
export function runTool(binary: string, args: readonly string[], cwd?: string): Promise<ToolRan> {
  const env = { ...process.env, NO_COLOR: "1", FOUNDRY_DISABLE_NIGHTLY_WARNING: "1" };
  return new Promise((resolve) => {
    execFile(binary, [...args], { env, ...(cwd === undefined ? {} : { cwd }) }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

const CAST = foundryBinary("cast");

/** Runs one command of the real cast. */
export function cast(...args: readonly string[]): Promise<ToolRan> {
  return runTool(CAST, args);
}
