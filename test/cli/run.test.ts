import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sealKey } from "../../src/gateway/keystore.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { jsonOf, runCli, startCli } from "./support/run-cli.ts";

const SHIPPED = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");

/** The shipped mandate with a network that is a chain somewhere, like a real one. */
async function liveFolder() {
  const world = startCli(["world", "evm", "--start", "now", "--chain-id", "31339"]);
  const { url } = JSON.parse(await world.line()) as { url: string };
  const folder = mkdtempSync(join(tmpdir(), "mandate-run-"));
  const shipped = readFileSync(SHIPPED, "utf8");
  const rehearsal = /\n {2}rehearsal:\n([\s\S]*?)(?=\n {2}\S|\n---)/.exec(shipped)?.[1] ?? "";
  const chain = rehearsal
    .replace("id: 31337", "id: 31339\n        confirmations: 1\n        block_seconds: 1")
    .replace("rpc: world", `rpc: ${url}`);
  const live = `\n  live:\n    wallet: "${REHEARSAL_WALLET}"\n${chain}`;
  const file = join(folder, "MANDATE.md");
  writeFileSync(
    file,
    shipped
      .replace(/\nnetworks:/, `\nnetworks:${live}`)
      .replace("network: rehearsal", "network: live")
      .replace("max_position_size_usd: 6000", "max_position_size_usd: 60000\n  two_rpcs_above_usd: 100000"),
  );
  const provider = createServer();
  const keystore = join(folder, "key.json");
  writeFileSync(keystore, sealKey(REHEARSAL_KEY, "open sesame"));
  const password = join(folder, "password");
  writeFileSync(password, "open sesame\n");
  return {
    folder,
    file,
    key: ["--keystore", keystore, "--password-file", password, "--operator-key", join(folder, "operator.key")],
    /** The same mandate with a model whose provider answers everything so. */
    async askedOf(status: number) {
      provider.on("request", (_, response) => response.writeHead(status).end("{}"));
      await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
      const { port } = provider.address() as AddressInfo;
      const other = join(folder, "OTHER.md");
      const model = `model: { provider: openai, id: gpt-4o, base_url: "http://127.0.0.1:${port}/v1" }`;
      writeFileSync(other, readFileSync(file, "utf8").replace(/^model: .*$/m, model));
      return other;
    },
    async [Symbol.asyncDispose]() {
      provider.close();
      await world[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test("run trades on a chain that is no world of its own, only with --live, and its journal verifies", async () => {
  await using live = await liveFolder();
  const unasked = await runCli(["run", live.file, "--once", "--mock", ...live.key]);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain("--live");
  const keyless = await runCli(["run", live.file, "--once", "--live", ...live.key], { env: { ANTHROPIC_API_KEY: undefined } });
  expect(keyless.code).toBe(1);
  expect(keyless.stderr).toContain("export ANTHROPIC_API_KEY=");

  const refused = await runCli(["run", await live.askedOf(401), "--once", "--live", ...live.key]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/refuses the key[\s\S]*export .*_API_KEY=/);
  const made = readdirSync(live.folder, { recursive: true, encoding: "utf8" });
  expect(
    made.filter((path) => path.endsWith(".sqlite")),
    "no gateway was started",
  ).toEqual([]);

  const dry = await runCli(["run", live.file, "--once", "--mock", "--live", "--dry-run", "--json", ...live.key]);
  expect(dry.code, dry.stderr).toBe(0);
  expect(kinds(dry.stdout), dry.stdout.slice(200)).toContain("allowed");
  expect(kinds(dry.stdout)).not.toContain("done");

  const ran = await runCli(["run", live.file, "--once", "--mock", "--live", "--json", ...live.key]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(kinds(ran.stdout)).toContain("done");
  expect(ran.stderr).toContain("worst case");

  const verified = await runCli(["verify", live.file]);
  expect(verified.code, verified.stdout).toBe(0);
});

test("an agent without the key runs against a gateway that serves already, by a socket of its own user, of a group, or a URL", async () => {
  await using live = await liveFolder();
  const socket = join(live.folder, "g.sock");
  await using gateway = startCli(["gateway", live.file, "--live", "--socket", socket, ...live.key]);
  expect(JSON.parse(await gateway.line())).toMatchObject({ ready: socket, wallet: `wallet:${REHEARSAL_WALLET}` });
  const second = await runCli(["gateway", live.file, "--live", "--socket", `${socket}2`, ...live.key]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("lock");
  const ran = await runCli(["run", live.file, "--once", "--mock", "--live", "--json", "--gateway", socket]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(kinds(ran.stdout)).toContain("done");
  expect(await gateway.interrupt()).toBe(0);

  // An agent of another user: by the socket of a group, and by a URL, with a token.
  const orders = join(live.folder, "o.sock");
  const apart = ["--socket", socket, "--group", "--listen", "127.0.0.1:0", "--operator-socket", orders];
  await using open = startCli(["gateway", live.file, "--live", ...apart, ...live.key]);
  const { url } = JSON.parse(await open.line()) as { readonly url: string };
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  const { document } = await jsonOf(["tokens", "new", live.file, "agent"]);
  const tokenFile = join(live.folder, "token");
  writeFileSync(tokenFile, `${String(document.token)}\n`);
  const agent = (where: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCli(["run", live.file, "--once", "--mock", "--live", "--json", "--dry-run", "--gateway", ...where], { env });
  const unknown = await agent([socket]);
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("token")]);
  const byUrl = await agent([url], { MANDATE_GATEWAY_TOKEN: String(document.token) });
  expect([byUrl.code, kinds(byUrl.stdout)], byUrl.stderr).toEqual([0, expect.arrayContaining(["cycle"])]);
  const bySocket = await agent([socket, "--gateway-token-file", tokenFile]);
  expect([bySocket.code, kinds(bySocket.stdout)], bySocket.stderr).toEqual([0, expect.arrayContaining(["cycle"])]);
  const frozen = ["freeze", live.file, "--why", "a look", "--socket", orders, ...live.key.slice(4)];
  expect((await jsonOf(frozen)).document).toMatchObject({ stopped: { code: "FROZEN_BY_OPERATOR" } });
  expect(await open.interrupt()).toBe(0);
});

test("code decides on a live network without a model's key, and code that does not load starts nothing", async () => {
  await using live = await liveFolder();
  const text = readFileSync(live.file, "utf8");
  writeFileSync(live.file, text.replace("decider: structured", "decider: code\ncode: ./strategy.ts"));
  const run = () =>
    runCli(["run", live.file, "--once", "--live", "--json", ...live.key], { env: { ANTHROPIC_API_KEY: undefined } });
  const strategy = join(live.folder, "strategy.ts");
  writeFileSync(strategy, "export const decide = (");
  const broken = await run();
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain("./strategy.ts");
  expect(broken.stderr).not.toContain("worst case");
  const swap = '{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: "0.05" as string }';
  writeFileSync(strategy, `export const decide = () => [${swap}];`);
  const ran = await run();
  expect(ran.code, ran.stderr).toBe(0);
  expect(kinds(ran.stdout)).toContain("done");
});

function kinds(ndjson: string): readonly string[] {
  return ndjson
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
}

test("a model with tools and commands runs on a live network; a gateway without JSON-RPC is no place for commands", async () => {
  await using live = await liveFolder();
  writeFileSync(live.file, readFileSync(live.file, "utf8").replace("decider: structured", "decider: loop"));
  const elsewhere = ["run", live.file, "--once", "--mock", "--live", "--gateway", join(live.folder, "none.sock")];
  const unserved = await runCli(elsewhere);
  expect(unserved.code).toBe(2);
  expect(unserved.stderr).toContain("--no-shell");

  const script = join(live.folder, "script.json");
  const calls = (name: string, given: object) => ({ kind: "tools", calls: [{ name, arguments: given }] });
  const rules = [
    {
      do: [
        calls("bash", { command: "cast chain-id" }),
        calls("swap_tokens", { token_in: "WETH", token_out: "USDC", amount: "0.05" }),
      ],
    },
  ];
  writeFileSync(script, JSON.stringify({ rules, otherwise: calls("end_cycle", { why: "as written" }) }));
  const ran = await runCli(["run", live.file, "--once", "--mock", script, "--live", "--json", ...live.key]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(kinds(ran.stdout)).toContain("done");
  const told = await runCli(["log", live.file, "--all", "--no-json"]);
  expect(told.stdout).toMatch(/tool +bash: success/);
  expect(told.stdout).toMatch(/acted +as written/);
});
