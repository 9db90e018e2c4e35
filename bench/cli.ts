// How long the CLI takes to answer --help, against a bare Node: `node bench/cli.ts [--json]`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { measure, medians, ratios, report } from "./measure.ts";

const ROUNDS = 3;
const COUNT = 20;
const main = join(import.meta.dirname, "..", "src", "cli", "main.ts");
const run = (args: readonly string[]) => () => spawnSync(process.execPath, args, { stdio: "ignore" });

run([main, "--help"])(); // fills the compile cache
const rounds = [];
for (let round = 0; round < ROUNDS; round++) {
  rounds.push([
    await measure("node -e 0", { count: COUNT }, run(["-e", "0"])),
    await measure("mandate --help", { count: COUNT }, run([main, "--help"])),
    await measure("mandate check --help", { count: COUNT }, run([main, "check", "--help"])),
  ]);
}
report("cli", ratios(medians(rounds), "node -e 0"));
