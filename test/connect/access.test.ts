import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import { Execution } from "../../src/gateway/proto/mandate/v1/execution-pb.ts";
import { Observe } from "../../src/gateway/proto/mandate/v1/observe-pb.ts";
import { tcpListen } from "../../src/gateway/serve/tcp-listen.ts";
import { addToken, revokeToken, rotateToken } from "../../src/gateway/tokens/agent-tokens.ts";
import { CERT } from "./support/certificate.ts";
import { openServed, type Served } from "./support/served.ts";

let served: Served;
beforeAll(async () => {
  served = await openServed();
});
afterAll(() => served[Symbol.asyncDispose]());

test("on TCP nobody is heard without a token, in whatever protocol", async () => {
  const { port, wallet, plainPort } = served;
  const baseUrl = `https://localhost:${port}`;
  const nodeOptions = { ca: CERT };
  const idleConnectionTimeoutMs = 100;
  const inJson = createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions, useBinaryFormat: false });
  await expect(createClient(Execution, inJson).open({ wallet })).rejects.toMatchObject({ code: Code.Unauthenticated });
  const strangers = [
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions }),
    createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions, idleConnectionTimeoutMs }),
    createGrpcTransport({ baseUrl, nodeOptions, idleConnectionTimeoutMs }),
    createGrpcTransport({ baseUrl: `http://127.0.0.1:${plainPort}`, idleConnectionTimeoutMs }),
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions }),
  ];
  for (const transport of strangers) {
    await expect(createClient(Execution, transport).open({ wallet })).rejects.toMatchObject({ code: Code.Unauthenticated });
    await expect(first(createClient(Observe, transport).watch({ wallet }))).rejects.toMatchObject({ code: Code.Unauthenticated });
  }
  expect(served.house.opened.stream.state.cycle).toBe(0);
});

test("a token is heard until it is rotated or revoked, by a gateway that runs", async () => {
  const { house, wallet, port } = served;
  const url = `https://localhost:${port}`;
  const client = (token: string) => gatewayClient({ url, token, ca: CERT });
  const [old, wrong] = [client(addToken(house.home, "mover", 0)), client("mandate_wrong")];
  await expect(wrong.state(wallet)).rejects.toMatchObject({
    code: "UNAUTHORIZED",
    remedy: expect.stringContaining("mandate tokens"),
  });
  expect(await old.state(wallet)).toMatchObject({ wallet });
  const anew = client(rotateToken(house.home, "mover", 0));
  await expect(old.state(wallet)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  expect(await anew.state(wallet)).toMatchObject({ wallet });
  revokeToken(house.home, "mover");
  await expect(anew.state(wallet)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await expect(first(anew.watch(wallet))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  for (const { close } of [old, wrong, anew]) close();
});

test("a watcher whose token is revoked hears nothing more", async () => {
  const { house, wallet, port, local } = served;
  const client = gatewayClient({ url: `https://localhost:${port}`, token: addToken(house.home, "watcher", 0), ca: CERT });
  const { seq } = await local.health();
  const watching = client.watch(wallet, { after: seq - 1 })[Symbol.asyncIterator]();
  expect((await watching.next()).value).toMatchObject({ seq });
  const next = watching.next();
  revokeToken(house.home, "watcher");
  await local.note(wallet, [{ kind: "not for the watcher" }]);
  await expect(next).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  client.close();
});

test("a token of another gateway's home is nobody's here", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "mandate-elsewhere-"));
  const { wallet, port } = served;
  const client = gatewayClient({ url: `https://localhost:${port}`, token: addToken(elsewhere, "tester", 0), ca: CERT });
  await expect(client.state(wallet)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  client.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

test("web pages are not heard, and loopback has no other names", async () => {
  const { plainPort, token, wallet } = served;
  const ask = (headers: Readonly<Record<string, string>>) =>
    new Promise<number>((resolve, reject) => {
      const all = { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers };
      const options = { host: "127.0.0.1", port: plainPort, path: "/mandate.v1.Execution/State", method: "POST", headers: all };
      const sent = request(options, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      });
      sent.once("error", reject).end(JSON.stringify({ wallet }));
    });
  expect(await ask({})).toBe(200);
  expect(await ask({ origin: "https://example.org" })).toBe(403);
  expect(await ask({ host: `rebound.example.org:${plainPort}` })).toBe(403);
});

test("a unix socket that was opened to others needs a token", async () => {
  const { socket, wallet, local } = served;
  expect(await local.state(wallet)).toMatchObject({ wallet });
  chmodSync(socket, 0o660);
  try {
    await expect(local.state(wallet)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  } finally {
    chmodSync(socket, 0o600);
  }
});

test("a token is not sent in clear to other machines, and TCP beyond loopback takes TLS", () => {
  for (const url of ["http://gateway.example.org:8443", "http://10.0.0.1", "ftp://127.0.0.1", "nowhere"]) {
    expect(() => gatewayClient({ url, token: "t" })).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  }
  for (const host of ["0.0.0.0", "10.0.0.1", "::", "127.evil.example.org", "localhost.example.org"]) {
    expect(() => tcpListen({ host, port: 0 })).toThrow(expect.objectContaining({ code: "TLS_NEEDED" }));
  }
  for (const host of ["127.0.0.1", "127.0.0.53", "::1", "localhost"]) expect(tcpListen({ host, port: 0 }).tls).toBeUndefined();
  const tls = { cert: "no-such-file.pem", key: "no-such-file.pem" };
  expect(() => tcpListen({ host: "0.0.0.0", port: 0, tls })).toThrow(expect.objectContaining({ code: "TLS_UNREADABLE" }));
  const folder = mkdtempSync(join(tmpdir(), "mandate-pem-"));
  const paths = { cert: join(folder, "c.pem"), key: join(folder, "k.pem") };
  for (const path of Object.values(paths)) writeFileSync(path, "not a certificate");
  expect(() => tcpListen({ host: "0.0.0.0", port: 0, tls: paths })).toThrow(expect.objectContaining({ code: "TLS_UNREADABLE" }));
  rmSync(folder, { recursive: true, force: true });
});

async function first<T>(stream: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of stream) return one;
  return undefined;
}
