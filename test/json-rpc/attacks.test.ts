import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { READS } from "../../src/gateway/json-rpc/reads.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { STRANGER, standingOf } from "../support/standing.ts";
import { call, type Endpoint, openEndpoint, postRaw, type RpcAnswer } from "./support/endpoint.ts";

const WETH = EVM_BOOK.chains.base.assets.WETH.address;
const DEPOSIT = { from: REHEARSAL_WALLET, to: WETH, data: "0xd0e30db0", value: "0x3e8" };

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await openEndpoint({ patience: 400, rpc: { readsPerMinute: 10_000 } });
});
afterAll(async () => {
  expect(endpoint.failures).toEqual([]);
  await endpoint[Symbol.asyncDispose]();
});

const ask = (method: string, ...params: readonly unknown[]) => call(endpoint, method, ...params);

test("transactions that are not plain calls of an own account on this chain are refused, and nothing is signed", async () => {
  const before = await standingOf(endpoint.house);
  const hostile: readonly (readonly unknown[])[] = [
    [{ ...DEPOSIT, from: STRANGER }],
    [{ ...DEPOSIT, from: undefined }],
    [{ ...DEPOSIT, to: undefined }],
    [{ ...DEPOSIT, to: null }],
    [{ ...DEPOSIT, to: "0x1234" }],
    [{ ...DEPOSIT, input: "0xd0e30db1" }],
    [{ ...DEPOSIT, data: "0xd0e" }],
    [{ ...DEPOSIT, data: `0x${"00".repeat(65_537)}` }],
    [{ ...DEPOSIT, value: 1000 }],
    [{ ...DEPOSIT, value: "-0x1" }],
    [{ ...DEPOSIT, value: `0x1${"0".repeat(64)}` }],
    [{ ...DEPOSIT, chainId: "0x1" }],
    [{ ...DEPOSIT, type: "0x1" }],
    [{ ...DEPOSIT, type: "0x3" }],
    [{ ...DEPOSIT, type: "0x4", authorizationList: [{}] }],
    [{ ...DEPOSIT, authorizationList: [] }],
    [{ ...DEPOSIT, blobVersionedHashes: [] }],
    [{ ...DEPOSIT, maxFeePerBlobGas: "0x1" }],
    [{ ...DEPOSIT, accessList: [{ address: WETH, storageKeys: [] }] }],
    [{ ...DEPOSIT, condition: null }],
    [DEPOSIT, DEPOSIT],
    [DEPOSIT, "latest"],
    [[DEPOSIT]],
    [],
  ];
  for (const params of hostile) {
    const { error, result } = await ask("eth_sendTransaction", ...params);
    expect(result, JSON.stringify(params)).toBeUndefined();
    expect([-32602, -32003], JSON.stringify(params)).toContain(error?.code);
  }
  expect(await standingOf(endpoint.house)).toEqual(before);
});

test("the same call in upper case, with data as input, or both alike, is that call", async () => {
  for (const way of [
    { ...DEPOSIT, from: upper(REHEARSAL_WALLET), to: upper(WETH) },
    { ...DEPOSIT, data: undefined, input: DEPOSIT.data },
    { ...DEPOSIT, input: DEPOSIT.data, type: "0x2", accessList: [], chainId: `0x${endpoint.house.world.chainId.toString(16)}` },
  ]) {
    expect(await ask("eth_sendTransaction", way)).toMatchObject({ result: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
  }
});

test("a key that is there twice, or that JSON-RPC does not have, is refused before anything is read from it", async () => {
  const send = JSON.stringify(DEPOSIT);
  const twice = [
    `{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"eth_sendTransaction","params":[${send}]}`,
    `{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"to":"${STRANGER}",${send.slice(1)}]}`,
    `{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[${send}],"par\\u0061ms":[${send}]}`,
  ];
  for (const text of twice) expect((await postRaw(endpoint, text)).body.error).toMatchObject({ code: -32700 });
  const odd = `{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[${send}],"from":"${REHEARSAL_WALLET}"}`;
  expect((await postRaw(endpoint, odd)).body).toMatchObject({ id: 1, error: { code: -32600 } });
  const proto = `{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"__proto__":{"from":"x"},${send.slice(1)}]}`;
  expect((await postRaw(endpoint, proto)).body.error).toMatchObject({ code: -32602 });
});

test("a batch is answered call by call, in order, each with its own verdict", async () => {
  const calls = [
    { jsonrpc: "2.0", id: "a", method: "eth_chainId", params: [] },
    { jsonrpc: "2.0", id: "b", method: "anvil_mine", params: [] },
    { jsonrpc: "2.0", id: "c", method: "eth_sendTransaction", params: [{ ...DEPOSIT, to: STRANGER }] },
    [{ jsonrpc: "2.0", id: "d", method: "eth_chainId", params: [] }],
  ];
  const { text } = await postRaw(endpoint, JSON.stringify(calls));
  const answers = JSON.parse(text) as readonly RpcAnswer[];
  expect(answers.map(({ id }) => id)).toEqual(["a", "b", "c", null]);
  expect(answers.map(({ error }) => error?.code)).toEqual([undefined, -32601, -32003, -32600]);
});

test("what is not on the list is refused, whatever its case, and own names of objects are no methods", async () => {
  for (const method of [
    ...[
      "ETH_CHAINID",
      "eth_SendTransaction",
      "Eth_sendRawTransaction",
      "eth_chainId ",
      "eth_chainId\u0000",
      "toString",
      "__proto__",
    ],
    ...["anvil_setCode", "hardhat_setBalance", "evm_mine", "debug_traceCall", "trace_call", "txpool_content", "admin_nodeInfo"],
    ...["eth_sendRawTransaction", "eth_sendRawTransactionSync", "eth_sendPrivateTransaction", "eth_sendUnsignedTransaction"],
    ...["personal_unlockAccount", "wallet_sendCalls", "eth_sign", "eth_signTransaction", "eth_signTypedData_v3"],
    ...["eth_newFilter", "eth_subscribe", "eth_simulateV1", "eth_callMany", "miner_start", "eth_getProof", "rpc_modules"],
  ]) {
    const { error } = await ask(method);
    expect([-32601, -32004], method).toContain(error?.code);
  }
});

test("reads take their params and nothing more: no overrides, no strange blocks, nobody else's calls", async () => {
  const balance = { to: WETH, data: `0x70a08231${REHEARSAL_WALLET.slice(2).padStart(64, "0")}` };
  expect(await ask("eth_call", balance)).toMatchObject({ result: expect.stringMatching(/^0x/) });
  const zero = `0x${"0".repeat(40)}`;
  expect(await ask("eth_call", { ...balance, from: zero }, { blockNumber: await head() })).toHaveProperty("result");
  const refused: readonly (readonly [string, ...unknown[]])[] = [
    ["eth_call", balance, "latest", { [WETH]: { balance: "0xffff" } }],
    ["eth_call", balance, "latest", {}],
    ["eth_call", { ...balance, from: STRANGER }, "latest"],
    ["eth_call", { data: "0x6000" }, "latest"],
    ["eth_call", balance, "yesterday"],
    ["eth_call", balance, { blockNumber: "0x1", blockHash: `0x${"00".repeat(32)}` }],
    ["eth_call", balance, -1],
    ["eth_estimateGas", balance, "latest", { [WETH]: { balance: "0xffff" } }],
    ["eth_getBalance", "alice.eth"],
    ["eth_getBalance"],
    ["eth_getStorageAt", WETH, "0x", "latest"],
    ["eth_feeHistory", "0x400", "latest", []],
    ["eth_feeHistory", "0x1", "latest", [101]],
    ["eth_getBlockByNumber", "latest", "yes"],
    ["eth_getTransactionReceipt", "0x12"],
    ["eth_accounts", "all"],
    ["eth_chainId", null],
  ];
  for (const [method, ...params] of refused) {
    expect((await ask(method, ...params)).error, `${method} ${JSON.stringify(params)}`).toMatchObject({ code: -32602 });
  }
});

test("optional params may be left out", async () => {
  const short: readonly (readonly [string, ...unknown[]])[] = [
    ["eth_getBalance", WETH],
    ["eth_getCode", WETH],
    ["eth_getTransactionCount", REHEARSAL_WALLET],
    ["eth_getStorageAt", WETH, "0x0"],
    ["eth_feeHistory", "0x2", "latest"],
    ["eth_feeHistory", 2, "latest", [50]],
    ["eth_getBlockByNumber", "latest"],
    ["eth_estimateGas", DEPOSIT],
  ];
  for (const [method, ...params] of short) expect(await ask(method, ...params), method).toHaveProperty("result");
});

test("logs are given for a thousand blocks at most", async () => {
  expect((await ask("eth_getLogs", { address: WETH, fromBlock: "earliest", toBlock: "latest" })).result).toBeInstanceOf(Array);
  expect((await ask("eth_getLogs", { fromBlock: "0x0", toBlock: "0x3e8" })).error).toMatchObject({ code: -32005 });
  expect((await ask("eth_getLogs", { fromBlock: "0x0", toBlock: `0x${"f".repeat(64)}` })).error).toMatchObject({ code: -32005 });
  for (const filter of [
    { fromBlock: "0x5", toBlock: "0x4" },
    { blockHash: `0x${"00".repeat(32)}`, fromBlock: "0x1" },
    { address: Array(21).fill(WETH) },
    { topics: Array(5).fill(null) },
    { topics: [[[null]]] },
    { fromBlock: "0x1", limit: 5 },
  ]) {
    expect((await ask("eth_getLogs", filter)).error, JSON.stringify(filter)).toMatchObject({ code: -32602 });
  }
});

test("messages that are too long, no JSON, or not posted as such are refused", async () => {
  const chain = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const long = await postRaw(endpoint, `${chain}${" ".repeat(600_000)}`).catch((error: Error & { code?: string }) => error);
  // The answer may be overtaken by the closing of the connection, which is refusal enough.
  expect("status" in long ? long.status : long.code).toSatisfy(
    (what) => what === 413 || what === "EPIPE" || what === "ECONNRESET",
  );
  expect((await postRaw(endpoint, "{")).body.error?.code).toBe(-32700);
  expect((await postRaw(endpoint, "")).body.error?.code).toBe(-32700);
  expect((await postRaw(endpoint, chain, { method: "PUT" })).status).toBe(405);
  expect((await postRaw(endpoint, chain, { headers: { "content-type": "text/plain" } })).status).toBe(415);
  expect((await postRaw(endpoint, chain, { headers: { origin: "https://example.org" } })).status).toBe(403);
  expect((await postRaw(endpoint, chain, { headers: { host: "rebound.example.org" } })).status).toBe(403);
  for (const path of [`/${endpoint.token}/rpc/other`, `/${endpoint.token}/rpc/%E0`]) {
    expect((await postRaw(endpoint, chain, { path })).status, path).toBe(404);
  }
});

test("whatever the params are, the answer is a result or an error with a code, and nothing is signed", async () => {
  const before = await standingOf(endpoint.house);
  const method = fc.constantFrom(...READS.keys(), "eth_estimateGas", "eth_sendTransaction");
  const piece = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("latest", "0x0", "0x", STRANGER, WETH, `0x${"ff".repeat(32)}`, null),
    fc.record({
      from: fc.constantFrom(STRANGER, WETH, ""),
      to: fc.constantFrom(WETH, STRANGER, null),
      data: fc.constantFrom("0x", "0xd0e30db0", 1),
    }),
  );
  await fc.assert(
    fc.asyncProperty(method, fc.array(piece, { maxLength: 4 }), async (name, params) => {
      const { result, error } = await ask(name, ...params);
      expect(result !== undefined || Number.isInteger(error?.code)).toBe(true);
      expect(error?.code).not.toBe(-32603);
    }),
    { numRuns: 300 },
  );
  expect(await standingOf(endpoint.house)).toEqual(before);
});

test("a client that says nothing, or dribbles, loses its connection; the others are served meanwhile", async () => {
  const silent = connect(endpoint.port, "127.0.0.1");
  const slow = connect(endpoint.port, "127.0.0.1");
  await Promise.all([once(silent, "connect"), once(slow, "connect")]);
  const closed = Promise.all([silent, slow].map((socket) => once(socket.on("error", () => undefined).resume(), "close")));
  slow.write(
    `POST /${endpoint.token}/rpc/base HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  expect(await ask("eth_chainId")).toHaveProperty("result");
  await closed;
});

function upper(address: string): string {
  return `0x${address.slice(2).toUpperCase()}`;
}

async function head(): Promise<unknown> {
  return (await ask("eth_blockNumber")).result;
}
