import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openKeystoreOf } from "../../src/gateway/keys/open-keystore-of.ts";
import { sealKeystore } from "../../src/gateway/keys/seal-keystore.ts";
import { createOperatorKey } from "../../src/gateway/operator/operator-key.ts";
import { jsonOf, runCli } from "./support/run-cli.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const KEY = "4c".repeat(32);
/** The address of {@link KEY}. */
const ADDRESS = "0xdb00079cad3e665853bf766efe26f4c38cdbdcda";

function sealed(file: string): void {
  writeFileSync(file, sealKeystore({ privateKey: `0x${KEY}`, class: "live", password: "correct horse" }), { mode: 0o600 });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mandate-cli-keys-"));
  writeFileSync(join(folder, "pw"), "correct horse\n");
  writeFileSync(join(folder, "next"), "battery staple\n");
  writeFileSync(join(folder, "key.txt"), `0x${KEY}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("keys are made, imported, listed and rotated without a terminal, and none is ever printed", async () => {
  const dir = ["--keystore-dir", join(folder, "keys")];
  const pw = ["--password-file", join(folder, "pw")];
  const made = await jsonOf(["keys", "new", "play", "--class", "rehearsal", ...pw, ...dir]);
  expect(made).toMatchObject({ code: 0, document: { name: "play", class: "rehearsal" } });
  const imported = await jsonOf(["keys", "import", "main", "--from", join(folder, "key.txt"), ...pw, ...dir]);
  expect(imported).toMatchObject({ code: 0, document: { class: "live", address: ADDRESS } });
  const file = String(imported.document.file);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const rotated = await runCli([
    "keys",
    "rotate",
    "main",
    ...pw,
    "--new-password-file",
    join(folder, "next"),
    ...dir,
    "--no-json",
  ]);
  expect(rotated.code, rotated.stderr).toBe(0);
  expect(rotated.stdout).toContain(ADDRESS);
  expect((await openKeystoreOf("live", file, "battery staple")).address.toLowerCase()).toBe(ADDRESS);

  const listed = await jsonOf(["keys", "list", ...dir]);
  expect(listed.document).toMatchObject({ keys: [{ name: "main", address: ADDRESS }, { name: "play" }] });
  expect(JSON.stringify([made, imported, listed, rotated])).not.toContain(KEY);
});

test("without a terminal nothing is asked: what is missing is said, exit 2; so are a taken name and an empty password", async () => {
  const dir = ["--keystore-dir", join(folder, "keys")];
  const env = { MANDATE_PASSWORD: undefined, MANDATE_NEW_PASSWORD: undefined };
  const passwordless = await runCli(["keys", "new", "main", ...dir], { env });
  expect([passwordless.code, passwordless.stderr]).toEqual([2, expect.stringContaining("MANDATE_PASSWORD")]);
  const keyless = await runCli(["keys", "import", "main", ...dir], { env });
  expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining("--from FILE")]);
  expect((await runCli(["keys", "import", "main", `0x${KEY}`, ...dir], { env })).code).toBe(2);
  expect((await runCli(["keys", "new", "main", ...dir], { env: { MANDATE_PASSWORD: "" } })).code).toBe(2);
  expect((await runCli(["keys", "new", "main", ...dir], { env: { MANDATE_PASSWORD: "x" } })).code).toBe(0);
  const again = await jsonOf(["keys", "new", "main", ...dir], { env: { MANDATE_PASSWORD: "x" } });
  expect(again).toMatchObject({ code: 1, document: { error: { code: "KEY_EXISTS" } } });
});

test("a name that cannot be is told before any password or key is asked for", async () => {
  const dir = ["--keystore-dir", join(folder, "keys")];
  const env = { MANDATE_PASSWORD: undefined };
  for (const [args, wrong] of [
    [["new", "../evil"], "BAD_KEY_NAME"],
    [["import", "a b"], "BAD_KEY_NAME"],
    [["rotate", "none"], "NO_KEY"],
  ] as const) {
    const told = await jsonOf(["keys", ...args, ...dir], { env });
    expect(told).toMatchObject({ code: 1, document: { error: { code: wrong, remedy: expect.any(String) } } });
  }
});

test.each([
  ["making a key", ["keys", "new", "fresh"]],
  ["another password", ["keys", "rotate", "main"]],
  ["the way home without a journal", ["flatten", SHIPPED, "--world", "http://127.0.0.1:1", "--without-journal"]],
] as const)("%s leaves no core: the limit is 0 before the password is read", async (_, args) => {
  const own = (name: string) => join(folder, name);
  await promisify(execFile)("mkfifo", [own("fifo")]);
  sealed(own("main"));
  createOperatorKey(own("operator.key"));
  const flatten = ["--keystore", own("main"), "--operator-key", own("operator.key")];
  const where = args[0] === "keys" ? ["--keystore-dir", folder] : flatten;
  const child = spawn(process.execPath, [MAIN, ...args, ...where, "--password-file", own("fifo")], { stdio: "ignore" });
  const ended = once(child, "exit");
  // Opens once the command has opened its end: it reads the password now.
  const fifo = await open(own("fifo"), "w");
  expect(readFileSync(`/proc/${child.pid}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
  await fifo.close();
  await ended;
});

test("amending before anything is pinned says so", async () => {
  const told = await jsonOf(["amend", SHIPPED, "--home", join(folder, "state")]);
  expect(told).toMatchObject({ code: 1, document: { error: { code: "NO_JOURNAL" } } });
});

test("tokens are shown once, listed without themselves, rotated and revoked", async () => {
  const where = ["--home", join(folder, "state")];
  const made = await jsonOf(["tokens", "new", SHIPPED, "shell", ...where]);
  expect(made).toMatchObject({ code: 0, document: { agent: "shell", token: expect.stringMatching(/^mandate_[\w-]{43}$/) } });
  const rotated = await jsonOf(["tokens", "rotate", SHIPPED, "shell", ...where]);
  expect(rotated.document.token).not.toBe(made.document.token);
  const listed = await jsonOf(["tokens", "list", SHIPPED, ...where]);
  expect(listed.document).toMatchObject({ tokens: [{ agent: "shell" }] });
  const kept = readFileSync(join(folder, "state", "rehearsal", "weth-usdc-balanced", "tokens.json"), "utf8");
  for (const token of [made, rotated]) {
    expect(JSON.stringify(listed)).not.toContain(token.document.token);
    expect(kept).not.toContain(token.document.token);
  }
  expect((await runCli(["tokens", "revoke", SHIPPED, "shell", ...where])).code).toBe(0);
  expect(await jsonOf(["tokens", "revoke", SHIPPED, "shell", ...where])).toMatchObject({
    code: 1,
    document: { error: { code: "UNKNOWN_TOKEN" } },
  });
});
