import { statSync } from "node:fs";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NoteRequestSchema, OpenRequestSchema } from "../../src/gateway/proto/mandate/v1/execution-pb.ts";
import { serveGateway } from "../../src/gateway/serve/server.ts";
import { WalletReads } from "../../src/gateway/wallet-reads.ts";
import { openServed, type Served } from "./support/served.ts";

/** Milliseconds that this gateway waits for a caller, so that the tests need not wait long. */
const PATIENCE = 500;

let served: Served;
beforeAll(async () => {
  served = await openServed({ patience: PATIENCE });
});
afterAll(async () => {
  expect(served.failures).toEqual([]);
  await served[Symbol.asyncDispose]();
});

/** What comes back on a raw connection until the gateway closes it. */
async function raw(begin: (socket: Socket) => void): Promise<string> {
  const socket = connectSocket(served.socket);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => socket.destroy());
  begin(socket);
  await closed;
  return Buffer.concat(chunks).toString("latin1");
}

const OPEN = "/mandate.v1.Execution/Open";

function post(path: string, type: string, body: Buffer | string, more = ""): Promise<string> {
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n`;
  return raw((socket) => {
    socket.write(head);
    socket.write(body);
  });
}

async function alive(): Promise<void> {
  expect(await served.local.health()).toMatchObject({ wallet: served.wallet });
}

// These wait for the gateway to lose its patience, all at once.
test.concurrent("whoever connects and says nothing, dribbles a header or dribbles a body loses the connection", async () => {
  const dribble = (start: string) =>
    raw((socket) => {
      socket.write(start);
      const more = setInterval(() => socket.write("a"), PATIENCE / 10);
      socket.once("close", () => clearInterval(more));
    });
  const [silent, header, body] = await Promise.all([
    raw(() => undefined),
    dribble(`POST ${OPEN} HTTP/1.1\r\nhost: x\r\nx-slow: `),
    dribble(`POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n`),
  ]);
  expect(silent).toBe("");
  expect(header).toMatch(/^(HTTP\/1\.1 408|$)/);
  expect(body).toMatch(/^(HTTP\/1\.1 408|$)/);
  await alive();
});

test.concurrent("HTTP/2 that says nothing, or dribbles a body, is ended too", async () => {
  const idle = await raw((socket) => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
  expect(idle.length).toBeGreaterThan(0);
  const session = connectHttp2("http://x", { createConnection: () => connectSocket(served.socket) });
  session.on("error", () => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": OPEN, "content-type": "application/grpc" });
  stream.on("error", () => undefined);
  stream.resume();
  // Node's client says nothing of an end that came while it wrote, but knows of it.
  await new Promise<void>((resolve) => {
    const more = setInterval(() => {
      if (!stream.closed && stream.writable) return void stream.write("\0");
      clearInterval(more);
      resolve();
    }, PATIENCE / 10);
  });
  session.destroy();
  await alive();
});

test.concurrent("an answer that nobody takes holds no connection, also of those who may not ask", async () => {
  const { plainPort } = served;
  const session = connectHttp2(`http://127.0.0.1:${plainPort}`, { settings: { initialWindowSize: 0 } });
  session.on("error", () => session.destroy());
  await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
  const stream = session.request({ ":method": "POST", ":path": OPEN, "content-type": "application/json" });
  stream.on("error", () => undefined);
  const status = new Promise<unknown>((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
  const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
  stream.end("{}");
  expect(await status).toBe(401);
  await closed;
});

test("a body or a header that is too long is refused", async () => {
  const long = JSON.stringify({ wallet: "w".repeat(4 * 1024 * 1024) });
  expect(await post(OPEN, "application/json", long)).toMatch(/^HTTP\/1\.1 400 [\s\S]*a call is at most 4194304 bytes/);
  const message = toBinary(OpenRequestSchema, create(OpenRequestSchema, { wallet: "w".repeat(4 * 1024 * 1024) }));
  expect(await post(OPEN, "application/proto", Buffer.from(message))).toContain("resource_exhausted");
  expect(await post(OPEN, "application/json", "{}", `x-long: ${"a".repeat(17_000)}\r\n`)).toMatch(/^HTTP\/1\.1 431/);
  await alive();
});

test("a body that was packed is not unpacked", async () => {
  const packed = gzipSync(Buffer.alloc(100 * 1024 * 1024, "a"));
  expect(await post(OPEN, "application/proto", packed, "content-encoding: gzip\r\n")).toMatch(/unimplemented|invalid_argument/);
  expect(await post(OPEN, "application/json", packed, "content-encoding: gzip\r\n")).toContain("the body is not JSON");
  await alive();
});

test("more streams than sixty-four on one connection are not served at once", async () => {
  const session = connectHttp2("http://x", { createConnection: () => connectSocket(served.socket) });
  session.on("error", () => session.destroy());
  await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
  expect(session.remoteSettings.maxConcurrentStreams).toBe(64);
  expect(session.remoteSettings.maxHeaderListSize).toBe(16 * 1024);
  session.destroy();
});

test("keys that are there twice, keys that no call knows and JSON that is nested deeply are refused", async () => {
  const { wallet } = served;
  const cases = [
    [`{"wallet":"${wallet}","wallet":"${wallet}"}`, "is there twice"],
    [`{"wallet":"${wallet}","\\u0077allet":"other"}`, "is there twice"],
    [`{"wallet":"${wallet}","surprise":1}`, "Unrecognized key"],
    [`{"wallet":${"[".repeat(200)}${"]".repeat(200)}}`, "nested more than"],
    [`{"wallet":`, "is not JSON"],
  ] as const;
  const before = served.house.opened.stream.state.seq;
  for (const [body, why] of cases) expect(await post(OPEN, "application/json", body)).toContain(why);
  const note = `{"wallet":"${wallet}","notes":[{"kind":"a","deep":{"b":1,"b":2}}]}`;
  expect(await post("/mandate.v1.Execution/Note", "application/json", note)).toContain("is there twice");
  expect(served.house.opened.stream.state.seq).toBe(before);
});

test("protobuf fields that this version does not know are refused, at the top and within", async () => {
  const before = served.house.opened.stream.state.seq;
  const open = toBinary(OpenRequestSchema, create(OpenRequestSchema, { wallet: served.wallet }));
  // Field 15, a number.
  const unknown = Buffer.from([0x78, 0x01]);
  expect(await post(OPEN, "application/proto", Buffer.concat([open, unknown]))).toContain("fields that are not known here");
  // Field 5 of a request, an action that is nothing but field 15.
  const request = Buffer.concat([open, Buffer.from([0x2a, 0x02, 0x78, 0x01])]);
  const answer = await post("/mandate.v1.Execution/Request", "application/proto", request);
  expect(answer).toContain("fields that are not known here");
  expect(served.house.opened.stream.state.seq).toBe(before);
});

test("protobuf that is nested deeply is refused, and the gateway lives on", async () => {
  const notes = [{ kind: "a" }];
  const honest = toBinary(NoteRequestSchema, create(NoteRequestSchema, { wallet: served.wallet, notes }));
  expect(await post("/mandate.v1.Execution/Note", "application/proto", Buffer.from(honest))).toMatch(/^HTTP\/1\.1 200/);
  // Lists within lists, written from the inside.
  let deep = Buffer.from([0x08, 0x00]);
  const layers: Buffer[] = [];
  let length = deep.length;
  while (length < 200_000) {
    const list = Buffer.concat([Buffer.from([0x0a]), varint(length)]);
    const item = Buffer.concat([Buffer.from([0x32]), varint(length + list.length)]);
    layers.unshift(Buffer.concat([item, list]));
    length += list.length + item.length;
  }
  deep = Buffer.concat([...layers, deep]);
  const entry = field(2, deep);
  const struct = field(1, Buffer.concat([field(1, Buffer.from("kind")), entry]));
  const note = Buffer.concat([field(1, Buffer.from(served.wallet)), field(2, struct)]);
  const before = served.house.opened.stream.state.seq;
  expect(await post("/mandate.v1.Execution/Note", "application/proto", note)).not.toMatch(/^HTTP\/1\.1 200/);
  expect(served.house.opened.stream.state.seq).toBe(before);
  await alive();
});

test("JSON in other envelopes, other types and other methods are refused", async () => {
  const { wallet } = served;
  for (const type of ["application/connect+json", "application/grpc+json", "application/grpc-web+json", "text/plain"]) {
    expect(await post(OPEN, type, `{"wallet":"${wallet}"}`)).toMatch(/calls%20are%20not%20read|calls are not read/);
  }
  expect(
    await raw((socket) =>
      socket.write(`GET ${OPEN} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n`),
    ),
  ).toMatch(/^HTTP\/1\.1 405/);
  for (const path of ["/mandate.v1.Execution/constructor", "/mandate.v1.Operator/Kill", "/mandate.v1.Execution/", "*"]) {
    expect(await post(path, "application/json", "{}")).toMatch(/^HTTP\/1\.1 404/);
    expect(await post(path, "application/proto", "")).toMatch(/^HTTP\/1\.1 404/);
  }
  await alive();
});

test("a caller that hangs up has asked all the same, and the gateway goes on", async () => {
  const { house, wallet } = served;
  const { cycle } = house.opened.stream.state;
  const body = JSON.stringify({ wallet });
  const socket = connectSocket(served.socket);
  socket.end(
    `POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.resume();
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await alive();
  expect(house.opened.stream.state.cycle).toBe(cycle + 1);
});

test("a caller that breaks off within a call, or before its answer, is no failure of the gateway's", async () => {
  const broken = connectSocket(served.socket);
  broken.write(`POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`, () =>
    broken.destroy(),
  );
  await new Promise<void>((resolve) => broken.once("close", () => resolve()));
  for (const type of ["application/json", "application/proto", "application/grpc"]) {
    for (const body of [`{"wallet":`, JSON.stringify({ wallet: served.wallet })]) {
      const session = connectHttp2("http://x", { createConnection: () => connectSocket(served.socket) });
      session.on("error", () => session.destroy());
      const stream = session.request({ ":method": "POST", ":path": OPEN, "content-type": type });
      stream.on("error", () => stream.destroy());
      await new Promise<void>((resolve) => stream.write(body, () => resolve()));
      await new Promise<void>((resolve) => session.ping(() => resolve()));
      session.destroy();
    }
  }
  await alive();
});

test("a stop ends those that watch, and waits for nobody who keeps a connection, says half or does not listen", async () => {
  await using brief = await openServed({ patience: 60_000 });
  const head = `POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  for (const words of ["", "POST ", head]) {
    const halfway = connectSocket(brief.socket);
    halfway.on("error", () => halfway.destroy());
    await new Promise<void>((resolve) => halfway.write(words, () => resolve()));
  }
  const session = connectHttp2("http://x", { createConnection: () => connectSocket(brief.socket) });
  session.on("error", () => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": OPEN, "content-type": "application/grpc" });
  stream.on("error", () => stream.destroy());
  await new Promise<void>((resolve) => stream.write("\0", () => resolve()));
  const watching = brief.local.watch(brief.wallet)[Symbol.asyncIterator]();
  expect((await watching.next()).value).toMatchObject({ seq: 1 });
  const ended = watching.next();
  await Promise.all([brief.stop(), expect(ended).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" })]);
  await expect(brief.local.health()).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
});

test("gRPC errors of the envelope are told in gRPC's words", async () => {
  const session = connectHttp2("http://x", { createConnection: () => connectSocket(served.socket) });
  const stream = session.request({ ":method": "POST", ":path": OPEN, "content-type": "application/grpc+json" });
  stream.end("{}");
  const headers = await new Promise<IncomingHttpHeaders>((resolve) => stream.once("response", resolve));
  expect(headers).toMatchObject({ ":status": 200, "grpc-status": "3" });
  session.destroy();
});

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

test("calls that are piled up on one connection end it, and what was not asked for is not read", async () => {
  const call = `POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
  const said = await raw((socket) => socket.write(call.repeat(400)));
  expect(said.split("HTTP/1.1 ").length).toBeLessThan(10);
  await alive();
});

test("a call of more values than anybody needs is refused before anything is made of it", async () => {
  const dense = `{"wallet":"${served.wallet}","notes":[{"kind":"a","x":[${"{},".repeat(1_300_000)}{}]}]}`;
  expect(await post("/mandate.v1.Execution/Note", "application/json", dense)).toContain("more than 100000 values");
  const long = `{"wallet":"${served.wallet}","notes":[{"kind":"a","x":"${"a".repeat(1_000_000)}"}]}`;
  expect(await post("/mandate.v1.Execution/Note", "application/json", long)).toMatch(/^HTTP\/1\.1 200/);
});

test("long calls that are under way at once are bounded, and a short one is heard beside them", async () => {
  const held = Array.from({ length: 6 }, () => {
    const socket = connectSocket(served.socket);
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
    socket.on("error", () => socket.destroy());
    socket.write(`POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\n\r\n`);
    socket.write("a".repeat(3_900_000));
    return { socket, answer };
  });
  expect(await Promise.race(held.map(({ answer }) => answer))).toMatch(/^HTTP\/1\.1 429 [\s\S]*RATE_LIMITED/);
  await alive();
  for (const { socket } of held) socket.destroy();
});

test("the socket is its owner's alone from its first moment on, whatever files are else", async () => {
  const socket = `${served.socket}2`;
  const { gateway } = served.house.opened;
  const reads = new WalletReads(served.house.opened);
  const before = process.umask(0);
  const begin = () => {
    try {
      const serving = serveGateway({ gateway, reads, listen: { socket }, onError: () => undefined });
      return { serving, mode: statSync(socket).mode };
    } finally {
      process.umask(before);
    }
  };
  const { serving, mode } = begin();
  await (await serving).stop();
  expect(mode & 0o777).toBe(0o600);
});
