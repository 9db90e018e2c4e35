import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface CastRan {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CPUS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** The cast binary that npm installed. Its own launcher needs an install script. */
const BINARY = (() => {
  const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/cast/package.json"));
  const name = `@foundry-rs/cast-${process.platform}-${CPUS[process.arch] ?? process.arch}`;
  return join(dirname(launcher.resolve(`${name}/package.json`)), "bin", "cast");
})();

/** Runs one command of the real cast. */
export function cast(...args: readonly string[]): Promise<CastRan> {
  return new Promise((resolve) => {
    execFile(
      BINARY,
      [...args],
      { env: { ...process.env, NO_COLOR: "1", FOUNDRY_DISABLE_NIGHTLY_WARNING: "1" } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}
