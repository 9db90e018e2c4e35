import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf, runCli } from "../cli/support/run-cli.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "vault-lp", "MANDATE.md");
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mandate-cli-"));
  file = join(folder, "MANDATE.md");
  const shipped = readFileSync(SHIPPED, "utf8");
  writeFileSync(
    file,
    shipped
      .replace("rpc: world", "rpc: https://rpc.example.org/v2/s3cret-in-a-url")
      .replace("network: rehearsal", "network: live")
      .replace("id: 31337", "id: 31340\n        confirmations: 1\n        block_seconds: 1")
      .replace("  rehearsal:\n", '  live:\n    wallet: "0x00000000000000000000000000000000000bbbbb"\n')
      .replace("max_position_size_usd: 3000", "max_position_size_usd: 3000\n  two_rpcs_above_usd: 200000"),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("mandate workspace writes a folder that an agent can work from, with no secret in it", async () => {
  const dir = join(folder, "agent");
  const { code, document } = await jsonOf(["workspace", file, dir]);
  expect(code, JSON.stringify(document)).toBe(0);
  expect(document).toMatchObject({
    folder: dir,
    skills: expect.arrayContaining([expect.objectContaining({ name: "vault", origin: "shipped" })]),
  });
  const agents = readFileSync(join(dir, "AGENTS.md"), "utf8");
  for (const text of [
    "Keep one position in WETH-USDC",
    "`max_single_trade_usd`: 600",
    "0x27d3c639b54adaad4a2eb78e1ae904231107b18b",
    "cast send --unlocked",
    "TRADE_TOO_LARGE",
  ]) {
    expect(agents).toContain(text);
  }
  expect(readFileSync(join(dir, "CLAUDE.md"), "utf8")).toBe(agents);
  expect(existsSync(join(dir, ".pi/skills/swap/SKILL.md")) && existsSync(join(dir, ".claude/skills/swap/scripts/swap.sh"))).toBe(
    true,
  );
  for (const name of ["AGENTS.md", "config.json", "journal.sqlite", "notes.sqlite"]) {
    expect(readFileSync(join(dir, name), "latin1"), name).not.toContain("s3cret");
  }
  expect((await jsonOf(["workspace", file, dir])).code).toBe(0);
});

test("a command runs inside, its exit is the command's, and nothing runs where it is not asked for", async () => {
  const dir = join(folder, "inside");
  const ran = await runCli(["workspace", file, dir, "--run", "--", "bash", "-c", "id -un; ls /home /root; exit 7"]);
  expect(ran.code, ran.stderr).toBe(7);
  expect(ran.stdout).toContain("agent\n");
  expect((await jsonOf(["workspace", file, dir, "--run", "--no-shell", "--", "true"])).document).toMatchObject({
    error: { code: "SHELL_OFF" },
  });
  expect((await jsonOf(["workspace", file, dir, "true"])).document).toMatchObject({ error: { code: "USAGE" } });
  expect((await jsonOf(["workspace", file, folder])).document).toMatchObject({ error: { code: "WORKSPACE_UNUSABLE" } });
});
