import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { rpcClient } from "./json-rpc.ts";
import { postJson } from "./post-json.ts";

async function server(answer: (response: ServerResponse) => void) {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    asked.push(request.url ?? "");
    request.resume().on("end", () => answer(response));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    asked,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

test("an answer is read, packed or not", async () => {
  await using plain = await server((response) => response.end('{"said":"ü"}'));
  expect(await postJson(plain.url, "{}", { timeout: 5_000 })).toEqual({ said: "ü" });
  await using packed = await server((response) => response.setHeader("content-encoding", "gzip").end(gzipSync('{"said":"ü"}')));
  expect(await postJson(packed.url, "{}", { timeout: 5_000 })).toEqual({ said: "ü" });
});

test("an error of JSON-RPC is read whatever the status, and any other failure tells its status", async () => {
  await using told = await server((response) => response.writeHead(400).end('{"error":{"code":-32000,"message":"no"}}'));
  expect(await postJson(told.url, "{}", { timeout: 5_000 })).toEqual({ error: { code: -32000, message: "no" } });
  await using down = await server((response) => response.writeHead(404).end("gone"));
  await expect(postJson(down.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ name: "HttpRequestError", status: 404 });
});

test("a failure that may pass is tried again, as often as was asked for", async () => {
  let count = 0;
  await using at = await server((response) => {
    count += 1;
    if (count < 3) response.writeHead(503).end("later");
    else response.end('[{"id":1,"result":"0x1"}]');
  });
  expect(await rpcClient(at.url, { retries: 2 }).request("eth_chainId", [])).toBe("0x1");
  expect(count).toBe(3);
});

test("a send is never tried again", async () => {
  await using at = await server((response) => response.writeHead(503).end("later"));
  await expect(rpcClient(at.url).request("eth_sendRawTransaction", ["0x"])).rejects.toMatchObject({ rpcCode: null });
  expect(at.asked).toHaveLength(1);
});

test("nobody is asked whom a node points to", async () => {
  await using other = await server((response) => response.end('{"result":1}'));
  await using at = await server((response) => response.writeHead(307, { location: other.url }).end());
  await expect(postJson(at.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ status: 307 });
  expect(other.asked).toEqual([]);
});

test("an answer that does not come whole, or is no JSON, or never ends in length, is none", async () => {
  await using late = await server((response) => response.write('{"half":'));
  await expect(postJson(late.url, "{}", { timeout: 50 })).rejects.toMatchObject({ name: "TimeoutError" });
  await using broken = await server((response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    response.socket?.end();
  });
  await expect(postJson(broken.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ name: "HttpRequestError" });
  await using words = await server((response) => response.end("<html>"));
  await expect(postJson(words.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ name: "HttpRequestError" });
  await using long = await server((response) => response.end(Buffer.alloc(11 * 1024 * 1024, 0x20)));
  await expect(postJson(long.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ name: "HttpRequestError" });
  await using bomb = await server((response) =>
    response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(11 * 1024 * 1024, 0x20))),
  );
  await expect(postJson(bomb.url, "{}", { timeout: 5_000 })).rejects.toMatchObject({ name: "HttpRequestError" });
});

test("a node that asks to be left alone for a day is not waited for that long", async () => {
  await using busy = await server((response) => response.writeHead(429, { "retry-after": "100000" }).end("{}"));
  await expect(rpcClient(busy.url).request("eth_blockNumber", [])).rejects.toMatchObject({ code: "RPC_UNREACHABLE" });
  expect(busy.asked.length).toBe(3);
});
