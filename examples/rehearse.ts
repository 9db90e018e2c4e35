// Rehearses a mandate from a program: `node examples/rehearse.ts`. In your own project, import from "mandate".
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainMandate, isoTime, MandateError, readMandate, rehearse } from "../src/entries/mandate.ts";
import { REHEARSAL_WALLET } from "../src/entries/testing.ts";

const file = join(import.meta.dirname, "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
const home = mkdtempSync(join(tmpdir(), "mandate-example-"));
try {
  process.stdout.write(`${explainMandate(readMandate(file, { worldWallet: REHEARSAL_WALLET }))}\n\n`);
  const report = await rehearse({
    file,
    home,
    seed: 1,
    cycles: 5,
    version: "0.1.0",
    // Three minutes in, WETH gains half; the third time that it is asked, the model is hostile.
    scenario: [{ at: 180_000, asset: "WETH", change: "+0.5" }],
    script: { hostile: { 3: "all" } },
    on: (event) => {
      if (event.kind === "done") process.stdout.write(`cycle ${event.cycle}: ${event.outcome.kind}\n`);
      if (event.kind === "refused") process.stdout.write(`cycle ${event.cycle}: refused\n`);
    },
  });
  for (const { at, codes, reasons } of report.refusals)
    process.stdout.write(`${isoTime(at)} ${codes.join(", ")}: ${reasons.join("; ")}\n`);
  process.stdout.write(
    `$${report.value_before_usd.toFixed(2)} became $${report.value_after_usd.toFixed(2)}; held still: $${report.hold_value_usd.toFixed(2)}\n`,
  );
  process.stdout.write(`journal ${report.journal_verified ? "verified" : "BROKEN"}, head ${report.journal_head}\n`);
} catch (error) {
  if (!(error instanceof MandateError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n${error.remedy ?? ""}\n`);
  process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
