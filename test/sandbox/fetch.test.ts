import { createServer } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock, MINUTE } from "../../src/core/clock.ts";
import { fetchHosts } from "../../src/tools/sandbox/fetch-hosts.ts";
import { FETCH_LIMITS, type FetchNetwork, FetchProxy, INTERNET } from "../../src/tools/sandbox/fetch-proxy.ts";
import { CERT, KEY } from "../connect/support/certificate.ts";
import { mandateOf } from "../support/house.ts";
import { openLoneSandbox } from "./support/sandbox-house.ts";

/** What the test certificate is for. */
const HOST = "localhost";
const seen: { method: string | undefined; url: string | undefined; headers: object }[] = [];
let stop: () => Promise<void>;
let network: FetchNetwork;

beforeAll(async () => {
  const server = createServer({ cert: CERT, key: KEY }, (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    if (request.url === "/moved") return void response.writeHead(302, { location: "https://elsewhere.example/" }).end();
    if (request.url === "/long") return void response.end(Buffer.alloc(FETCH_LIMITS.answer + 1));
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
  new FetchProxy({ hosts: new Set([HOST]), clock: new ManualClock(0), network: { ...network, ...over } });
const said = async (asked: FetchProxy, url: string) => {
  const { status, body } = await asked.get(url);
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
  const stranger = new FetchProxy({ hosts: new Set([HOST]), clock: new ManualClock(0), network: unknown });
  expect(await said(stranger, `https://${HOST}/`)).toMatch(/502 fetch: .*self.signed|502 fetch: .*certificate/);
});

test("a minute has so many answers, and the next has them again", async () => {
  const clock = new ManualClock(0);
  const asked = new FetchProxy({ hosts: new Set([HOST]), clock, network });
  for (let i = 0; i < FETCH_LIMITS.perMinute; i += 1) expect((await asked.get(`https://${HOST}/`)).status).toBe(200);
  expect((await asked.get(`https://${HOST}/`)).status).toBe(429);
  clock.set(MINUTE);
  expect((await asked.get(`https://${HOST}/`)).status).toBe(200);
});

test("curl in the sandbox fetches through the door, and by GET alone", async () => {
  await using lone = await openLoneSandbox({ brief: { fetch: [HOST] }, network });
  const got = await lone.sh(`curl -sSi $MANDATE_GATEWAY/fetch/https://${HOST}/price`);
  expect(got.stdout).toContain('{"price":1}');
  expect(got.stdout).not.toMatch(/set-cookie/i);
  expect((await lone.sh(`curl -sS -d x=1 $MANDATE_GATEWAY/fetch/https://${HOST}/`)).stdout).toBe("fetch: GET only\n");
  expect((await lone.sh(`curl -sS $MANDATE_GATEWAY/fetch/https://example.com/`)).stdout).toContain("does not name example.com");
  expect((await lone.sh(`curl -sS -d '{}' $MANDATE_GATEWAY/rpc/base`)).stdout).toContain("the gateway does not answer");
  expect((await lone.sh("curl -sS $MANDATE_GATEWAY/")).stdout).toBe("POST /rpc/base\nGET /fetch/https://host/path\n");
});

test.each(["api.hyperliquid.xyz", "mainnet.infura.io", "base.publicnode.com", "api.binance.com"])(
  "%s may not be named",
  (host) => {
    const { terms, brief } = mandateOf();
    expect(() => fetchHosts({ terms, brief: { ...brief, fetch: [host] } })).toThrow(
      expect.objectContaining({ code: "FETCH_HOST" }),
    );
  },
);
