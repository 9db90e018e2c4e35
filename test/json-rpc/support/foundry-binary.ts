import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const CPUS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** One of Foundry's binaries as npm installed it. Its own launcher needs an install script. */
export function foundryBinary(tool: "cast" | "forge"): string {
  const launcher = createRequire(createRequire(import.meta.url).resolve(`@foundry-rs/${tool}/package.json`));
  const name = `@foundry-rs/${tool}-${process.platform}-${CPUS[process.arch] ?? process.arch}`;
  return join(dirname(launcher.resolve(`${name}/package.json`)), "bin", tool);
}
