// A day of the portfolio agent: 1,440 cycles of a minute on virtual time against the paper exchange, with a gateway in a
// process of its own, its journal and every limit on, and a model that is asked over real HTTP. It is the same rehearsal as
// `mandate rehearse mandates/balanced-growth/MANDATE.md --for 1d --every 60s`. The goal is 60 s on two cores; the stages say
// where the time goes. Run: node scripts/launch.mjs --tool node bench/day.ts [--json]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { telemetrySpans } from "../src/agent/spans.ts";
import { MINUTE } from "../src/core/clock.ts";
import { InvariantError } from "../src/core/errors.ts";
import { rehearse } from "../src/worlds/rehearsal/rehearse.ts";

const CYCLES = 1_440;
const home = mkdtempSync(join(tmpdir(), "mandate-day-"));
const stages = new Map<string, number>();
const spans = telemetrySpans({
  stopwatch: () => performance.now(),
  ended: (stage, milliseconds) => void stages.set(stage, (stages.get(stage) ?? 0) + milliseconds),
});
try {
  const began = performance.now();
  const report = await rehearse({
    file: join(import.meta.dirname, "..", "mandates", "balanced-growth", "MANDATE.md"),
    home,
    seed: "day",
    cycles: CYCLES,
    every: MINUTE,
    version: "bench",
    spans,
  });
  const seconds = (performance.now() - began) / 1_000;
  if (report.cycles !== CYCLES || !report.journal_verified) throw new InvariantError("the day was not run whole");
  const parts = Object.fromEntries(
    [...stages].map(([stage, milliseconds]) => [stage, Number((milliseconds / 1_000).toFixed(2))]),
  );
  const result = {
    cycles: CYCLES,
    seconds,
    model_calls: report.model_calls,
    fills: report.portfolio?.rows[0]?.fills ?? 0,
    parts,
  };
  if (process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ schema_version: 1, bench: "day", ...result })}\n`);
  else {
    const where = Object.entries(parts).map(([stage, spent]) => `${stage} ${spent} s`);
    process.stdout.write(
      `${CYCLES} cycles in ${seconds.toFixed(1)} s (goal: 60), ${result.model_calls} model calls, ${result.fills} fills\n`,
    );
    process.stdout.write(`${where.join(" · ")} · the rest is the market, the start and the baselines\n`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
