import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import type { GatewayStartError } from "../../src/gateway/gateway-start-error.ts";
import { type GatewayProcessOptions, startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import type { GatewayConfig } from "../../src/gateway/serve/run-gateway.ts";
import { superviseGateway } from "../../src/gateway/serve/supervised-gateway.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { type EvmWorld, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type Fate, startRpcProxy } from "../support/rpc-proxy.ts";
import { livingChildren, putDown } from "./support/children.ts";
import { gatewayStage } from "./support/gateway-stage.ts";
import { mandateCopy, standingAt } from "./support/mandate-copy.ts";

let world: EvmWorld;
beforeAll(async () => {
  world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "1", WETH: "0.4", USDC: "300" } } });
});
afterAll(() => world.stop());
afterEach(() => expect(livingChildren()).toEqual([]));

const support = (name: string) => join(import.meta.dirname, "support", name);

/** Why a gateway did not start. */
async function refusal(config: GatewayConfig, options?: GatewayProcessOptions): Promise<GatewayStartError> {
  return startGatewayProcess(config, options).then(
    async (started) => {
      await started.stop();
      throw new TypeError("the gateway started");
    },
    (error: GatewayStartError) => error,
  );
}

test("a wrong password refuses to start, and is not repeated", async () => {
  using stage = gatewayStage(world.url, { password: "another password" });
  const error = await refusal(stage.config);
  expect(error).toMatchObject({ name: "GatewayStartError", code: "KEYSTORE_PASSWORD" });
  expect(JSON.stringify(error)).not.toContain("another password");
  expect(existsSync(join(stage.home, "journal.sqlite"))).toBe(false);
});

test("a keystore that is none refuses to start", async () => {
  using stage = gatewayStage(world.url);
  writeFileSync(stage.config.keystore, "not a keystore");
  expect(await refusal(stage.config)).toMatchObject({ code: "KEYSTORE_UNREADABLE" });
});

test("a mandate that is not there refuses to start", async () => {
  using stage = gatewayStage(world.url);
  expect(await refusal({ ...stage.config, file: join(stage.folder, "NONE.md") })).toMatchObject({ code: "USAGE" });
});

test("a real network that was not asked for with --live refuses to start, and so does a world with it", async () => {
  using stage = gatewayStage(world.url);
  const file = mandateCopy(stage.folder, standingAt(world.url, REHEARSAL_WALLET));
  const { world: _, ...config } = stage.config;
  expect(await refusal({ ...config, file })).toMatchObject({ code: "LIVE_NOT_ASKED" });
  expect(await refusal({ ...stage.config, file, live: true })).toMatchObject({ code: "REHEARSALS_ONLY" });
  expect(await refusal({ ...stage.config, live: true })).toMatchObject({ code: "NOT_LIVE" });
  expect(await refusal({ ...config, file, live: true, crashAt: "after-sign" })).toMatchObject({ code: "REHEARSALS_ONLY" });
});

test("one key and one journal have one gateway: the second of either refuses to start", async () => {
  using first = gatewayStage(world.url);
  using second = gatewayStage(world.url);
  const running = await startGatewayProcess(first.config);
  try {
    const sameKey = await refusal({ ...second.config, keystore: first.config.keystore });
    expect(sameKey).toMatchObject({ code: "JOURNAL_LOCKED" });
    expect(sameKey.message).toContain("key.json.lock");
    const sameJournal = await refusal({ ...second.config, home: first.home });
    expect(sameJournal).toMatchObject({ code: "JOURNAL_LOCKED" });
    expect(sameJournal.message).toContain("journal.sqlite");
  } finally {
    await running.stop();
  }
  const again = await startGatewayProcess({ ...second.config, home: first.home, keystore: first.config.keystore });
  await again.stop();
});

test("a journal with one byte changed refuses to start and says where", async () => {
  using stage = gatewayStage(world.url);
  const running = await startGatewayProcess(stage.config);
  const client = gatewayClient(running.socket);
  await client.open(running.wallet);
  await client.note(running.wallet, [{ kind: "remark", text: "the third entry" }]);
  client.close();
  await running.stop();
  const path = join(stage.home, "journal.sqlite");
  const bytes = readFileSync(path);
  const at = bytes.indexOf("the third entry");
  expect(at).toBeGreaterThan(0);
  bytes.write("T", at);
  writeFileSync(path, bytes);
  const error = await refusal(stage.config);
  expect(error.code).toBe("JOURNAL_CORRUPT");
  expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(/\b3\b/);
  expect(error.message).toContain(running.wallet);
});

test("a gateway that does not load, or that is none, rejects at once and leaves nothing behind", async () => {
  using stage = gatewayStage(world.url);
  for (const entry of ["entry-broken.ts", "entry-babbling.ts", "no-such-file.ts"]) {
    expect(await refusal(stage.config, { entry: support(entry) })).toMatchObject({ code: "GATEWAY_DIED" });
  }
});

test("a configuration that is none is refused in words that do not repeat it", async () => {
  const main = join(import.meta.dirname, "..", "..", "src", "gateway", "serve", "main.ts");
  for (const text of ['{"password":"hunter2"', '{"password":"hunter2","surprise":1}']) {
    const child = spawn(process.execPath, [main], { stdio: ["pipe", "pipe", "pipe", "pipe"] });
    const said = Promise.all([textOf(child, "stdout"), textOf(child, "stderr")]);
    // A gateway that dies unread is told by its exit.
    (child.stdio[3] as Writable).on("error", () => undefined).end(text);
    const [code] = await once(child, "exit");
    const [stdout, stderr] = await said;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "BAD_CONFIG" } });
    expect(stdout + stderr).not.toContain("hunter2");
  }
});

test("the gateway's environment has none of the agent's secrets, and nothing that makes Node load more", async () => {
  using stage = gatewayStage(world.url);
  process.env.SOME_MODEL_API_KEY = "secret";
  process.env.NODE_OPTIONS = "--no-warnings";
  try {
    const { details } = await refusal(stage.config, { entry: support("entry-environment.ts") });
    expect(details?.names).toContain("PATH");
    expect(details?.names).not.toContain("SOME_MODEL_API_KEY");
    expect(details?.names).not.toContain("NODE_OPTIONS");
  } finally {
    delete process.env.SOME_MODEL_API_KEY;
    delete process.env.NODE_OPTIONS;
  }
});

test("the socket, the journal and the signed bytes are their owner's alone", async () => {
  using stage = gatewayStage(world.url);
  const running = await startGatewayProcess(stage.config);
  try {
    const modes = [running.socket, ...["journal.sqlite", "signed.sqlite"].map((name) => join(stage.home, name))].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  } finally {
    await running.stop();
  }
});

test("a connection may stay idle for as long as its caller thinks", async () => {
  using stage = gatewayStage(world.url);
  const running = await startGatewayProcess(stage.config);
  try {
    const call = request({ socketPath: running.socket, path: "/none", method: "POST" }).end();
    const [response] = await once(call, "response");
    response.resume();
    await once(response, "end");
    expect(response.statusCode).toBe(404);
    expect(response.headers["keep-alive"]).toBeUndefined();
  } finally {
    await running.stop();
  }
});

test("a stop lets a call under way finish and answer, and closes the journal", async () => {
  using stage = gatewayStage(world.url);
  await using proxy = await startRpcProxy(world.url);
  const running = await startGatewayProcess({ ...stage.config, world: { url: proxy.url, wallet: REHEARSAL_WALLET } });
  const client = gatewayClient(running.socket);
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  proxy.meddle(async (): Promise<Fate> => {
    reached.resolve();
    await held.promise;
    return "forward";
  });
  const opening = client.open(running.wallet);
  await reached.promise;
  const stopped = running.stop();
  held.resolve();
  expect(await opening).toMatchObject({ cycle: 1 });
  await stopped;
  client.close();
  expect(existsSync(join(stage.home, "journal.sqlite-wal"))).toBe(false);
  const path = join(stage.home, "journal.sqlite");
  expect(await verifyJournal(path, { mirror: join(stage.home, "mirror", "heads") })).toMatchObject({ ok: true });
  const reader = await openJournalReader(path);
  expect((await reader.head(running.wallet)).seq).toBe(2);
  await reader.close();
});

test("a gateway whose parent is killed ends by itself, and another can take its place", async () => {
  using stage = gatewayStage(world.url);
  const parent = spawn(process.execPath, [support("gateway-parent.ts"), JSON.stringify(stage.config)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [ready] = await Promise.race([once(parent.stdout, "data"), once(parent, "exit")]);
  expect(String(ready).trim()).toBe(stage.config.socket);
  const orphans = livingChildren(parent.pid);
  expect(orphans).toHaveLength(1);
  try {
    // The gateway writes to the same stderr: it ends when the last of the two has ended.
    const bothGone = once(parent.stderr.resume(), "end");
    parent.kill("SIGKILL");
    await bothGone;
    const [error] = await once(connect(stage.config.socket), "error");
    expect(["ECONNREFUSED", "ENOENT"]).toContain((error as NodeJS.ErrnoException).code);
    const next = await startGatewayProcess(stage.config);
    await next.stop();
  } finally {
    orphans.forEach(putDown);
  }
});

test("a call that goes astray while the gateway lives starts no second one", async () => {
  using stage = gatewayStage(world.url);
  const crashes: (string | null)[] = [];
  const gateway = await superviseGateway(stage.config, (signal) => crashes.push(signal));
  try {
    unlinkSync(stage.config.socket);
    await expect(gateway.open(gateway.wallet)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    expect(crashes).toEqual([]);
    await gateway.kill();
    await expect(gateway.open(gateway.wallet)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    expect(crashes).toEqual(["SIGKILL"]);
    expect(await gateway.open(gateway.wallet)).toMatchObject({ cycle: 1 });
  } finally {
    await gateway.stop();
  }
});

test("a gateway that dies while its node is away is one crash, and comes back with the node", async () => {
  const node = await startRpcProxy(world.url);
  using stage = gatewayStage(node.url);
  const crashes: (string | null)[] = [];
  const gateway = await superviseGateway(stage.config, (signal) => crashes.push(signal));
  try {
    node.meddle(() => "drop-answer");
    await gateway.kill();
    for (let tries = 0; tries < 2; tries += 1) {
      const failed = await gateway.open(gateway.wallet).catch((error: unknown) => error);
      expect(failed).toMatchObject({
        code: "GATEWAY_UNREACHABLE",
        message: expect.stringMatching(/^the gateway died, and does not start again yet: /),
      });
    }
    node.meddle(() => "forward");
    await expect(gateway.open(gateway.wallet)).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
    expect(await gateway.open(gateway.wallet)).toMatchObject({ cycle: 1 });
    expect(crashes).toEqual(["SIGKILL"]);
    expect(gateway.crashes).toBe(1);
  } finally {
    await gateway.stop();
    await node[Symbol.asyncDispose]();
  }
});

async function textOf(child: ChildProcess, name: "stdout" | "stderr"): Promise<string> {
  let text = "";
  for await (const chunk of child[name] ?? []) text += String(chunk);
  return text;
}
