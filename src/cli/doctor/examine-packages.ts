import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { MandateError, messageOf } from "../../core/errors.ts";
import { anvilBinary } from "../../gateway/fork/anvil-binary.ts";
import { type Finding, missing, ok, warn } from "./finding.ts";

const run = promisify(execFile);
const REINSTALL = "npm ci --ignore-scripts";
const CPUS: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Node itself: type stripping and the standard library of 24 are needed. */
export function examineNode(versions: { readonly node: string } = process.versions): Finding {
  const where = `${versions.node} on ${process.platform} ${process.arch}`;
  return Number(versions.node.split(".")[0]) >= 24
    ? ok("node", where)
    : missing("node", `${where}; 24 or newer is needed`, "npm install --global node@24");
}

/** The chain that rehearsals run on: whether its binary is there and runs. */
export async function examineAnvil(): Promise<Finding> {
  try {
    const { path, version } = anvilBinary();
    await run(path, ["--version"]);
    return ok("anvil", version);
  } catch (error) {
    const remedy = error instanceof MandateError && error.remedy !== undefined ? error.remedy : REINSTALL;
    return missing("anvil", messageOf(error), remedy);
  }
}

/** The journal's database: whether its native part loads and works. */
export async function examineSqlite(): Promise<Finding> {
  try {
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(":memory:");
    const version = db.prepare<[], string>("SELECT sqlite_version()").pluck().get();
    db.close();
    return ok("better-sqlite3", `SQLite ${version}`);
  } catch (error) {
    return missing("better-sqlite3", messageOf(error), "npm rebuild better-sqlite3");
  }
}

/** cast is for people and shells: nothing of Mandate itself needs it. */
export async function examineCast(): Promise<Finding> {
  for (const binary of [packagedCast(), "cast"]) {
    if (binary === null) continue;
    const found = await run(binary, ["--version"]).catch(() => null);
    if (found) return ok("cast", /\d+\.\d+\.\d+/.exec(found.stdout)?.[0] ?? "found");
  }
  return warn("cast", "not found; only looking at chains by hand needs it", "npm install --no-save @foundry-rs/cast");
}

function packagedCast(): string | null {
  const require = createRequire(import.meta.url);
  try {
    const launcher = createRequire(require.resolve("@foundry-rs/cast/package.json"));
    const name = `@foundry-rs/cast-${process.platform}-${CPUS[process.arch] ?? process.arch}`;
    return join(dirname(launcher.resolve(`${name}/package.json`)), "bin", "cast");
  } catch {
    return null;
  }
}
