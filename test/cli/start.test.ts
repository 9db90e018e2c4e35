import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
});

test("the README shows what start prints", async () => {
  const home = mkdtempSync(join(tmpdir(), "mandate-start-"));
  try {
    const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
    const shown =
      /```text\n([\s\S]*?)```/
        .exec(readme)?.[1]
        ?.split("\n")
        .filter((line) => line !== "") ?? [];
    expect(shown.length).toBeGreaterThan(20);
    const { code, stdout, stderr } = await runCli(["start", "--no-json"], { env: { MANDATE_HOME: home } });
    expect(code).toBe(0);
    const printed = new Set(`${stdout}\n${stderr}`.split("\n"));
    expect(shown.filter((line) => !printed.has(line))).toEqual([]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

const MANDATE = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
const intent = (intents: readonly object[]) => ({ decision: "intents", why: "because", targets: null, intents });

test.each([
  ["a hold passes", JSON.stringify({ decision: "hold", why: "all is well", targets: null, intents: null }), 0, "passes", []],
  [
    "a swap within the limits would be done",
    `Here you are:\n${JSON.stringify(intent([{ kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: "0.1" }]))}`,
    0,
    "passes",
    [],
  ],
  [
    "a payment to a stranger is refused",
    JSON.stringify(
      intent([{ kind: "transfer", asset: "base/USDC", to: "0x00000000000000000000000000000000000bad00", amount: "5" }]),
    ),
    3,
    "refused",
    ["RECIPIENT_NOT_ALLOWED", "SLIPPAGE"],
  ],
  [
    "wrapping is refused where the native coin is not allowed",
    JSON.stringify(intent([{ kind: "wrap", chain: "base", amount: "0.1" }])),
    3,
    "refused",
    ["TOKEN_NOT_ALLOWED"],
  ],
  ["prose is no decision", "I would rather not say.", 1, "unreadable", []],
] as const)("decide: %s", async (_, answer, exit, result, codes) => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-decide-"));
  try {
    const file = join(folder, "answer.txt");
    writeFileSync(file, answer);
    const { code, document } = await jsonOf(["decide", MANDATE, "--answer", file]);
    const { events, ...rest } = document as unknown as {
      result: string;
      events: readonly { kind: string; verdict?: { violations: readonly { code: string }[] } }[];
    };
    expect({ code, result: rest.result }).toEqual({ code: exit, result });
    expect(events.flatMap(({ verdict }) => verdict?.violations ?? []).map((violation) => violation.code)).toEqual(codes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("decide says which file it could not read", async () => {
  const { code, stderr } = await runCli(["decide", MANDATE, "--answer", join(tmpdir(), "mandate-no-such-answer")]);
  expect(code).toBe(2);
  expect(stderr).toContain("mandate-no-such-answer");
});
