import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { startCli } from "../cli/support/run-cli.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MAIN = join(ROOT, "src", "cli", "main.ts");
const MANDATE = join(ROOT, "mandates", "ax", "MANDATE.md");
const AT_EXCHANGE = join(ROOT, "mandates", "balanced-growth", "MANDATE.md");

function scratch(): { readonly home: string } & Disposable {
  const home = mkdtempSync(join(tmpdir(), "mandate-mcp-"));
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }) };
}

async function overStdio<T>(home: string, work: (client: Client) => Promise<T>, mandate = MANDATE): Promise<T> {
  const client = new Client({ name: "a test", version: "0" });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, "mcp", mandate, "--home", home],
    stderr: "ignore",
  });
  await client.connect(transport);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

test("the official client initializes over stdio, and what it did is there for the next one: world, journal and limits", async () => {
  using folder = scratch();
  const spent = async (client: Client) => {
    const { structuredContent } = await client.callTool({ name: "get_risk_metrics", arguments: {} });
    const { data } = structuredContent as { data: { budgets: { budget: string; used: string }[] } };
    return data.budgets.find(({ budget }) => budget === "max_daily_spend_usd")?.used;
  };
  await overStdio(folder.home, async (client) => {
    expect(client.getServerVersion()?.name).toBe("mandate");
    expect(await spent(client)).toBe("0");
    const { structuredContent } = await client.callTool({
      name: "swap_tokens",
      arguments: { token_in: "USDC", token_out: "WETH", amount: "50" },
    });
    expect(structuredContent).toMatchObject({ status: "success" });
  });
  await overStdio(folder.home, async (client) => {
    expect(await spent(client)).toBe("50");
    const { structuredContent } = await client.callTool({ name: "get_balance", arguments: { token: "USDC" } });
    expect(structuredContent).toMatchObject({ data: { amount: "250" } });
    const again = await client.callTool({
      name: "swap_tokens",
      arguments: { token_in: "USDC", token_out: "WETH", amount: "10" },
    });
    expect(again.structuredContent).toMatchObject({ status: "success" });
  });
});

test("at an exchange the official client has that venue's tools, acts, and is refused by the same limits", async () => {
  using folder = scratch();
  await overStdio(
    folder.home,
    async (client) => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["place_order", "close_position", "list_positions"]));
      const call = async (name: string, args: Readonly<Record<string, unknown>>) =>
        (await client.callTool({ name, arguments: { ...args } })).structuredContent;
      expect(await call("place_order", { market: "BTC", side: "buy", usd: "100" })).toMatchObject({ status: "success" });
      expect(await call("list_positions", {})).toMatchObject({ data: { positions: [{ market: "hl/BTC:perp" }] } });
      expect(await call("set_leverage", { market: "BTC", leverage: 40 })).toMatchObject({
        status: "blocked",
        verdict: { violations: expect.arrayContaining([expect.objectContaining({ code: "LEVERAGE" })]) },
      });
      for (const name of ["mandate", "limits", "positions", "verdicts"]) {
        const { contents } = await client.readResource({ uri: `mandate://${name}` });
        expect(contents, name).toHaveLength(1);
      }
    },
    AT_EXCHANGE,
  );
});

test("the official client talks to mandate mcp --http with the token that was printed", async () => {
  using folder = scratch();
  await using running = startCli(["mcp", MANDATE, "--home", folder.home, "--http", "--json"]);
  const { url, token } = JSON.parse(await running.line()) as { url: string; token: string };
  const client = new Client({ name: "a test", version: "0" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }) as Transport,
  );
  const { structuredContent } = await client.callTool({ name: "get_price", arguments: { token: "ETH" } });
  expect(structuredContent).toMatchObject({ status: "success", data: { asset: "base/ETH" } });
  await client.close();
  expect(await running.interrupt()).toBe(0);
});
