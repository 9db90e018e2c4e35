import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { MandateError } from "../src/core/errors.ts";

const ROOT = join(import.meta.dirname, "..");
export const SOURCES = join(ROOT, "contracts", "src");
export const ARTIFACTS = join(ROOT, "contracts", "artifacts");
const require = createRequire(import.meta.url);

/** solc's JavaScript binding: standard JSON in, standard JSON out. */
interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<Record<string, { abi: readonly unknown[]; evm: Record<"bytecode" | "deployedBytecode", { object: string }> }>>
    >
  >;
}

export class CompileError extends MandateError {
  constructor(messages: readonly string[]) {
    super("CONTRACTS_DO_NOT_COMPILE", messages.join("\n"), { remedy: "Mend the Solidity in contracts/src." });
  }
}

/**
 * Compiles every contract in contracts/src.
 *
 * @returns the text of each artifact ({ contract, abi, bytecode, deployedBytecode }) by file name. The same sources
 *   give the same text on every machine.
 * @throws {CompileError} on errors and on warnings.
 */
export function compileContracts(): ReadonlyMap<string, string> {
  const solc = require("solc") as Solc;
  const files = readdirSync(SOURCES).filter((file) => file.endsWith(".sol"));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(SOURCES, file), "utf8") }])),
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as CompilerOutput;
  const problems = (output.errors ?? []).filter(({ severity }) => severity !== "info");
  if (problems.length > 0) throw new CompileError(problems.map(({ formattedMessage }) => formattedMessage));
  const artifacts = new Map<string, string>();
  for (const file of files) {
    const contract = basename(file, ".sol");
    const compiled = output.contracts[file]?.[contract];
    if (compiled === undefined) throw new CompileError([`${file} has no contract ${contract}`]);
    const { abi, evm } = compiled;
    const artifact = {
      contract,
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
    };
    artifacts.set(`${contract}.json`, `${JSON.stringify(artifact, null, 2)}\n`);
  }
  return artifacts;
}

function readImport(path: string): { contents: string } | { error: string } {
  if (!path.startsWith("@openzeppelin/contracts/")) return { error: `nothing is imported from ${path}` };
  return { contents: readFileSync(join(ROOT, "node_modules", path), "utf8") };
}

if (import.meta.main) {
  for (const [file, text] of compileContracts()) writeFileSync(join(ARTIFACTS, file), text);
}
