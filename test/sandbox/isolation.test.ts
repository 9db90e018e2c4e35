import { linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LoneSandbox, openLoneSandbox } from "./support/sandbox-house.ts";

const SECRET = "open-sesame-5f1c";
let lone: LoneSandbox;
let host: string;
let servers: readonly Server[];
let port: number;

beforeAll(async () => {
  process.env.SANDBOX_TEST_KEY = SECRET;
  host = mkdtempSync(join(tmpdir(), "mandate-host-"));
  writeFileSync(join(host, "key"), SECRET, { mode: 0o644 });
  const [tcp, abstract, unix] = [createServer(), createServer(), createServer()];
  await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", () => done()));
  await new Promise<void>((done) => abstract.listen("\0mandate-test-abstract", () => done()));
  await new Promise<void>((done) => unix.listen(join(host, "socket"), () => done()));
  const address = tcp.address();
  port = address !== null && typeof address === "object" ? address.port : 0;
  servers = [tcp, abstract, unix];
  lone = await openLoneSandbox();
});
afterAll(async () => {
  delete process.env.SANDBOX_TEST_KEY;
  await lone[Symbol.asyncDispose]();
  for (const server of servers) await new Promise((done) => server.close(done));
  rmSync(host, { recursive: true, force: true });
});

const out = async (script: string) => {
  const { stdout, stderr } = await lone.sh(script);
  return `${stdout}${stderr}`;
};

test("of the host's files only programs are there, and nothing of them can be written", async () => {
  expect((await lone.sh("ls /")).stdout.split("\n").filter(Boolean)).toEqual([
    ...["bin", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "tmp", "usr", "workspace"],
  ]);
  for (const path of [join(host, "key"), "/root", "/home", "/etc/shadow", "/etc/ssl", "/var", "/sys", "/work", "/usr/local"]) {
    expect(await out(`ls ${path}`), path).toContain("No such file");
  }
  expect((await lone.sh("ls -A /tmp; ls -A /run /run/mandate/door")).stdout).not.toContain(SECRET);
  for (const path of ["/x", "/usr/bin/x", "/etc/x", "/opt/bin/cast", "/run/mandate/door/x", "/dev/x", "/lib/x"]) {
    expect(await out(`echo x > ${path}`), path).toMatch(/Read-only|Permission denied/);
  }
});

test("no environment of the host is there, neither in the command's own nor in any process' it can see", async () => {
  expect((await lone.sh("env | cut -d= -f1 | sort | tr '\\n' ' '")).stdout.trim().split(" ")).toEqual(
    [
      "ETH_FROM",
      "ETH_RPC_URL",
      "FOUNDRY_DISABLE_NIGHTLY_WARNING",
      "HOME",
      "LANG",
      "MANDATE_GATEWAY",
      "NO_COLOR",
      "PATH",
      "PWD",
      "SHLVL",
      "SSL_CERT_FILE",
      "TMPDIR",
      "USER",
      "_",
    ].sort(),
  );
  expect(await out("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'")).not.toContain(SECRET);
});

test("it sees its own processes alone, and its parent is not among them", async () => {
  const names = (await lone.sh("cat /proc/[0-9]*/comm | sort -u")).stdout.split("\n").filter(Boolean);
  expect(names.filter((name) => !["bash", "bwrap", "cat", "socat", "sort"].includes(name))).toEqual([]);
  expect((await lone.sh(`test -e /proc/${process.pid}/comm && cat /proc/${process.pid}/comm`)).stdout).toBe("");
  expect(await out(`kill -9 ${process.pid} ${process.ppid} 2>&1; kill -9 -1; true`)).toMatch(/No such process|^$/);
  expect((await lone.sh("cat /proc/1/root/etc/shadow /proc/1/cwd/../etc/shadow; ls /proc/1/root/")).stdout).not.toContain("root");
});

test("no name resolves, and of all ports only its own door's is open", async () => {
  expect((await lone.sh("getent hosts example.com")).exit).not.toBe(0);
  expect(await out("curl -sS -m 3 https://example.com")).toContain("Could not resolve");
  for (const address of [`127.0.0.1:${port}`, "1.1.1.1:80", "169.254.169.254:80", `[::1]:${port}`]) {
    expect(await out(`curl -sS -m 3 http://${address}/`), address).toMatch(
      /Failed to connect|Couldn't connect|unreachable|refused/i,
    );
  }
  for (const server of ["8.8.8.8:53", "127.0.0.53:53", "[::1]:53"]) {
    expect(await out(`echo x | socat -T1 - UDP:${server}`), server).toMatch(/unreachable|refused|cannot assign/i);
  }
  expect((await lone.sh("grep -c ' 0A ' /proc/net/tcp; grep -c ' 0A ' /proc/net/tcp6; ls /sys/class/net")).stdout).toBe("1\n0\n");
});

test("no other socket is reachable: neither abstract ones, nor the host's files, nor those around namespaces", async () => {
  expect(await out("socat -u /dev/null ABSTRACT-CONNECT:mandate-test-abstract")).toMatch(/refused|No such/);
  expect(await out(`socat -u /dev/null UNIX-CONNECT:${join(host, "socket")}`)).toContain("No such file");
  expect((await lone.sh("cat /proc/net/unix")).stdout).not.toContain("mandate-test-abstract");
  // Sockets to a hypervisor are in no network namespace.
  expect(await out("python3 -c 'import socket; socket.socket(40, 1)' || true")).toMatch(/not supported|not found/);
  expect(await out("python3 -c 'import socket; socket.socket(16, 3)' || true")).toMatch(/not supported|not found/);
});

test("a link out of the workspace leads nowhere, in either direction", async () => {
  symlinkSync(join(host, "key"), join(lone.workspace, "planted"));
  expect(await out("cat planted")).toContain("No such file");
  expect(await out("ln -s /proc/1/root/root x; ls x/; ln /etc/passwd hard; ln /usr/bin/bash hard2; mv /usr/bin/jq .")).toMatch(
    /Invalid cross-device|Read-only/,
  );
  writeFileSync(join(lone.workspace, "own"), "before");
  linkSync(join(lone.workspace, "own"), join(host, "linked"));
  await lone.sh("rm own; ln -s /etc/passwd own; echo after >> own");
  expect(readFileSync(join(host, "linked"), "utf8")).toBe("before");
});

test("it cannot make devices, mounts, namespaces or privileges, nor trace", async () => {
  expect(await out("mknod dev b 254 0")).toContain("not permitted");
  expect(await out("mount -t tmpfs x /tmp")).toMatch(/permission denied|not permitted|must be superuser/i);
  expect(await out("unshare -U id")).toMatch(/not permitted/);
  expect(await out("unshare -n id")).toMatch(/not permitted/);
  expect(await out("nsenter -t 1 -n id")).toMatch(/not permitted|cannot open/i);
  expect(await out("cp /usr/bin/id s; chmod 4755 s; chown 0 s; ./s -u")).toMatch(/^60606\nchown: /);
  expect(await out("su root -c id; mount; true")).not.toContain("uid=0");
  const status = (await lone.sh("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status")).stdout;
  expect(status).toMatch(/CapEff:\t0+\n[\s\S]*NoNewPrivs:\t1\nSeccomp:\t2\n/);
  expect(status).toMatch(/CapBnd:\t0+\n/);
  // 101 is ptrace on x64, 117 on arm64.
  const trace = `import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.syscall(${process.arch === "x64" ? 101 : 117}, 0, 0, 0, 0), ctypes.get_errno())`;
  expect(await out(`python3 -c '${trace}'`)).toMatch(/^-1 1\n|not found/);
});

test("what the kernel would tell of the machine, or let be written, is closed", async () => {
  expect(await out("echo 1 > /proc/sys/kernel/core_pattern")).toMatch(/denied|Read-only/);
  expect(await out("echo b > /proc/sysrq-trigger")).toMatch(/denied|Read-only|No such file/);
  expect((await lone.sh("head -c 10 /proc/kcore | wc -c")).stdout.trim()).toBe("0");
  expect(await out("ls /sys /dev/mem /dev/kmsg /dev/vda")).not.toMatch(/^\/dev/m);
  expect((await lone.sh("hostname")).stdout).toBe("agent\n");
});
