import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";
import { sealKey } from "../../src/gateway/keystore.ts";
import { shippedRule } from "../../src/llm/scripted/shipped-rule.ts";
import { startScriptedModel } from "../../src/llm/scripted/start-scripted-model.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { REHEARSAL_API_KEY } from "../../src/worlds/rehearsal/rehearsal-account.ts";
import { jsonOf, runCli, startCli } from "./support/run-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SHIPPED = join(ROOT, "mandates", "balanced-growth", "MANDATE.md");

function folder() {
  const home = mkdtempSync(join(tmpdir(), "mandate-paper-"));
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

/** A little more than a minute of an exchange that runs ten times as fast: milliseconds. */
const MINUTE_THERE = 7_000;

/** A paper exchange as another terminal would run it. Its minutes are short: the venue counts what one address asks in each. */
async function paperWorld(speed = "10x") {
  const world = startCli(["world", "hyperliquid", "--speed", speed, "--json"]);
  const { http } = JSON.parse(await world.line()) as { readonly http: string };
  return { http, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

function kinds(ndjson: string): readonly string[] {
  const lines = ndjson.trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
}

/** Runs it once, and again where nothing was done: a market that moves between a look and the order has it refused. */
async function untilDone(run: readonly string[]): Promise<void> {
  const once = async () => {
    const ran = await runCli(run);
    expect(ran.code, ran.stderr).toBe(0);
    return kinds(ran.stdout);
  };
  await expect.poll(once, { timeout: 100_000, interval: MINUTE_THERE }).toContain("done");
}

test("run trades on a paper exchange of its own without a key, goes on there at the next call, and verifies", async () => {
  using at = folder();
  const run = () => runCli(["run", SHIPPED, "--once", "--mock", "--json", "--home", at.home]);
  const first = await run();
  expect(first.code, first.stderr).toBe(0);
  expect(kinds(first.stdout)).toContain("done");
  expect(first.stderr).not.toContain("real money");
  const { document } = await jsonOf(["ax", "run", "list_positions", "--mandate", SHIPPED, "--home", at.home]);
  const { positions } = (document.result as { data: { positions: { market: string }[] } }).data;
  expect(positions.map(({ market }) => market)).toContain("hl/BTC:perp");
  const again = await run();
  expect(again.code, again.stderr).toBe(0);
  const verified = await jsonOf(["verify", SHIPPED, "--home", at.home]);
  expect(verified.document).toMatchObject({ ok: true, mirror: "agrees", projections: [{ first_bad: null }] });
});

test("every command of a person works on a mandate at a paper exchange in another terminal", async () => {
  using at = folder();
  await using world = await paperWorld();
  const socket = join(at.home, "paper", "balanced-growth", "gateway.sock");
  const home = ["--home", at.home];
  await using gateway = startCli(["gateway", SHIPPED, "--world", world.http, "--json", ...home]);
  expect(JSON.parse(await gateway.line())).toMatchObject({ ready: socket, wallet: `wallet:${REHEARSAL_WALLET}` });
  const there = ["--gateway", socket, "--world", world.http, ...home];
  await untilDone(["run", SHIPPED, "--once", "--mock", "--json", ...there]);

  const limits = await jsonOf(["limits", SHIPPED, ...home]);
  const rows = limits.document.limits as readonly { readonly limit: string; readonly used: string }[];
  expect(Number(rows.find(({ limit }) => limit === "max_daily_spend_usd")?.used)).toBeGreaterThan(0);
  expect(rows.map(({ limit }) => limit).filter((limit) => limit.includes("gas"))).toEqual([]);
  const log = await jsonOf(["log", SHIPPED, ...home]);
  expect((log.document.entries as readonly { readonly kind: string }[]).map(({ kind }) => kind)).toContain("settled");
  const standing = await jsonOf(["reconcile", SHIPPED, ...home]);
  expect(standing.document).toMatchObject({ stopped: null, in_flight: [] });

  const priced = await jsonOf(["ax", "price", "BTC", "--mandate", SHIPPED, ...there]);
  expect(priced.document).toMatchObject({ args: { market: "BTC" }, result: { status: "success" } });
  const order = '{"market":"ETH:perp","side":"buy","usd":"500"}';
  const place = async () =>
    (await jsonOf(["ax", "run", "place_order", order, "--yes", "--mandate", SHIPPED, ...there])).document.result as {
      readonly status: string;
      readonly error: { readonly code: string; readonly category: string } | null;
    };
  // The venue's quota of a minute may be used: that is said, and later it passes. Asking uses it too.
  const placed = expect.poll(place, { timeout: 100_000, interval: MINUTE_THERE });
  await placed.toMatchObject({ status: "success" });

  const client = new Client({ name: "a test", version: "0" });
  const args = [join(ROOT, "src", "cli", "main.ts"), "mcp", SHIPPED, ...there];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" }));
  const seen = await client.callTool({ name: "list_positions", arguments: {} });
  const { data } = seen.structuredContent as { data: { positions: { market: string }[] } };
  expect(data.positions.map(({ market }) => market)).toEqual(expect.arrayContaining(["hl/BTC:perp", "hl/ETH:perp"]));
  await client.close();

  const homeward = await jsonOf(["flatten", SHIPPED, "--world", world.http, ...home]);
  expect(homeward.document, JSON.stringify(homeward.document)).toMatchObject({ home: true });
  await expect.poll(place, { timeout: 100_000, interval: 2_000 }).toMatchObject({ error: { category: "policy_violation" } });
  expect(await gateway.interrupt()).toBe(0);
  expect((await jsonOf(["verify", SHIPPED, ...home])).document).toMatchObject({ ok: true });
});

/** The shipped mandate on a testnet that is a paper exchange by the machine's time, and the key that it trades with. */
function onTestnet(home: string, http: string): { readonly file: string; readonly key: readonly string[] } {
  const file = join(home, "MANDATE.md");
  const text = readFileSync(SHIPPED, "utf8")
    .replace("network: paper ", "network: testnet ")
    .replaceAll('# wallet: "0x…"', `wallet: "${REHEARSAL_WALLET}"`)
    .replace("https://api.hyperliquid-testnet.xyz", http);
  // The numbers of a venue's markets are its own: those of this one are the paper's.
  const paper = /\n {8}markets:\n((?: {10}.*\n)+)/.exec(text)?.[1] ?? "";
  const testnet = text.indexOf("\n  testnet:\n");
  const rest = text.slice(testnet).replace(/( {8}markets:\n)(?: {10}.*\n)+/, `$1${paper}`);
  writeFileSync(file, text.slice(0, testnet) + rest);
  const [keystore, password] = [join(home, "key.json"), join(home, "password")];
  writeFileSync(keystore, sealKey(REHEARSAL_API_KEY, "open sesame"));
  writeFileSync(password, "open sesame\n");
  return { file, key: ["--keystore", keystore, "--password-file", password] };
}

test("a testnet needs a keystore and no --live; mainnet shows the worst case and asks for it", async () => {
  using at = folder();
  await using world = await paperWorld("1x");
  const { file, key } = onTestnet(at.home, world.http);
  const keyless = await runCli(["run", file, "--once", "--mock"]);
  expect(keyless.code).toBe(2);
  expect(keyless.stderr).toContain("--keystore");
  await untilDone(["run", file, "--once", "--mock", "--json", ...key]);
  const mainnet = await runCli(["run", file, "--network", "mainnet", "--once", "--mock", ...key]);
  expect(mainnet.code).toBe(2);
  expect(mainnet.stderr).toMatch(/worst case[\s\S]*--live/);
  expect(mainnet.stderr).toContain("real money");
});

test("the example of an agent runs against a gateway of its own", async () => {
  using at = folder();
  // Another exchange than the other tests': the quota of a minute is for one of them. An agent and a gateway that trade all that
  // they want within it come close to that quota, and what is refused waits for a minute.
  await using world = await paperWorld("1x");
  const { file, key } = onTestnet(at.home, world.http);
  writeFileSync(file, readFileSync(file, "utf8").replace(/^limits:$/m, "limits:\n  max_actions_per_plan: 2"));
  const socket = join(at.home, "g.sock");
  await using gateway = startCli(["gateway", file, "--socket", socket, ...key]);
  await gateway.line();
  const model = await startScriptedModel({ rule: shippedRule() });
  const own = join(at.home, "OWN.md");
  const asked = `model: { provider: openai, id: gpt-4o, base_url: "${model.url}" }`;
  const soon = readFileSync(file, "utf8").replace(/^every: .*$/m, "every: 1s");
  writeFileSync(own, soon.replace(/^model: .*$/m, asked));
  const example = await promisify(execFile)(process.execPath, [join(ROOT, "examples", "agent.ts"), own, socket]);
  await model.stop();
  const lines = example.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(
    lines.some((line) => "portfolio_value" in line && "num_actions" in line),
    example.stdout,
  ).toBe(true);
  expect(lines.filter(({ message }) => message === "cycle")).toHaveLength(2);
});

test("a market that the venue describes otherwise than the mandate is named, and nothing is opened beside it", async () => {
  using at = folder();
  const file = join(at.home, "MANDATE.md");
  writeFileSync(file, readFileSync(SHIPPED, "utf8").replace("coin: BTC, asset: 0,", "coin: BTC, asset: 9,"));
  const ran = await runCli(["run", file, "--once", "--mock", "--json"]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/mind: hl\/BTC:perp: the venue's market number 9 is/);
  expect(kinds(ran.stdout)).toContain("refused");
  expect(kinds(ran.stdout)).not.toContain("done");
  expect(ran.stdout).toContain("ACCOUNT_IN_DOUBT");
});
