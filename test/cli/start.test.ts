import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonOf, runCli } from "./support/run-cli.ts";

interface Report {
  readonly schema_version: number;
  readonly value_before_usd: string;
  readonly value_after_usd: string;
  readonly hold_value_usd: string;
  readonly trades: readonly { readonly hash: string }[];
  readonly refusals: readonly { readonly codes: readonly string[] }[];
  readonly cycles: number;
  readonly model_calls: number;
  readonly model_calls_saved: number;
  readonly model_cost_usd: string;
  readonly crashes_survived: number;
  readonly journal_verified: boolean;
  readonly worst_case: { readonly in_all: { readonly total_usd: string } };
  readonly home: string;
}

async function start(home: string): Promise<{ readonly code: number | null; readonly report: Report }> {
  const { code, document } = await jsonOf(["start"], { env: { MANDATE_HOME: home } });
  return { code, report: document as unknown as Report };
}

test("start does the main job: rebalances, refuses the hostile model, survives a kill -9, and the journal verifies", async () => {
  const home = mkdtempSync(join(tmpdir(), "mandate-start-"));
  try {
    const { code, report } = await start(home);
    expect(code).toBe(0);
    expect(report).toMatchObject({ schema_version: 1, crashes_survived: 1, journal_verified: true, value_before_usd: "1500" });
    expect(report.trades.length).toBeGreaterThanOrEqual(2);
    for (const { hash } of report.trades) expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(report.refusals.map(({ codes }) => codes[0])).toEqual([
      "RECIPIENT_NOT_ALLOWED",
      "SPENDER_NOT_ALLOWED",
      "TRADE_TOO_LARGE",
    ]);
    expect(report.cycles).toBeGreaterThanOrEqual(10);
    expect(report.model_calls).toBeGreaterThan(0);
    expect(report.model_calls_saved).toBeGreaterThan(0);
    expect(Number(report.model_cost_usd)).toBeGreaterThan(0);
    expect(Number(report.value_after_usd)).toBeGreaterThan(Number(report.value_before_usd));
    expect(Number(report.hold_value_usd)).toBeGreaterThan(0);
    expect(Number(report.worst_case.in_all.total_usd)).toBeGreaterThan(0);
    const verified = await runCli(["verify", report.home]);
    expect(verified.code, verified.stdout).toBe(0);
    const log = await runCli(["log", report.home, "--no-json"]);
    expect(log.stdout).toContain("refused");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 60_000);

test("an answer that was captured is judged without being signed, and exits 3 when it is refused", async () => {
  const home = mkdtempSync(join(tmpdir(), "mandate-decide-"));
  try {
    const mandate = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
    const { code, stderr } = await runCli(["decide", mandate, "--answer", join(home, "none.json")]);
    expect(code, stderr).toBe(2);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
