/**
 * A test for a mandate, for people to keep beside it: it passes the check, a day's worst case stays under what it is
 * now, and a limit that is misspelt is refused.
 *
 * @param worstDay - whole USD.
 */
export function mandateTest(worstDay: string): string {
  return `// Run it with: node --test
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

// Where the command is no "mandate" in the PATH: MANDATE=/path/to/mandate node --test
const command = process.env.MANDATE ?? "mandate";
const file = join(import.meta.dirname, "MANDATE.md");

function check(path) {
  const { error, status, stdout, stderr } = spawnSync(command, ["check", path, "--json"], { encoding: "utf8" });
  if (error) throw error;
  return { status, stderr, answer: JSON.parse(stdout) };
}

test("the mandate passes the check", () => {
  const { status, stderr } = check(file);
  assert.equal(status, 0, stderr);
});

test("a fully hostile model can lose at most $${worstDay} a day", () => {
  const worst = Number(check(file).answer.worst_case.per_day.total_usd);
  assert.ok(worst <= ${worstDay}, \`the worst case is $\${worst} a day\`);
});

test("a limit that is misspelt is refused, not ignored", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-test-"));
  try {
    const copy = join(folder, "MANDATE.md");
    writeFileSync(copy, readFileSync(file, "utf8").replace("max_daily_loss_usd", "max_daily_los_usd"));
    const { status, answer } = check(copy);
    assert.equal(status, 2);
    assert.equal(answer.error.code, "MANDATE_FILE");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
`;
}
