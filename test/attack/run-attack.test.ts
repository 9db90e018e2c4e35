import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { breachOf } from "./support/breach.ts";
import { keepSeed, seedOf } from "./support/keep-seed.ts";

/** The command behind `npm run --silent attack -- …`. */
async function attackCommand(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "run-attack.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => (out[name] += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...out };
}

test("the attack command says in JSON what it tried, what was allowed and how near to the worst case it came", async () => {
  const { code, stdout, stderr } = await attackCommand("--sequences", "2", "--seed", "5", "--json");
  expect(code, stderr).toBe(0);
  const said = JSON.parse(stdout) as Readonly<Record<string, number>>;
  expect(said).toMatchObject({ sequences: 2, breaches: 0 });
  expect(said.actions_tried).toBeGreaterThan(0);
  expect(said.actions_allowed).toBeLessThanOrEqual(said.actions_tried ?? 0);
  expect(said.max_loss_over_worst_case).toBeGreaterThanOrEqual(0);
  expect(said.max_loss_over_worst_case).toBeLessThanOrEqual(1);
});

test.each([
  ["--sequences", "many"],
  ["--seed", "x"],
])("an attack that was asked for wrongly (%s %s) is refused, and does not say that nothing broke", async (...args) => {
  const { code, stdout, stderr } = await attackCommand(...args, "--json");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(args[0]);
});

test("what breaks is made small, kept once with what it was, and found again by where it was kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-seeds-"));
  const file = join(folder, "seeds.json");
  writeFileSync(file, "[]\n");
  const breaks = fc.property(fc.array(fc.nat(1_000), { maxLength: 20 }), (all) => all.every((one) => one < 100));
  try {
    const found = fc.check(breaks, { seed: 7, numRuns: 100 });
    const breach = breachOf(found, { seed: 7, path: found.counterexamplePath ?? "" });
    if (breach === null) return expect.unreachable("it breaks");
    expect(breach.moves).toBe("[[100]]");
    for (let i = 0; i < 2; i += 1) keepSeed(file, seedOf(breach));
    const kept = JSON.parse(readFileSync(file, "utf8")) as readonly { readonly seed: number; readonly path: string }[];
    expect(kept).toEqual([{ ...breach.origin, what: expect.any(String) }]);
    const again = fc.check(breaks, { seed: kept[0]?.seed ?? 0, path: kept[0]?.path ?? "", endOnFailure: true });
    expect(again.counterexample).toEqual([[100]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
