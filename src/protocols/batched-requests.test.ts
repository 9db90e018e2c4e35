import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { rpcClient } from "./json-rpc.ts";

interface Asked {
  readonly id: number;
  readonly method: string;
}

/** A node that answers each message with what is made of it; what it was asked, message by message. */
async function node(answer: (calls: readonly Asked[]) => unknown) {
  const messages: (readonly Asked[])[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const calls = JSON.parse(text) as readonly Asked[];
    messages.push(calls);
    response.setHeader("content-type", "application/json").end(JSON.stringify(await answer(calls)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test("calls of one turn travel as one message, and answers in any order reach who asked", async () => {
  await using at = await node((calls) => calls.map(({ id, method }) => ({ jsonrpc: "2.0", id, result: method })).reverse());
  const rpc = rpcClient(at.url);
  expect(await Promise.all(["a", "b", "c"].map((method) => rpc.request(method, [])))).toEqual(["a", "b", "c"]);
  expect(await rpc.request("d", [])).toBe("d");
  expect(at.messages.map((calls) => calls.length)).toEqual([3, 1]);
});

test("a call that fails fails alone, with the node's code", async () => {
  await using at = await node((calls) =>
    calls.map(({ id, method }) =>
      method === "bad" ? { id, error: { code: 3, message: "reverted", data: "0x01" } } : { id, result: 1 },
    ),
  );
  const rpc = rpcClient(at.url);
  const [good, bad] = await Promise.allSettled([rpc.request("good", []), rpc.request("bad", [])]);
  expect(good).toMatchObject({ status: "fulfilled", value: 1 });
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "RPC_ERROR", rpcCode: 3, data: "0x01" } });
});

test("an answer that is left out, or one error for the whole message, is no answer to any call", async () => {
  await using short = await node((calls) => calls.slice(1).map(({ id }) => ({ id, result: 1 })));
  const rpc = rpcClient(short.url, { retries: 0 });
  const [first, second] = await Promise.allSettled([rpc.request("a", []), rpc.request("b", [])]);
  expect(first).toMatchObject({ status: "rejected", reason: { code: "RPC_ERROR" } });
  expect(second).toMatchObject({ status: "fulfilled" });
  await using whole = await node(() => ({ error: { code: -32601, message: "no batches" } }));
  await expect(rpcClient(whole.url, { retries: 0 }).request("a", [])).rejects.toMatchObject({ rpcCode: -32601 });
});

test("more calls than one message holds go in several", async () => {
  await using at = await node((calls) => calls.map(({ id }) => ({ id, result: id })));
  const rpc = rpcClient(at.url);
  await Promise.all(Array.from({ length: 230 }, (_, i) => rpc.request(`m${i}`, [])));
  expect(at.messages.map((calls) => calls.length).sort((a, b) => a - b)).toEqual([30, 100, 100]);
});

test("a node that refuses several calls in a message is asked call by call, and not in any other way again", async () => {
  await using at = await node((calls) =>
    Array.isArray(calls)
      ? { id: null, error: { code: -32600, message: "no batches" } }
      : { id: (calls as unknown as Asked).id, result: (calls as unknown as Asked).method },
  );
  const rpc = rpcClient(at.url, { retries: 0 });
  expect(await Promise.all(["a", "b", "c"].map((method) => rpc.request(method, [])))).toEqual(["a", "b", "c"]);
  expect(await rpc.request("d", [])).toBe("d");
  expect(at.messages.map((message) => Array.isArray(message))).toEqual([true, false, false, false, false]);
});

test("a node that is asked too often is not asked more often for it", async () => {
  await using at = await node(() => ({ id: null, error: { code: -32005, message: "slower" } }));
  const rpc = rpcClient(at.url, { retries: 0 });
  const answers = await Promise.allSettled(["a", "b"].map((method) => rpc.request(method, [])));
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(at.messages).toHaveLength(1);
});

test("what is asked twice in one turn travels once, and in the next turn it is asked anew", async () => {
  let count = 0;
  await using at = await node((calls) => {
    count += 1;
    return calls.map(({ id, method }) => ({ id, result: `${method} ${count}` }));
  });
  const rpc = rpcClient(at.url);
  const twice = [rpc.request("a", [1]), rpc.request("a", [2]), rpc.request("a", [1])];
  expect(await Promise.all(twice)).toEqual(["a 1", "a 1", "a 1"]);
  expect(await rpc.request("a", [1])).toBe("a 2");
  expect(at.messages.map((calls) => calls.length)).toEqual([2, 1]);
});

test("a node that hangs is waited for in full, tried once more for less, and for less from then on, until it answers", async () => {
  let hangs = true;
  await using at = await node((calls) => (hangs ? new Promise(() => undefined) : calls.map(({ id }) => ({ id, result: 1 }))));
  const rpc = rpcClient(at.url, { timeout: 300 });
  const asked: number[] = [];
  for (let i = 0; i < 2; i++) {
    const before = at.messages.length;
    await expect(Promise.all([rpc.request("a", []), rpc.request("b", [])])).rejects.toMatchObject({ code: "RPC_UNREACHABLE" });
    asked.push(at.messages.length - before);
  }
  expect(asked).toEqual([2, 1]);
  hangs = false;
  expect(await rpc.request("a", [])).toBe(1);
});
