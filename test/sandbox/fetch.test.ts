import { createServer } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock, MINUTE } from "../../src/core/clock.ts";
import { parseSample } from "../../src/mandate/testing/sample-mandate.ts";
import { fetchHosts } from "../../src/tools/sandbox/fetch-hosts.ts";
import { FETCH_LIMITS, type FetchNetwork, FetchProxy, INTERNET } from "../../src/tools/sandbox/fetch-proxy.ts";
import { agentsFile } from "../../src/tools/workspace/agents-file.ts";
import { CERT, KEY } from "../connect/support/certificate.ts";
import { mandateOf } from "../support/house.ts";
import { openLoneSandbox } from "./support/sandbox-house.ts";

/** What the test certificate is for. */
const HOST = "localhost";
const BOTH = new Map([[HOST, new Set(["GET", "POST"] as const)]]);
const seen: { method: string | undefined; url: string | undefined; headers: object; body?: string }[] = [];
let stop: () => Promise<void>;
const slowAnswers: (() => void)[] = [];
let network: FetchNetwork;

beforeAll(async () => {
  const server = createServer({ cert: CERT, key: KEY }, async (request, response) => {
    const { method, url, headers } = request;
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    seen.push({ method, url, headers, ...(body === "" ? {} : { body }) });
    if (request.url === "/slow") return void slowAnswers.push(() => response.end("{}"));
    if (request.url === "/moved") return void response.writeHead(302, { location: "https://elsewhere.example/" }).end();
    if (request.url === "/long") return void response.end(Buffer.alloc(FETCH_LIMITS.answer.GET + 1));
    response.writeHead(200, { "content-type": "application/json", "set-cookie": "a=b" }).end('{"price":1}');
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  network = { resolve: async () => ["127.0.0.1"], isPublic: () => true, port, ca: CERT };
  stop = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
});
afterAll(() => stop());

const proxy = (over: Partial<FetchNetwork> = {}) =>
  new FetchProxy({ hosts: BOTH, clock: new ManualClock(0), network: { ...network, ...over } });
const said = async (asked: FetchProxy, url: string) => {
  const { status, body } = await asked.ask({ method: "GET", url });
  return `${status} ${body.toString("utf8").trim().slice(0, 200)}`;
};

test("a named host is got from, with nothing of the caller's but the URL", async () => {
  seen.length = 0;
  expect(await said(proxy(), `https://${HOST}/price?of=eth#part`)).toBe('200 {"price":1}');
  expect(seen).toEqual([
    {
      method: "GET",
      url: "/price?of=eth",
      headers: { host: HOST, accept: "*/*", "accept-encoding": "identity", "user-agent": "mandate", connection: "close" },
    },
  ]);
});

test.each([
  ["https://other.example.org/", "403 fetch: the mandate does not name other.example.org"],
  [`https://${HOST}.evil.example/`, "403 fetch: the mandate does not name"],
  [`https://${HOST}@evil.example/`, "403 fetch: only https"],
  [`https://user:pass@${HOST}/`, "403 fetch: only https"],
  [`http://${HOST}/`, "403 fetch: only https"],
  [`https://${HOST}:8443/`, "403 fetch: only https"],
  ["https://127.0.0.1/", "403 fetch: the mandate does not name"],
  ["file:///etc/passwd", "403 fetch: only https"],
  ["nothing", "400 fetch:"],
  [`https://${HOST}/${"x".repeat(FETCH_LIMITS.url)}`, "400 fetch:"],
])("%s is not fetched", async (url, answer) => {
  seen.length = 0;
  expect(await said(proxy(), url)).toContain(answer);
  expect(seen).toEqual([]);
});

test("a name that leads inside is refused, also when only one of its addresses does", async () => {
  const { isPublic } = INTERNET;
  for (const addresses of [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "169.254.169.254"], ["::1"]]) {
    expect(await said(proxy({ resolve: async () => addresses, isPublic }), `https://${HOST}/`)).toContain(
      "403 fetch: localhost leads to an address inside",
    );
  }
  expect(await said(proxy({ resolve: async () => Promise.reject(new Error("gone")) }), `https://${HOST}/`)).toContain(
    "has no address",
  );
});

test("a redirect is not followed, a long answer not taken, another's certificate not believed", async () => {
  expect(await said(proxy(), `https://${HOST}/moved`)).toContain("502 fetch: it answers 302");
  expect(await said(proxy(), `https://${HOST}/long`)).toContain("502 fetch: the answer is longer");
  const { ca: _, ...unknown } = network;
  const stranger = new FetchProxy({ hosts: BOTH, clock: new ManualClock(0), network: unknown });
  expect(await said(stranger, `https://${HOST}/`)).toMatch(/502 fetch: .*self.signed|502 fetch: .*certificate/);
});

test("a minute has so many answers, and the next has them again", async () => {
  const clock = new ManualClock(0);
  const asked = new FetchProxy({ hosts: BOTH, clock, network });
  for (let i = 0; i < FETCH_LIMITS.perMinute; i += 1)
    expect((await asked.ask({ method: "GET", url: `https://${HOST}/` })).status).toBe(200);
  expect((await asked.ask({ method: "GET", url: `https://${HOST}/` })).status).toBe(429);
  clock.set(MINUTE);
  expect((await asked.ask({ method: "GET", url: `https://${HOST}/` })).status).toBe(200);
});

const post = (body: string, headers: Readonly<Record<string, string>> = {}) => ({
  method: "POST",
  url: `https://${HOST}/v1/messages`,
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(body),
});

test("a message is posted as it was written, with what its client says of itself and nothing of ours", async () => {
  seen.length = 0;
  const mine = {
    authorization: "Bearer its-own",
    "x-api-key": "its-own",
    "anthropic-version": "2023-06-01",
    accept: "text/event-stream",
  };
  const strange = { cookie: "a=b", host: "evil.example", "x-forwarded-for": "1.2.3.4", "proxy-authorization": "x", referer: "x" };
  expect((await proxy().ask(post('{"model":"m","n":1.10}', { ...mine, ...strange }))).status).toBe(200);
  const length = String('{"model":"m","n":1.10}'.length);
  const ours = { host: HOST, "accept-encoding": "identity", "user-agent": "mandate", connection: "close" };
  expect(seen).toEqual([
    {
      ...{ method: "POST", url: "/v1/messages", body: '{"model":"m","n":1.10}' },
      headers: { ...mine, ...ours, "content-type": "application/json", "content-length": length },
    },
  ]);
});

test.each([
  ["a call of a chain", '{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x02"]}', "calls of a chain"],
  ["one in other letters", '{"JsonRpc":"2.0"}', "calls of a chain"],
  ["one without its version", '{"Method":"eth_sendRawTransaction","params":[]}', "calls of a chain"],
  ["several of them", '[{"jsonrpc":"2.0"}]', "one JSON object"],
  ["no JSON", "to=mallory", "one JSON object"],
  ["bytes before the JSON", '\ufeff{"a":1}', "one JSON object"],
])("%s is not posted", async (_, body, why) => {
  seen.length = 0;
  const { status, body: said } = await proxy().ask(post(body));
  expect([status, said.toString("utf8")]).toEqual([403, expect.stringContaining(why)]);
  expect(seen).toEqual([]);
});

test("a message of another type, one that is too long, and other methods are not passed on", async () => {
  seen.length = 0;
  const status = async (more: object) => (await proxy().ask({ ...post("{}"), ...more })).status;
  expect(await status({ headers: { "content-type": "text/plain" } })).toBe(403);
  expect(await status({ headers: {} })).toBe(403);
  expect(await status({ body: Buffer.alloc(FETCH_LIMITS.message + 1, " ") })).toBe(413);
  expect(await status({ body: null })).toBe(413);
  for (const method of ["PUT", "DELETE", "PATCH", "CONNECT", "post", ""]) expect(await status({ method }), method).toBe(405);
  const readOnly = new FetchProxy({ hosts: new Map([[HOST, new Set(["GET"] as const)]]), clock: new ManualClock(0), network });
  expect((await readOnly.ask(post("{}"))).status).toBe(405);
  expect(seen).toEqual([]);
});

test("what is said counts as what is answered does, and only so many messages wait at once", async () => {
  const full = Buffer.from(JSON.stringify("x".repeat(FETCH_LIMITS.message - 20)).replace(/^(.*)$/, '{"a":$1}'));
  const asked = proxy();
  const most = FETCH_LIMITS.bytesPerMinute / FETCH_LIMITS.message;
  for (let i = 0; i < most; i += 1) expect((await asked.ask({ ...post(""), body: full })).status).toBe(200);
  expect((await asked.ask(post("{}"))).status, "so much is not yet said").toBe(200);
  expect((await asked.ask(post("{}"))).status).toBe(429);
  const more = proxy();
  const slow = { ...post("{}"), url: `https://${HOST}/slow` };
  const waiting = Array.from({ length: FETCH_LIMITS.waiting }, () => more.ask(slow));
  expect((await more.ask(post("{}"))).status).toBe(429);
  await expect.poll(() => seen.filter(({ url }) => url === "/slow").length).toBe(FETCH_LIMITS.waiting);
  for (const answer of slowAnswers) answer();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200));
  expect((await more.ask(post("{}"))).status).toBe(200);
});

test("a client in the sandbox posts to a host that is named for it, and to no other", async () => {
  await using lone = await openLoneSandbox({ brief: { fetch: [{ host: HOST, methods: ["POST"] }] }, network });
  const send = `curl -sS -H 'content-type: application/json' -H 'x-api-key: its-own'`;
  expect((await lone.sh(`${send} -d '{"model":"m"}' $MANDATE_GATEWAY/fetch/https://${HOST}/v1/messages`)).stdout).toBe(
    '{"price":1}',
  );
  expect(seen.at(-1)).toMatchObject({ method: "POST", body: '{"model":"m"}', headers: { "x-api-key": "its-own" } });
  expect((await lone.sh(`${send} -d '{"method":"eth_chainId"}' $MANDATE_GATEWAY/fetch/https://${HOST}/`)).stdout).toContain(
    "calls of a chain go through the gateway",
  );
  expect((await lone.sh(`curl -sS $MANDATE_GATEWAY/fetch/https://${HOST}/`)).stdout).toContain("allows POST only");
  expect((await lone.sh(`${send} -d '{}' $MANDATE_GATEWAY/fetch/https://api.example.com/`)).stdout).toContain("does not name");
});

test("curl in the sandbox fetches through the door, and by GET alone where only that is named", async () => {
  await using lone = await openLoneSandbox({ brief: { fetch: [{ host: HOST, methods: ["GET"] }] }, network });
  const got = await lone.sh(`curl -sSi $MANDATE_GATEWAY/fetch/https://${HOST}/price`);
  expect(got.stdout).toContain('{"price":1}');
  expect(got.stdout).not.toMatch(/set-cookie/i);
  expect((await lone.sh(`curl -sS -d x=1 $MANDATE_GATEWAY/fetch/https://${HOST}/`)).stdout).toBe(
    `fetch: of ${HOST} the mandate allows GET only\n`,
  );
  expect((await lone.sh(`curl -sS $MANDATE_GATEWAY/fetch/https://example.com/`)).stdout).toContain("does not name example.com");
  expect((await lone.sh(`curl -sS -d '{}' $MANDATE_GATEWAY/rpc/base`)).stdout).toContain("the gateway does not answer");
  expect((await lone.sh("curl -sS $MANDATE_GATEWAY/")).stdout).toBe(
    "POST /rpc/base\nGET /fetch/https://host/path\nPOST /fetch/https://host/path\n",
  );
});

test("a mandate names hosts, and methods where it wants more than GET; AGENTS.md tells both", () => {
  const written = (fetch: string) => parseSample(["decider: structured", `decider: structured\nfetch: ${fetch}`]);
  const mandate = written("[api.coingecko.com, { host: api.anthropic.com, methods: [POST] }]");
  expect(mandate.brief.fetch).toEqual([
    { host: "api.coingecko.com", methods: ["GET"] },
    { host: "api.anthropic.com", methods: ["POST"] },
  ]);
  expect(agentsFile({ mandate, skills: [] })).toContain("from api.coingecko.com (GET), api.anthropic.com (POST).");
  const twice = written("[api.a.com, { host: api.a.com, methods: [POST] }]");
  expect(fetchHosts(twice).get("api.a.com")).toEqual(new Set(["GET", "POST"]));
  for (const wrong of [
    "[{ host: api.a.com }]",
    "[{ host: api.a.com, methods: [] }]",
    "[{ host: api.a.com, methods: [PUT] }]",
    "[{ host: 127.0.0.1, methods: [POST] }]",
    "[{ host: api.a.com, methods: [POST], headers: all }]",
    "[localhost]",
    "all",
  ]) {
    expect(() => written(wrong), wrong).toThrow(expect.objectContaining({ code: "MANDATE_FILE" }));
  }
});

test.each(["api.hyperliquid.xyz", "mainnet.infura.io", "base.publicnode.com", "api.binance.com"])(
  "%s may not be named",
  (host) => {
    const { terms, brief } = mandateOf();
    expect(() => fetchHosts({ terms, brief: { ...brief, fetch: [{ host, methods: ["POST"] }] } })).toThrow(
      expect.objectContaining({ code: "FETCH_HOST" }),
    );
  },
);
