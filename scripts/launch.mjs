// Runs the CLI or a development tool under Node 24, setting up what is missing, once.
// Plain JavaScript that any Node from 20 on can run. Everything it says goes to stderr: stdout carries data.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** `npm ci` in a folder, once for each lock file. Two launches at a time: the second waits for the first. */
function install(folder, what) {
  const stamp = join(folder, "node_modules", ".mandate-stamp");
  const lock = readFileSync(join(folder, "package-lock.json"));
  const want = createHash("sha256").update(lock).update(process.platform).update(process.arch).digest("hex");
  const ready = () => existsSync(stamp) && readFileSync(stamp, "utf8") === want;
  if (ready()) return;
  const turn = join(folder, ".mandate-installing");
  while (!takeTurn(turn)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  try {
    if (ready()) return;
    process.stderr.write(`setting up ${what} (once) ...\n`);
    const npm = process.env.npm_execpath?.endsWith(".js") ? [process.execPath, [process.env.npm_execpath]] : ["npm", []];
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const done = spawnSync(npm[0], [...npm[1], "ci", ...flags], { cwd: folder, stdio: ["ignore", 2, 2] });
    if (done.status !== 0) {
      process.stderr.write(`set-up of ${what} failed. Look above for the reason, then run: npm ci --prefix ${folder}\n`);
      process.exitCode = 1;
      throw new SetUpFailed();
    }
    writeFileSync(stamp, want);
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

class SetUpFailed extends Error {}

/** True when this process may install. A turn older than ten minutes belongs to a process that died. */
function takeTurn(turn) {
  try {
    mkdirSync(turn);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    try {
      if (Date.now() - statSync(turn).mtimeMs > 600_000) rmSync(turn, { recursive: true, force: true });
    } catch (gone) {
      if (gone.code !== "ENOENT") throw gone;
    }
    return false;
  }
}

/** The Node 24 binary: the running one when it is new enough, else the pinned one from npm. */
function node24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const folder = join(root, "scripts", "node24");
  install(folder, "Node 24");
  const binary = join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(binary)) return binary;
  process.stderr.write(
    `Mandate needs Node 24 and npm has none for ${process.platform} ${process.arch}; this is ${process.version}. Install it: https://nodejs.org\n`,
  );
  process.exitCode = 1;
  throw new SetUpFailed();
}

const TOOLS = {
  test: ["node_modules/vitest/vitest.mjs", "run"],
  vitest: ["node_modules/vitest/vitest.mjs"],
  tsc: ["node_modules/typescript/bin/tsc"],
  biome: ["node_modules/@biomejs/biome/bin/biome"],
  node: [],
};

function main() {
  install(root, "dependencies");
  const node = node24();
  const args = process.argv.slice(2);
  if (args[0] === "--setup-only") return;
  const tool = args[0] === "--tool" ? TOOLS[args[1]] : ["src/cli/main.ts"];
  const [file, ...first] = tool;
  const rest = args[0] === "--tool" ? args.slice(2) : args;
  const command = [...(file ? [join(root, file)] : []), ...first, ...rest];
  const env = {
    ...process.env,
    PATH: dirname(node) + delimiter + process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "node"),
  };
  const child = spawn(node, command, { stdio: "inherit", env });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

try {
  main();
} catch (error) {
  if (!(error instanceof SetUpFailed)) throw error;
}
