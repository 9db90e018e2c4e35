import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonOf, runCli } from "./support/run-cli.ts";

const BALANCED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");

test("--help is text on stdout, with every command, examples, and nothing on stderr", async () => {
  const { code, stdout, stderr } = await runCli(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["init", "check", "log", "limits", "verify", "world", "doctor", "Examples:"]) expect(stdout).toContain(word);
});

test("a command's --help names the options of every command too", async () => {
  const { code, stdout } = await runCli(["check", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("--network");
  expect(stdout).toContain("--json");
});

test("--help loads nothing that a command needs", async () => {
  const trace = { NODE_DEBUG: "esm,module", NODE_COMPILE_CACHE: undefined };
  const { stderr } = await runCli(["--help"], { env: trace });
  expect(stderr).toContain("commander");
  for (const heavy of ["viem", "zod", "node_modules/yaml", "better-sqlite3", "pino"]) expect(stderr, heavy).not.toContain(heavy);
});

test("--version is the package's", async () => {
  expect((await runCli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("an unknown command is refused with a guess, as usage", async () => {
  const { code, stderr, stdout } = await runCli(["chek", "--no-json"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe("error: unknown command 'chek'\nDid you mean check? See: mandate --help\n");
});

test("an unknown option is refused with a guess, and as a document where JSON is asked for", async () => {
  const { code, document } = await jsonOf(["check", BALANCED, "--netwrk", "x"]);
  expect(code).toBe(2);
  const remedy = "Did you mean --network? See: mandate check --help";
  expect(document).toEqual({ schema_version: 1, error: { code: "USAGE", message: "unknown option '--netwrk'", remedy } });
});

test("a missing argument, a surplus one and an option's bad value are usage errors", async () => {
  for (const args of [
    ["check"],
    ["check", BALANCED, "more"],
    ["log", BALANCED, "--cycle", "two"],
    ["init", "--template", "none"],
  ]) {
    const { code, document } = await jsonOf(args);
    expect({ args, code }).toEqual({ args, code: 2 });
    expect(document).toMatchObject({ schema_version: 1, error: { code: "USAGE" } });
  }
});

test.each([
  [["keys", "new"], "mandate keys new --help"],
  [["tokens", "frob"], "mandate tokens --help"],
  [["approvals", "show", BALANCED], "mandate approvals show --help"],
])("of %s the help that is named is that command's own", async (args, help) => {
  const { code, document } = await jsonOf(args);
  expect({ code, document }).toMatchObject({ code: 2, document: { error: { code: "USAGE", remedy: `See: ${help}` } } });
});

test("no command at all prints the help on stderr and is a usage error", async () => {
  const { code, stdout, stderr } = await runCli(["--no-json"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("Usage: mandate");
});

test("stdout that is no terminal gets JSON without being asked, and text when asked for that", async () => {
  const plain = await runCli(["check", BALANCED]);
  expect(JSON.parse(plain.stdout)).toMatchObject({ schema_version: 1, id: "weth-usdc-balanced" });
  const text = await runCli(["check", BALANCED, "--no-json"]);
  expect(text.stdout).toMatch(/^weth-usdc-balanced {3}evm/);
  expect([plain.stderr, text.stderr]).toEqual(["", ""]);
});

test("a global option stands before or after the command", async () => {
  const [before, after] = await Promise.all([runCli(["--json", "check", BALANCED]), runCli(["check", BALANCED, "--json"])]);
  expect(before).toEqual(after);
});

test("nothing is coloured without a terminal, whatever NO_COLOR and --no-color say", async () => {
  const runs = [
    runCli(["check", BALANCED, "--no-json"]),
    runCli(["check", "nothing", "--no-json", "--no-color"]),
    runCli(["check", "nothing", "--no-json"], { env: { NO_COLOR: "1" } }),
  ];
  for (const { stdout, stderr } of await Promise.all(runs)) expect(stdout + stderr).not.toContain("\u001b");
});

test("--log-level and --verbose write JSON logs on stderr and leave stdout to the data", async () => {
  for (const flags of [["--log-level", "debug"], ["--verbose"]]) {
    const { code, stdout, stderr } = await runCli(["check", BALANCED, ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: "weth-usdc-balanced" });
    const logged = stderr.trim().split("\n");
    expect(logged.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["started", "ended"]);
  }
});

test("a level above what happened logs nothing", async () => {
  expect((await runCli(["check", BALANCED, "--log-level", "warn"])).stderr).toBe("");
});
