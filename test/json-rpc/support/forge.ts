import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, type ToolRan } from "./cast.ts";
import { foundryBinary } from "./foundry-binary.ts";

const SOURCES = join(import.meta.dirname, "forge-project");

export interface ForgeProject extends Disposable {
  /** Runs one command of the real forge in the project. */
  forge(command: string, ...args: readonly string[]): Promise<ToolRan>;
}

/** A copy of `forge-project/` in a folder of its own, compiled. Nothing is fetched: the compiler is npm's solc. */
export async function forgeProject(): Promise<ForgeProject> {
  const folder = mkdtempSync(join(tmpdir(), "mandate-forge-"));
  cpSync(SOURCES, folder, { recursive: true });
  const compiler = join(folder, "solc.cjs");
  writeFileSync(compiler, COMPILER, { mode: 0o755 });
  const forge = (command: string, ...args: readonly string[]) =>
    runTool(foundryBinary("forge"), [command, "--use", compiler, ...args], folder);
  const built = await forge("build");
  if (built.code !== 0) throw new Error(`forge build: ${built.stderr}`);
  return { forge, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** solc as forge calls it: its version, or standard JSON from stdin to stdout. solc's own command knows fewer options. */
const COMPILER = `#!${process.execPath}
const solc = require(${JSON.stringify(createRequire(import.meta.url).resolve("solc"))});
const { readFileSync } = require("node:fs");
const answer = process.argv.includes("--version") ? "Version: " + solc.version() : solc.compile(readFileSync(0, "utf8"));
process.stdout.write(answer);
`;
