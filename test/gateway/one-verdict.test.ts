import { createClient } from "@connectrpc/connect";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { expect, test } from "vitest";
import { renderResult } from "../../src/cli/ax/render-call.ts";
import { narrateVerdict } from "../../src/cli/journal/narrate-verdict.ts";
import { renderIntention } from "../../src/cli/journal/render-intention.ts";
import { eventRenderer } from "../../src/cli/run/render-event.ts";
import { isoTime, systemClock } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { type Json, toJson } from "../../src/core/json.ts";
import type { Request } from "../../src/gateway/contract.ts";
import { startJsonRpc } from "../../src/gateway/json-rpc/start-json-rpc.ts";
import { Execution } from "../../src/gateway/proto/mandate/v1/execution-pb.ts";
import type { Entry } from "../../src/journal/journal.ts";
import { readIntention } from "../../src/journal/read-intention.ts";
import { dereference } from "../../src/journal/reference.ts";
import type { Verdict } from "../../src/mandate/verdict.ts";
import { mcpServer } from "../../src/tools/mcp/mcp-server.ts";
import { serveMcpHttp } from "../../src/tools/mcp/serve-mcp-http.ts";
import type { ToolResult } from "../../src/tools/tool-result.ts";
import { encodeTransfer } from "../cli/support/encode-transfer.ts";
import { openServed, transports } from "../connect/support/served.ts";
import { call } from "../json-rpc/support/endpoint.ts";
import { evmAction, openHouse } from "../support/house.ts";
import { toolsIn } from "../tools/support/tool-house.ts";

const PAYEE = `0x${"7a".repeat(20)}` as const;

type Denial = Extract<Verdict, { kind: "deny" }>;

/** What is said of a refusal, whoever says it: times as instants or as text are the same times. */
function saidBy({ violations, largest }: { readonly violations?: unknown; readonly largest?: unknown }): Json {
  const plain = (value: unknown) =>
    Object.fromEntries(
      Object.entries((toJson(value) ?? {}) as Record<string, Json>).flatMap(([name, part]) =>
        name.startsWith("$") || part === null || part === "" || (Array.isArray(part) && part.length === 0)
          ? []
          : [[name, (name === "until" || name === "full") && typeof part === "number" ? isoTime(part) : plainList(part)]],
      ),
    );
  const plainList = (part: Json): Json =>
    Array.isArray(part) ? part.map((one) => (typeof one === "object" ? plain(one) : one)) : part;
  return { violations: (violations as readonly unknown[]).map(plain), largest: plain(largest) };
}

test("one refusal is the same object and the same sentence in process, over every wire, for tools, and in the journal", async () => {
  await using house = await openHouse({
    limits: { allowed_recipients: [PAYEE], max_daily_spend_usd: 100, max_single_trade_usd: 90, max_slippage_bps: 50 },
  });
  const { gateway, wallet, stream } = house.opened;
  const pay = (amount: string) => [evmAction(encodeTransfer("USDC", PAYEE, amount))] as const;
  expect(await house.act(pay("58.8"))).toMatchObject([{ kind: "confirmed" }]);
  const opened = await gateway.open(wallet);
  const request: Request = { wallet, ...opened, step: 1, actions: pay("150") };
  const outcome = await gateway.request(request);
  if (outcome.kind !== "refused" || outcome.verdict.kind !== "deny") throw new TypeError(`it was ${outcome.kind}`);
  const denial: Denial = outcome.verdict;
  const sentence = denial.largest?.message ?? "";
  expect(sentence).toMatch(/^largest amount now: 41\.2 USDC; full budget at (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC$/);
  expect(denial.violations.map(({ code, allowed }) => [code, allowed])).toEqual([
    ["TRADE_TOO_LARGE", "90"],
    ["DAILY_SPEND", "41.2"],
  ]);
  expect(denial.violations[1]?.full).toBe(denial.largest?.full);
  const said = saidBy(denial);

  // The journal, and what commands make of it.
  const entries: Entry[] = [];
  for await (const entry of stream.journal.read(stream.stream)) entries.push(entry);
  const judged = entries.findLast(({ kind }) => kind === "judged")?.body as { readonly facts: Json; readonly codes: string[] };
  const facts = (await dereference(stream.journal, judged.facts)) as { readonly verdict: Json };
  const recorded = facts.verdict as unknown as Denial;
  expect(saidBy(recorded)).toEqual(said);
  expect(narrateVerdict("deny", facts as unknown as Json, judged.codes).map(([, what]) => what)).toContain(sentence);
  const intention = await readIntention(stream.journal, stream.stream);
  if (!intention) throw new TypeError("the journal tells nothing");
  const style = (_: unknown, text: string) => text;
  expect(renderIntention(intention, { style })).toContain(sentence);
  const intent = { kind: "transfer", account: "wallet", asset: "base/USDC", to: PAYEE, amount: decimal("150") } as const;
  const event = { kind: "refused", cycle: opened.cycle, at: 0, intent, dryRun: false, verdict: denial } as const;
  expect(eventRenderer(style)(event).join("\n")).toContain(sentence);

  // The contract over a socket and over TLS, asked again and asked before; every protocol of Connect.
  await using served = await openServed({ house });
  for (const client of [served.local, served.remote]) {
    expect(await client.request(request)).toEqual(outcome);
    const preview = await client.preview({ ...request, step: 2 });
    expect(preview.kind === "deny" && saidBy(preview)).toEqual(said);
  }
  const [action] = request.actions;
  if (!("call" in action)) throw new TypeError("it is no call");
  const { rail, chain, from } = action;
  const what = { case: "call" as const, value: { ...action.call, value: "0" } };
  for (const [name, transport] of Object.entries(transports(served))) {
    const answer = await createClient(Execution, transport).request({ ...request, actions: [{ rail, chain, from, what }] });
    expect(answer.verdict && saidBy(answer.verdict), name).toEqual(said);
  }
  expect(served.failures).toEqual([]);

  // Tools, MCP, and `ax` in words.
  const tools = toolsIn(house);
  const args = { intent_type: "TRANSFER", params: { asset: "USDC", to: PAYEE, amount: "150" } };
  const result = await tools.call("simulate_intent", args);
  expect(result.verdict && saidBy(result.verdict)).toEqual(said);
  expect(renderResult(result).join("\n")).toContain(sentence);
  const token = "a-token-of-the-test";
  const makeServer = () => mcpServer({ desk: tools.desk, context: tools.context, version: "0" });
  const serving = await serveMcpHttp({ makeServer, token, port: 0 });
  const client = new Client({ name: "a test", version: "0" });
  try {
    const headers = { authorization: `Bearer ${token}` };
    await client.connect(new StreamableHTTPClientTransport(new URL(serving.url), { requestInit: { headers } }) as Transport);
    const { structuredContent } = await client.callTool({ name: "simulate_intent", arguments: args });
    const { verdict } = structuredContent as unknown as ToolResult;
    expect(verdict && saidBy(verdict)).toEqual(said);
  } finally {
    await client.close();
    await serving.stop();
  }

  // JSON-RPC: the message for people, the same objects in data.
  const failures: unknown[] = [];
  const rpc = await startJsonRpc({
    ...house.opened,
    config: { port: 0 },
    home: house.home,
    terms: house.mandate.terms,
    now: async () => Math.max(await house.world.clock.now(), stream.state.at),
    clock: systemClock,
    endpoints: { base: house.world.url },
    onError: (_what, error) => failures.push(error),
  });
  try {
    const port = rpc.servings.find((one) => one.port !== null)?.port ?? 0;
    const { to, data } = action.call;
    const account = house.mandate.terms.accounts.wallet;
    const { error } = await call({ port, token: served.token }, "eth_sendTransaction", { from: account, to, data });
    expect(error?.message).toContain(sentence);
    expect(saidBy(error?.data as Denial)).toEqual(said);
  } finally {
    await rpc.stop();
  }
  expect(failures).toEqual([]);
});
