import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { mcpServer } from "../../src/tools/mcp/mcp-server.ts";
import { serveMcpHttp } from "../../src/tools/mcp/serve-mcp-http.ts";
import type { ToolResult } from "../../src/tools/tool-result.ts";
import { openToolHouse } from "./support/tool-house.ts";

const TOKEN = "a-token-of-the-test";

async function openMcp(limits: Readonly<Record<string, unknown>> = {}) {
  const tools = await openToolHouse({ limits });
  const { desk, context } = tools;
  const serving = await serveMcpHttp({ makeServer: () => mcpServer({ desk, context, version: "0" }), token: TOKEN, port: 0 });
  const client = new Client({ name: "a test", version: "0" });
  const transport = new StreamableHTTPClientTransport(new URL(serving.url), {
    requestInit: { headers: { authorization: `Bearer ${TOKEN}` } },
  });
  await client.connect(transport as Transport);
  return {
    ...{ client, serving, tools },
    async call(name: string, args: Record<string, unknown> = {}) {
      const { structuredContent, isError } = await client.callTool({ name, arguments: args });
      return { result: structuredContent as unknown as ToolResult, isError };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await serving.stop();
      await tools[Symbol.asyncDispose]();
    },
  };
}

test("the official client lists every tool with both schemas and all four hints", async () => {
  await using mcp = await openMcp();
  const { tools } = await mcp.client.listTools();
  expect(tools.length).toBeGreaterThan(30);
  for (const { name, inputSchema, outputSchema, annotations } of tools) {
    expect(inputSchema.type, name).toBe("object");
    expect(outputSchema?.type, name).toBe("object");
    for (const hint of ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const) {
      expect(typeof annotations?.[hint], `${name} ${hint}`).toBe("boolean");
    }
  }
});

test("the official client reads, acts and is refused, each a result that its own validation accepts", async () => {
  await using mcp = await openMcp({ max_single_trade_usd: 100 });
  await mcp.client.listTools();
  const price = await mcp.call("get_price", { token: "WETH" });
  expect(price.result.data).toMatchObject({ asset: "base/WETH", price_usd: "3000" });
  const swap = await mcp.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "50" });
  expect(swap).toMatchObject({ isError: false, result: { status: "success" } });
  const refused = await mcp.call("swap_tokens", { token_in: "WETH", token_out: "USDC", amount: "0.3" });
  expect(refused).toMatchObject({ isError: false, result: { status: "blocked", error: { code: "risk_blocked" } } });
  expect(refused.result.verdict?.violations.map(({ code }) => code)).toEqual(["TRADE_TOO_LARGE"]);
  const unknown = await mcp.call("rob_the_bank");
  expect(unknown).toMatchObject({ isError: true, result: { error: { code: "unknown_tool" } } });
});

test("the resources tell the mandate, what is left, what is held and what was decided", async () => {
  await using mcp = await openMcp({ max_single_trade_usd: 100, max_daily_spend_usd: 200 });
  await mcp.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "50" });
  await mcp.call("swap_tokens", { token_in: "WETH", token_out: "USDC", amount: "0.3" });
  const { resources } = await mcp.client.listResources();
  const read = async (uri: string) => {
    const { contents } = await mcp.client.readResource({ uri });
    const [first] = contents;
    return JSON.parse(first && "text" in first ? String(first.text) : "null");
  };
  expect(resources.map(({ uri }) => uri)).toEqual([
    "mandate://mandate",
    "mandate://limits",
    "mandate://positions",
    "mandate://verdicts",
  ]);
  expect(await read("mandate://mandate")).toMatchObject({ id: "under-test", strategy: expect.stringContaining("half") });
  const limits = await read("mandate://limits");
  expect(limits.left.find(({ budget }: { budget: string }) => budget === "max_daily_spend_usd")).toMatchObject({ left: "150" });
  expect((await read("mandate://positions")).holdings).toContainEqual(
    expect.objectContaining({ asset: "base/USDC", amount: "250" }),
  );
  expect((await read("mandate://verdicts")).recent.map(({ kind }: { kind: string }) => kind)).toEqual(["confirmed", "refused"]);
  expect(JSON.stringify(await read("mandate://mandate"))).not.toContain(`"rpc":`);
  await expect(mcp.client.readResource({ uri: "file:///etc/passwd" })).rejects.toThrow("no such resource");
});

test("without the token, from a web page, or under another name the endpoint does not answer", async () => {
  await using mcp = await openMcp();
  const ask = async (headers: Record<string, string>, path = "") =>
    (
      await fetch(mcp.serving.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      })
    ).status;
  expect(await ask({})).toBe(401);
  expect(await ask({ authorization: `Bearer ${TOKEN}x` })).toBe(401);
  expect(await ask({ authorization: `Bearer ${TOKEN}`, origin: "https://evil.example" })).toBe(403);
  expect(await ask({ authorization: `Bearer ${TOKEN}` }, "/other")).toBe(404);
  expect(await ask({ authorization: `Bearer ${TOKEN}`, "mcp-session-id": "guessed" })).toBe(404);
});

test("tools that the mandate does not allow are not listed, and refused when they are called all the same", async () => {
  await using mcp = await openMcp({ allowed_tools: ["get_price", "get_balance"] });
  const { tools } = await mcp.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["get_price", "get_balance"]);
  expect(await mcp.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "1" })).toMatchObject({
    isError: false,
    result: { status: "blocked", error: { code: "tool_not_allowed" } },
  });
});

test("two clients at once cannot spend the same money", async () => {
  await using mcp = await openMcp({ max_daily_spend_usd: 200, max_single_trade_usd: 1000 });
  const swap = () => mcp.call("swap_tokens", { token_in: "USDC", token_out: "WETH", amount: "100" });
  const results = await Promise.all([swap(), swap(), swap()]);
  expect(results.map(({ result }) => result.status).toSorted()).toEqual(["blocked", "success", "success"]);
});
