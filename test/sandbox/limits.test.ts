import { expect, test } from "vitest";
import { openLoneSandbox } from "./support/sandbox-house.ts";

test("a command's output, errors and exit come back, and its files stay for the next", async () => {
  await using lone = await openLoneSandbox();
  const first = await lone.sh("echo hello > note; echo out; echo err >&2; exit 3");
  expect(first).toEqual({ exit: 3, ended: "itself", stdout: "out\n", stderr: "err\n", bytes: 8 });
  expect(await lone.sh("cat note -", { stdin: "given" })).toMatchObject({ exit: 0, stdout: "hello\ngiven" });
});

test("a fork bomb comes to no more processes than are allowed, and ends with its command", async () => {
  await using lone = await openLoneSandbox({ limits: { processes: 24 } });
  const bomb = await lone.sh("bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 20", { wall: 2_000 });
  expect(bomb).toMatchObject({ exit: null, ended: "time" });
  // A shell that may not fork waits, and tries again.
  const many = await lone.sh("for i in $(seq 100); do sleep 9 & echo $i; done", { wall: 2_000 });
  expect(many).toMatchObject({ exit: null, ended: "time" });
  expect(many.stdout.split("\n").length).toBeLessThan(24);
  expect(await lone.sh("echo alive")).toMatchObject({ exit: 0, stdout: "alive\n" });
});

test("endless output ends the command, and its beginning and end are kept", async () => {
  await using lone = await openLoneSandbox({ limits: { output: 200_000, kept: 1_000 } });
  const ran = await lone.sh("echo first; yes");
  expect(ran).toMatchObject({ exit: null, ended: "output" });
  expect(ran.stdout).toMatch(/^first\ny\n/);
  expect(ran.stdout).toContain("bytes left out");
  expect(ran.stdout.length).toBeLessThan(1_200);
});

test("a file ends at its limit, and a workspace that is filled loses what the command had written", async () => {
  const MIB = 1024 * 1024;
  await using lone = await openLoneSandbox({ limits: { fileSize: 2 * MIB, workspace: 8 * MIB } });
  await lone.sh("echo kept > before");
  expect((await lone.sh("dd if=/dev/zero of=big bs=1M count=9 2>/dev/null; stat -c %s big")).stdout).toBe(`${2 * MIB}\n`);
  const filled = await lone.sh("mkdir -p deep/er; for i in $(seq 99); do head -c 1000000 /dev/zero > deep/er/$i; done; sleep 9");
  expect(filled).toMatchObject({ exit: null, ended: "workspace" });
  expect((await lone.sh("ls; cat before")).stdout).toBe("before\nbig\nkept\n");
});

test("a heap of empty files counts as a filled workspace too", async () => {
  await using lone = await openLoneSandbox({ limits: { files: 500 } });
  expect(await lone.sh("mkdir heap; cd heap; touch $(seq 2000)")).toMatchObject({ exit: null, ended: "workspace" });
  expect((await lone.sh("ls | wc -l")).stdout.trim()).toBe("0");
});

test("files without a name, closed folders and deep ones hide nothing from the limit", async () => {
  const MIB = 1024 * 1024;
  await using lone = await openLoneSandbox({ limits: { workspace: 8 * MIB } });
  const nameless = await lone.sh("exec 5>f; rm f; head -c 20000000 /dev/zero >&5; sleep 20");
  expect(nameless).toMatchObject({ exit: null, ended: "workspace" });
  const deep =
    "d=$(printf 'x%.0s' $(seq 200)); for i in $(seq 25); do mkdir $d && cd $d || exit 9; done; head -c 9000000 /dev/zero > big; sleep 20";
  expect(await lone.sh(deep)).toMatchObject({ exit: null, ended: "workspace" });
  await lone.sh("mkdir closed; head -c 9000000 /dev/zero > closed/big; chmod 0 closed");
  expect((await lone.sh("ls -A")).stdout).toBe("");
});

test("memory ends with the process that takes too much, or with the command that does so in many", async () => {
  const MIB = 1024 * 1024;
  // The command as a whole may take more here, so that the process's own limit is met first.
  await using roomy = await openLoneSandbox({ limits: { addressSpace: 256 * MIB, memory: 1024 * MIB } });
  expect((await roomy.sh("head -c 400000000 /dev/zero | tail | wc -c")).stderr).toMatch(/memory/i);
  await using lone = await openLoneSandbox({ limits: { addressSpace: 256 * MIB, memory: 256 * MIB } });
  const many = await lone.sh("for i in 1 2 3 4; do (head -c 120000000 /dev/zero | tail -c 110000000 | sleep 20) & done; wait");
  expect(many).toMatchObject({ exit: null, ended: "memory" });
});

test("scratch space is small, and gone with the command", async () => {
  await using lone = await openLoneSandbox({ limits: { scratch: 4 * 1024 * 1024 } });
  const full = await lone.sh(
    "head -c 9000000 /dev/zero > /tmp/x; head -c 9000000 /dev/zero > /dev/shm/x; stat -c %s /tmp/x /dev/shm/x",
  );
  expect(full.stdout).toBe("4194304\n1048576\n");
  expect((await lone.sh("ls -A /tmp /dev/shm")).stdout).toBe("/dev/shm:\n\n/tmp:\n");
});

test("time runs out for what waits and for what computes", async () => {
  await using lone = await openLoneSandbox({ limits: { cpuSeconds: 1 } });
  expect(await lone.sh("sleep 30", { wall: 500 })).toMatchObject({ exit: null, ended: "time" });
  expect(await lone.sh("while :; do :; done")).toMatchObject({ exit: expect.any(Number), ended: "itself" });
});

test("a session that ends ends its command", async () => {
  await using lone = await openLoneSandbox();
  const ending = new AbortController();
  const running = lone.sh("sleep 30", { signal: ending.signal });
  ending.abort();
  expect(await running).toMatchObject({ exit: null, ended: "aborted" });
});

test("what a command leaves running ends with it", async () => {
  await using lone = await openLoneSandbox();
  await lone.sh("(while :; do date +%s%N > beat; done) >/dev/null 2>&1 & while ! test -s beat; do :; done");
  const read = async () => (await lone.sh("cat beat")).stdout;
  expect(await read()).toBe(await read());
});
