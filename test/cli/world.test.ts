import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonRpc } from "../../src/worlds/anvil/json-rpc.ts";
import { jsonOf, startCli } from "./support/run-cli.ts";

interface Ready {
  readonly schema_version: number;
  readonly event: string;
  readonly url: string;
  readonly chain_id: number;
  readonly accounts: readonly {
    readonly address: string;
    readonly private_key: string;
    readonly holds: Record<string, string>;
  }[];
  readonly addresses: { readonly assets: { readonly USDC: { readonly address: string } } } | null;
}

async function ready(running: ReturnType<typeof startCli>): Promise<Ready> {
  return JSON.parse(await running.line()) as Ready;
}

async function ask<T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
  const rpc = jsonRpc(url);
  try {
    return (await rpc.request(method, params)) as T;
  } finally {
    rpc.close();
  }
}

test("world evm serves a chain with contracts and a funded account until it is interrupted", async () => {
  await using running = startCli(["world", "evm", "--seed", "7", "--speed", "0"]);
  const { schema_version, event, url, chain_id, accounts, addresses } = await ready(running);
  expect({ schema_version, event, chain_id }).toEqual({ schema_version: 1, event: "ready", chain_id: 31337 });
  expect(await ask(url, "eth_chainId")).toBe("0x7a69");
  const [agent] = accounts;
  const data = `0x70a08231${agent?.address.slice(2).padStart(64, "0")}`;
  const held = await ask<string>(url, "eth_call", [{ to: addresses?.assets.USDC.address, data }, "latest"]);
  expect(BigInt(held)).toBe(50_000_000_000n);
  expect(await running.interrupt()).toBe(0);
  await expect(ask(url, "eth_chainId")).rejects.toMatchObject({ code: "WORLD_RPC" });
});

test("a world's time goes on with the machine's, as fast as it is told", async () => {
  await using running = startCli(["world", "evm", "--speed", "600"]);
  const { url } = await ready(running);
  const at = async () => Number((await ask<{ timestamp: string }>(url, "eth_getBlockByNumber", ["latest", false])).timestamp);
  const start = await at();
  // A market tick is a minute of the world: two of them in a second of the machine at the latest.
  await expect.poll(at, { timeout: 60_000 }).toBeGreaterThan(start + 120);
  expect(await running.interrupt()).toBe(0);
});

test("--fork-of begins where another chain is, under another id", async () => {
  await using parent = startCli(["world", "evm", "--speed", "0"]);
  const { url, addresses } = await ready(parent);
  await using fork = startCli(["world", "evm", "--fork-of", url, "--speed", "0"]);
  const forked = await ready(fork);
  expect(forked).toMatchObject({ chain_id: 31338, addresses: null });
  expect(await ask(forked.url, "eth_chainId")).toBe("0x7a6a");
  const code = ["eth_getCode", [addresses?.assets.USDC.address, "latest"]] as const;
  expect(await ask(forked.url, ...code)).toBe(await ask(url, ...code));
  const { code: exit, document } = await jsonOf(["world", "evm", "--fork-of", url, "--chain-id", "31337"]);
  expect(exit).toBe(2);
  expect(document).toMatchObject({ error: { code: "USAGE", message: expect.stringContaining("31337") } });
  expect(await fork.interrupt()).toBe(0);
  expect(await parent.interrupt()).toBe(0);
});

test("--port listens there, and a port that is taken fails with a remedy", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const address = holder.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { code, document } = await jsonOf(["world", "evm", "--port", String(port)]);
  expect(code).toBe(1);
  expect(document).toMatchObject({ error: { code: "PORT_UNAVAILABLE", details: { port } } });
  holder.close();
  await once(holder, "close");
  await using running = startCli(["world", "evm", "--port", String(port), "--speed", "0"]);
  const { url } = await ready(running);
  expect(url).toBe(`http://127.0.0.1:${port}`);
  expect(await ask(url, "eth_chainId")).toBe("0x7a69");
  expect(await running.interrupt()).toBe(0);
});

test("a fork of nothing is refused", async () => {
  for (const url of ["ftp://example.invalid", "http://127.0.0.1:1"]) {
    const { code, document } = await jsonOf(["world", "evm", "--fork-of", url]);
    expect({ url, code }).toEqual({ url, code: 2 });
    expect(document).toMatchObject({ error: { code: "USAGE" } });
  }
});

test("world hyperliquid serves an exchange with funded accounts, and goes on where it was stopped", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mandate-paper-"));
  const state = join(folder, "paper.json");
  try {
    const ask = async (http: string, body: object) =>
      (await (await fetch(`${http}/info`, { method: "POST", body: JSON.stringify(body) })).json()) as unknown;
    const args = ["world", "hyperliquid", "--seed", "7", "--speed", "60x", "--accounts", "2", "--usdc", "900", "--state", state];
    await using first = startCli(args);
    const about = JSON.parse(await first.line()) as {
      readonly http: string;
      readonly ws: string;
      readonly accounts: readonly { readonly address: string; readonly private_key: string; readonly usdc: string }[];
    };
    expect(about.ws).toBe(`${about.http.replace("http", "ws")}/ws`);
    expect(about.accounts).toMatchObject([
      { usdc: "900", private_key: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      { usdc: "900" },
    ]);
    const user = about.accounts[0]?.address;
    expect(await ask(about.http, { type: "clearinghouseState", user })).toMatchObject({ withdrawable: "900" });
    const at = async (http: string) => ((await ask(http, { type: "exchangeStatus" })) as { readonly time: number }).time;
    const start = await at(about.http);
    await expect.poll(() => at(about.http), { timeout: 60_000 }).toBeGreaterThanOrEqual(start + 60_000);
    expect(await first.interrupt()).toBe(0);
    await using second = startCli([...args, "--speed", "0"]);
    const again = JSON.parse(await second.line()) as { readonly http: string; readonly accounts: readonly object[] };
    expect(again.accounts).toEqual(about.accounts);
    expect(await at(again.http)).toBeGreaterThan(start);
    expect(await ask(again.http, { type: "clearinghouseState", user })).toMatchObject({ withdrawable: "900" });
    expect(await second.interrupt()).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("world hyperliquid goes by a file of candles", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mandate-paper-"));
  try {
    const file = join(folder, "DOGE.csv");
    await writeFile(file, "t,o,h,l,c,v\n1767600000000,0.2,0.25,0.2,0.25,1000\n1767603600000,0.25,0.25,0.2,0.2,1000\n");
    await using running = startCli(["world", "hyperliquid", "--speed", "0", "--market", file]);
    const { http } = JSON.parse(await running.line()) as { readonly http: string };
    const response = await fetch(`${http}/info`, { method: "POST", body: JSON.stringify({ type: "allMids" }) });
    expect(await response.json()).toEqual({ DOGE: "0.2" });
    expect(await running.interrupt()).toBe(0);
    const { code, document } = await jsonOf(["world", "hyperliquid", "--market", join(folder, "no.csv")]);
    expect(code).toBe(1);
    expect(document).toMatchObject({ error: { code: "PAPER_EXCHANGE_FILE" } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
