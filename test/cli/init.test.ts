import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TEMPLATES } from "../../src/cli/init/templates.ts";
import { jsonOf, runCli } from "./support/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "mandate-init-"));
afterAll(() => rmSync(folder, { recursive: true }));

const main = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const command = join(folder, "mandate");
writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
chmodSync(command, 0o755);

test.each(Object.keys(TEMPLATES))("the template %s passes check, and its own test", async (template) => {
  const dir = join(folder, template);
  const { code, document } = await jsonOf(["init", dir, "--template", template]);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    schema_version: 1,
    template,
    files: [join(dir, "MANDATE.md"), join(dir, "mandate.test.mjs")],
  });
  expect((await jsonOf(["check", join(dir, "MANDATE.md")])).code).toBe(0);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, ["--test"], { cwd: dir, encoding: "utf8", env: { ...env, MANDATE: command } });
  expect(ran.stdout).toMatch(/pass 3\n/);
  expect(ran.status).toBe(0);
});

test("the test that init writes fails when a limit is loosened", async () => {
  const dir = join(folder, "loosened");
  await runCli(["init", dir]);
  const file = join(dir, "MANDATE.md");
  writeFileSync(file, readFileSync(file, "utf8").replace("max_daily_spend_usd: 2000", "max_daily_spend_usd: 20000"));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, ["--test"], { cwd: dir, encoding: "utf8", env: { ...env, MANDATE: command } });
  expect(ran.status).toBe(1);
  expect(ran.stdout).toMatch(/fail 1\n/);
});

test("the cautious template loses less at worst than the balanced one", async () => {
  const worst = async (template: string) => {
    const dir = join(folder, `worst-${template}`);
    await runCli(["init", dir, "--template", template]);
    const { document } = await jsonOf(["check", join(dir, "MANDATE.md")]);
    return Number((document as unknown as { worst_case: { in_all: { total_usd: string } } }).worst_case.in_all.total_usd);
  };
  expect(await worst("cautious")).toBeLessThan(await worst("balanced"));
});

test("nothing is overwritten without --force, and neither file is written then", async () => {
  const dir = join(folder, "kept");
  await runCli(["init", dir]);
  rmSync(join(dir, "mandate.test.mjs"));
  writeFileSync(join(dir, "MANDATE.md"), "mine");
  const { code, document } = await jsonOf(["init", dir]);
  expect(code).toBe(2);
  expect(document).toMatchObject({ error: { code: "USAGE", remedy: expect.stringContaining("--force") } });
  expect(readFileSync(join(dir, "MANDATE.md"), "utf8")).toBe("mine");
  expect(() => readFileSync(join(dir, "mandate.test.mjs"))).toThrow("ENOENT");
  expect((await runCli(["init", dir, "--force"])).code).toBe(0);
  expect(readFileSync(join(dir, "MANDATE.md"), "utf8")).toContain("weth-usdc-balanced");
});

test("a folder that cannot be made fails with a remedy", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { code, document } = await jsonOf(["init", join(file, "below")]);
  expect(code).toBe(1);
  expect(document).toMatchObject({ error: { code: "INIT_FAILED" } });
});

test("an unknown template is refused with the ones there are", async () => {
  const { code, stderr } = await runCli(["init", folder, "--template", "bold", "--no-json"]);
  expect(code).toBe(2);
  expect(stderr).toContain("balanced, cautious");
});
