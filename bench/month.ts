// A month of the portfolio agent by the command line: 720 cycles of an hour on virtual time against the paper exchange, with
// a gateway in a process of its own, its journal, the scripted model over HTTP and the report beside its baselines. Once with
// 50,000 dollars and once with 500. The goal is 60 s each on two cores.
// Run: node scripts/launch.mjs --tool node bench/month.ts [--json]
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { InvariantError } from "../src/core/errors.ts";

const root = join(import.meta.dirname, "..");
const mandate = join(root, "mandates", "balanced-growth", "MANDATE.md");
const report = z.object({
  cycles: z.number(),
  journal_verified: z.boolean(),
  model_calls: z.number(),
  portfolio: z.object({ rows: z.array(z.object({ fills: z.number() })).min(1) }),
});
const run = promisify(execFile);
const rows: { readonly usd: number; readonly seconds: number; readonly model_calls: number; readonly fills: number }[] = [];
for (const usd of [50_000, 500]) {
  const home = mkdtempSync(join(tmpdir(), "mandate-month-"));
  try {
    const began = performance.now();
    const command = ["rehearse", mandate, "--for", "30d", "--fund", `USDC=${usd}`, "--home", home, "--json"];
    const { stdout } = await run(join(root, "mandate"), command, { maxBuffer: 100_000_000 });
    const seconds = (performance.now() - began) / 1_000;
    const told = report.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    if (told.cycles !== 720 || !told.journal_verified) throw new InvariantError("the month was not run whole");
    rows.push({ usd, seconds, model_calls: told.model_calls, fills: told.portfolio.rows[0]?.fills ?? 0 });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify({ schema_version: 1, bench: "month", rows })}\n`);
} else {
  for (const { usd, seconds, model_calls, fills } of rows) {
    process.stdout.write(
      `$${usd}: 720 cycles in ${seconds.toFixed(1)} s (goal: 60), ${model_calls} model calls, ${fills} fills\n`,
    );
  }
  process.stdout.write(`load of the machine at the end: ${(loadavg()[0] ?? 0).toFixed(1)}\n`);
}
