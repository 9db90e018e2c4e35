import { spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findPrograms } from "../../src/tools/sandbox/find-programs.ts";
import { seccompFilter } from "../../src/tools/sandbox/seccomp.ts";
import { openLoneSandbox } from "./support/sandbox-house.ts";

const FIXTURE = join(import.meta.dirname, "support", "run-in-sandbox.fixture.ts");

/** Another process with a sandbox of its own, which runs a script. */
function startParent(workspace: string, script: string, user?: number) {
  const as = user === undefined ? [] : ["setpriv", "--reuid", String(user), "--regid", String(user), "--clear-groups", "--"];
  const [program = "", ...args] = [...as, process.execPath, FIXTURE, workspace, script];
  return spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: dirname(workspace) } });
}

test("a sandbox ends with its parent, however that ends", async () => {
  const around = mkdtempSync(join(tmpdir(), "mandate-parent-"));
  const workspace = join(around, "workspace");
  try {
    const parent = startParent(workspace, "while :; do date +%s%N > beat.new; mv beat.new beat; done");
    const beat = () => readFileSync(join(workspace, "beat"), "utf8");
    await expect.poll(() => existsSync(join(workspace, "beat")), { timeout: 30_000 }).toBe(true);
    const ended = new Promise((done) => parent.once("close", done));
    parent.kill("SIGKILL");
    await ended;
    await using other = await openLoneSandbox();
    // A command takes far longer than a beat does: one that changes nothing in between is over.
    await expect
      .poll(
        async () => {
          const before = beat();
          await other.sh("true");
          return beat() === before;
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
});

test.runIf(process.getuid?.() === 0)("whoever is not root gets the same sandbox", async () => {
  const around = mkdtempSync(join(tmpdir(), "mandate-user-"));
  const workspace = join(around, "workspace");
  chownSync(around, 12_345, 12_345);
  try {
    const parent = startParent(
      workspace,
      "id -u; grep CapEff /proc/self/status; ls /; unshare -U id; touch written && ls",
      12_345,
    );
    let said = "";
    for (const stream of [parent.stdout, parent.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    await new Promise((done) => parent.once("close", done));
    expect(said).toMatch(/^60606\nCapEff:\t0+\nbin\ndev\netc\nlib\n/);
    expect(said).toContain("Operation not permitted");
    expect(said).toContain("written\n");
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
});

test("what its parent was given as open files, a keystore's password among them, is open to no command", async () => {
  const around = mkdtempSync(join(tmpdir(), "mandate-given-"));
  const secret = join(around, "password");
  writeFileSync(secret, "open-sesame-77af");
  const given = openSync(secret, "r");
  try {
    const look =
      "ls /proc/[0-9]*/fd; for n in 0 4 5 40 41; do head -c 20 /proc/self/fd/$n; head -c 20 <&$n; done; timeout 1 cat /proc/[0-9]*/fd/40";
    const args = [FIXTURE, join(around, "workspace"), `${look}; echo looked`];
    const parent = spawn(process.execPath, args, {
      // Node closes low ones by itself.
      stdio: [
        "ignore",
        "pipe",
        "pipe",
        ...Array<"ignore">(2).fill("ignore"),
        given,
        ...Array<"ignore">(34).fill("ignore"),
        given,
      ],
      env: { ...process.env, TMPDIR: around },
    });
    let said = "";
    for (const stream of [parent.stdout, parent.stderr]) stream?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    await new Promise((done) => parent.once("close", done));
    expect(said).toContain("looked");
    expect(said).not.toContain("open-sesame");
    // The shells have three each, the door's few have single figures.
    expect([...said.matchAll(/^(\d+)$/gm)].map(([, fd]) => Number(fd)).filter((fd) => fd > 9)).toEqual([]);
  } finally {
    closeSync(given);
    rmSync(around, { recursive: true, force: true });
  }
});

test("without bubblewrap nothing runs, and the line that installs it is said", () => {
  const empty = mkdtempSync(join(tmpdir(), "mandate-none-"));
  try {
    expect(() => findPrograms("linux", empty)).toThrow(
      expect.objectContaining({
        code: "SANDBOX_MISSING",
        remedy: expect.stringContaining("apt-get install -y bubblewrap socat jq sqlite3 curl"),
      }),
    );
    expect(() => findPrograms("darwin")).toThrow(expect.objectContaining({ code: "SANDBOX_UNSUPPORTED" }));
    expect(() => seccompFilter("mips")).toThrow(expect.objectContaining({ code: "SANDBOX_UNSUPPORTED" }));
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
});

test("shell: off in the mandate is heeded, and a file is no workspace", async () => {
  await expect(openLoneSandbox({ brief: { shell: "off" } })).rejects.toMatchObject({ code: "SHELL_OFF" });
  const around = mkdtempSync(join(tmpdir(), "mandate-file-"));
  const file = join(around, "file");
  writeFileSync(file, "");
  try {
    await expect(openLoneSandbox({ workspace: file })).rejects.toMatchObject({ code: "WORKSPACE_UNUSABLE" });
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
});
