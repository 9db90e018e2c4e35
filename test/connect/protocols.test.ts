import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.ts";
import { Execution } from "../../src/gateway/proto/mandate/v1/execution-pb.ts";
import { FailureSchema } from "../../src/gateway/proto/mandate/v1/failure-pb.ts";
import { Market, MarketHoldingsSchema, MarketPricesSchema } from "../../src/gateway/proto/mandate/v1/market-pb.ts";
import { Observe } from "../../src/gateway/proto/mandate/v1/observe-pb.ts";
import { GatewayStateSchema, OutcomeSchema } from "../../src/gateway/proto/mandate/v1/standing-pb.ts";
import { State, WalletLimitsSchema } from "../../src/gateway/proto/mandate/v1/state-pb.ts";
import { VerdictSchema } from "../../src/gateway/proto/mandate/v1/verdict-pb.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { swapActions } from "../support/house.ts";
import { openServed, type Served, transports } from "./support/served.ts";

const NAMES = [
  "Connect, HTTP/1.1, unix",
  "Connect, HTTP/2, unix",
  "Connect, HTTP/2, TLS",
  "gRPC, unix",
  "gRPC, TLS",
  "gRPC-web, HTTP/1.1, unix",
  "gRPC-web, HTTP/1.1, TLS",
  "gRPC-web, HTTP/2, TLS",
];

let served: Served;
beforeAll(async () => {
  served = await openServed();
});
afterAll(async () => {
  expect(served.failures).toEqual([]);
  await served[Symbol.asyncDispose]();
});

function transportOf(name: string) {
  const transport = transports(served)[name];
  if (!transport) throw new TypeError(`there is no transport ${name}`);
  return transport;
}

/** Actions as protobuf has them. */
function messages(actions: readonly Action[]) {
  return actions.flatMap((action) => {
    if (!("call" in action)) return [];
    const { rail, chain, from, call } = action;
    return [{ rail, chain, from, what: { case: "call" as const, value: { ...call, value: call.value.toString() } } }];
  });
}

async function swap(sell: "WETH" | "USDC") {
  const now = await served.house.world.clock.now();
  return sell === "WETH"
    ? swapActions({ sell, buy: "USDC", amount: "0.01", floor: "1", now })
    : swapActions({ sell, buy: "WETH", amount: "3", floor: "0.000001", now });
}

test.each(NAMES)("%s: a trade is previewed, requested, settled and told", async (name) => {
  const transport = transportOf(name);
  const execution = createClient(Execution, transport);
  const { wallet } = served;
  const { lease, cycle } = await execution.open({ wallet });
  const actions = messages(await swap(lease % 2 === 0 ? "WETH" : "USDC"));
  const asked = { wallet, lease, cycle, step: 1, actions };
  const verdict = await execution.preview(asked);
  expect(verdict).toMatchObject({ kind: "allow", atWorst: { class: expect.any(String) } });
  expect(verdict.effects?.calls).toHaveLength(2);
  const outcome = await execution.request(asked);
  expect(outcome).toMatchObject({ kind: "confirmed", transactions: [{ status: "success" }, { status: "success" }] });
  expect((await execution.settle({ wallet })).outcomes).toEqual([]);
  await execution.note({ wallet, notes: [{ kind: "remark", of: { name } }] });
  const state = await createClient(State, transport).getState({ wallet });
  expect(state).toMatchObject({ wallet, lease, cycle, open: [] });
  expect((await createClient(State, transport).getLimits({ wallet })).limits).toMatchObject({ max_slippage_bps: "unlimited" });
  const { prices } = await createClient(Market, transport).getPrices({ wallet });
  expect(prices.find(({ asset }) => asset === "base/WETH")).toMatchObject({
    source: "base/WETH",
    usd: expect.stringMatching(/^\d/),
  });
  const { holdings } = await createClient(Market, transport).getHoldings({ wallet });
  expect(holdings.map(({ asset }) => asset)).toContain("base/USDC");
  expect(await createClient(Observe, transport).health({})).toMatchObject({ wallet, seq: expect.any(Number) });
});

test.each(NAMES)("%s: a watcher sees what stands and then what comes, and its leaving ends it", async (name) => {
  const leaving = new AbortController();
  const seen: { seq: number; kind: string }[] = [];
  const before = served.house.opened.stream.state.seq;
  const watching = createClient(Observe, transportOf(name)).watch(
    { wallet: served.wallet, after: 0 },
    { signal: leaving.signal },
  );
  const error = await (async () => {
    for await (const { seq, kind } of watching) {
      seen.push({ seq, kind });
      if (seq === before) await served.local.note(served.wallet, [{ kind: "for the watcher" }]);
      if (seq > before) leaving.abort();
    }
  })().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: Code.Canceled });
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: before + 1 }, (_, i) => i + 1));
  expect([seen[0]?.kind, seen.at(-1)?.kind]).toEqual(["pinned", "noted"]);
});

test.each(NAMES)("%s: a refusal is an answer, and an error bears the gateway's code", async (name) => {
  const execution = createClient(Execution, transportOf(name));
  const error = await execution.open({ wallet: "wallet:0x00" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ code: Code.FailedPrecondition });
  expect((error as ConnectError).findDetails(FailureSchema)).toMatchObject([
    { code: "UNKNOWN_WALLET", remedy: expect.any(String) },
  ]);
  const { wallet } = served;
  const { lease, cycle } = await execution.open({ wallet });
  const what = { case: "typedData" as const, value: "{}" };
  const actions = [{ rail: "evm", chain: "base", from: "wallet", what }];
  const outcome = await execution.request({ wallet, lease, cycle, step: 1, actions });
  expect(outcome).toMatchObject({ kind: "refused", verdict: { kind: "deny" } });
  expect(outcome.verdict?.violations.map(({ code }) => code)).toContain("SIGNING_NOT_ALLOWED");
});

test("plain posted JSON is answered at the same paths, and Connect's own JSON client reads it", async () => {
  const { socket, wallet } = served;
  const { status, body } = await post(socket, "/mandate.v1.Execution/Open", JSON.stringify({ wallet }));
  expect([status, Object.keys(body)]).toEqual([200, ["cycle", "lease"]]);
  const health = await post(socket, "/mandate.v1.Observe/Health", "{}");
  expect(health).toMatchObject({ status: 200, body: { wallet, stopped: null } });
  const inJson = { baseUrl: "http://localhost", useBinaryFormat: false };
  const clients = [
    createConnectTransport({ ...inJson, httpVersion: "1.1", nodeOptions: { socketPath: socket } }),
    createConnectTransport({
      ...inJson,
      httpVersion: "2",
      nodeOptions: { createConnection: () => connectSocket(socket) },
      idleConnectionTimeoutMs: 100,
    }),
  ];
  for (const transport of clients) {
    const execution = createClient(Execution, transport);
    expect(await execution.state({ wallet })).toMatchObject({ wallet, lease: body.lease });
    await expect(execution.open({ wallet: "wallet:0x00" })).rejects.toMatchObject({ code: Code.FailedPrecondition });
  }
});

test("what is answered in JSON is whole in protobuf, but for nulls and what is empty", async () => {
  const { socket, wallet } = served;
  const ask = async (name: string, body: unknown) => (await post(socket, `/mandate.v1.${name}`, canonicalJson(body))).body;
  const { lease, cycle } = await served.local.open(wallet);
  const asked = { wallet, lease, cycle, step: 1, actions: await swap("WETH") };
  const denied = { ...asked, step: 2, actions: [{ rail: "evm", chain: "base", from: "wallet", typedData: "{}" }] };
  const answers: readonly (readonly [DescMessage, unknown])[] = [
    [VerdictSchema, await ask("Execution/Preview", asked)],
    [OutcomeSchema, await ask("Execution/Request", asked)],
    [OutcomeSchema, await ask("Execution/Request", denied)],
    [GatewayStateSchema, await ask("State/GetState", { wallet })],
    [WalletLimitsSchema, await ask("State/GetLimits", { wallet })],
    [MarketPricesSchema, await ask("Market/GetPrices", { wallet })],
    [MarketHoldingsSchema, await ask("Market/GetHoldings", { wallet })],
  ];
  for (const [schema, answer] of answers) {
    const message = fromBinary(schema, toBinary(schema, fromJson(schema, answer as JsonValue)));
    expect(filled(toJson(schema, message)), schema.typeName).toEqual(filled(answer));
  }
});

/** Without what protobuf leaves unset. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).map(([key, inner]) => [key, filled(inner)] as const);
  return Object.fromEntries(kept.filter(([, inner]) => inner !== null && inner !== "" && inner !== 0 && !isEmpty(inner)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

test("the library's client says the same over the socket and over TLS", async () => {
  const { local, remote, wallet } = served;
  for (const client of [local, remote]) {
    const { lease, cycle } = await client.open(wallet);
    expect(await client.state(wallet)).toMatchObject({ lease, cycle });
    expect((await client.limits(wallet)).limits).toMatchObject({ cooldown_seconds: "0" });
    expect((await client.prices(wallet)).prices.find(({ asset }) => asset === "base/USDC")?.usd?.toFixed()).toMatch(/^\d/);
    expect((await client.holdings(wallet)).holdings.length).toBeGreaterThan(2);
    const { seq } = await client.health();
    const leaving = new AbortController();
    const seen = [];
    for await (const entry of client.watch(wallet, { after: seq - 2, signal: leaving.signal })) {
      seen.push(entry);
      if (entry.seq === seq) leaving.abort();
    }
    const stands = [];
    for await (const entry of served.house.opened.stream.journal.read(wallet, seq - 2)) stands.push(entry);
    expect(seen).toEqual(stands);
    const nobody = client.watch("wallet:0x00", {});
    await expect(
      (async () => {
        for await (const _ of nobody) break;
      })(),
    ).rejects.toMatchObject({ code: "UNKNOWN_WALLET" });
  }
});

function post(socketPath: string, path: string, body: string): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ socketPath, path, method: "POST", headers }, async (response) => {
      const text = (await response.toArray()).join("");
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
    });
    sent.once("error", reject).end(body);
  });
}
