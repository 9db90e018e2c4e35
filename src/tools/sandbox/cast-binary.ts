import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SandboxError } from "./sandbox-error.ts";

const CPUS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Path of the cast that npm installed: a program of its own, which needs no Node. @throws {SandboxError} */
export function castBinary(): string {
  try {
    const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/cast/package.json"));
    const name = `@foundry-rs/cast-${process.platform}-${CPUS[process.arch] ?? process.arch}`;
    return join(dirname(launcher.resolve(`${name}/package.json`)), "bin", "cast");
  } catch (cause) {
    throw new SandboxError("SANDBOX_MISSING", "cast is not installed", { remedy: "npm install @foundry-rs/cast", cause });
  }
}
