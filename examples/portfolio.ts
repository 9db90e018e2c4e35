// Two weeks of a portfolio of perpetuals on a paper exchange: `node examples/portfolio.ts`. In your own project, import from "mandate".
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MandateError, rehearse } from "../src/entries/mandate.ts";

const home = mkdtempSync(join(tmpdir(), "mandate-example-"));
try {
  const report = await rehearse({
    file: join(import.meta.dirname, "..", "mandates", "balanced-growth", "MANDATE.md"),
    home,
    seed: 7,
    cycles: 14 * 24,
    fund: { USDC: "50000" },
    version: "0.1.0",
    // One line a cycle, as a log would have it.
    log: ({ message, fields }) => {
      if (message === "cycle" && Number(fields.tick) % 24 === 0) process.stdout.write(`${JSON.stringify(fields)}\n`);
    },
  });
  for (const { name, value_usd, return_pct, drawdown_pct, fees_usd, funding_usd } of report.portfolio?.rows ?? [])
    process.stdout.write(
      `${name.padEnd(16)} $${value_usd.toFixed(2)}  ${return_pct.toFixed(2)} %, fell ${drawdown_pct.toFixed(2)} % at most, fees $${fees_usd.toFixed(2)}, funding $${funding_usd.toFixed(2)}\n`,
    );
  for (const { kind, why } of report.decisions.slice(-3)) process.stdout.write(`${kind}: ${why}\n`);
} catch (error) {
  if (!(error instanceof MandateError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n${error.remedy ?? ""}\n`);
  process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
