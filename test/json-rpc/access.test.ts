import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock, MINUTE } from "../../src/core/clock.ts";
import { startJsonRpc } from "../../src/gateway/json-rpc/start-json-rpc.ts";
import { addToken, revokeToken, rotateToken } from "../../src/gateway/tokens/agent-tokens.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { START_FUNDS } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { STRANGER } from "../support/standing.ts";
import { call, type Endpoint, openEndpoint, postRaw } from "./support/endpoint.ts";

const CHAIN = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
const clock = new ManualClock(0);

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await openEndpoint({ rates: clock, rpc: { readsPerMinute: 50 } });
});
afterAll(() => endpoint[Symbol.asyncDispose]());

const status = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  clock.set((await clock.now()) + MINUTE);
  return (await postRaw(endpoint, CHAIN, { path, headers })).status;
};

test("over TCP every message needs a token, in its path or its header, and a wrong one beside a right one is wrong", async () => {
  const { token } = endpoint;
  expect(await status(`/${token}/rpc/base`)).toBe(200);
  expect(await status("/rpc/base", { authorization: `Bearer ${token}` })).toBe(200);
  expect(await status(`/${token}/rpc/base`, { authorization: `Bearer ${token}` })).toBe(200);
  for (const authorization of ["", "Bearer ", "Bearer mandate_x", `Basic ${token}`, `Bearer ${token} x`]) {
    expect(await status(`/${token}/rpc/base`, { authorization }), authorization).toBe(401);
    expect(await status("/rpc/base", { authorization }), authorization).toBe(401);
  }
  for (const path of [
    "//rpc/base",
    "/x/rpc/base",
    `/${token}x/rpc/base`,
    "/",
    `/rpc/base?token=${token}`,
    `/${token}/rpc/base/../base`,
  ]) {
    expect(await status(path, { authorization: "" }), path).toBe(401);
  }
});

test("whether a chain is served is told only to those who may know", async () => {
  expect(await status("/rpc/base", { authorization: "" })).toBe(401);
  expect(await status("/rpc/nowhere", { authorization: "" })).toBe(401);
  expect(await status(`/${endpoint.token}/rpc/nowhere`)).toBe(404);
});

test("a rotated and a revoked token are refused by the server that runs", async () => {
  const { home } = endpoint.house;
  const first = addToken(home, "shell", 0);
  expect(await status(`/${first}/rpc/base`)).toBe(200);
  const second = rotateToken(home, "shell", 0);
  expect(await status(`/${first}/rpc/base`)).toBe(401);
  expect(await status(`/${second}/rpc/base`)).toBe(200);
  revokeToken(home, "shell");
  expect(await status(`/${second}/rpc/base`)).toBe(401);
  expect(await status(`/${endpoint.token}/rpc/base`)).toBe(200);
});

test("a fifth of the reads is the gateway's; past the rest a client is told when, and a batch counts each of its calls", async () => {
  clock.set((await clock.now()) + MINUTE);
  const batch = JSON.stringify(
    Array.from({ length: 20 }, (_, id) => ({ jsonrpc: "2.0", id, method: "eth_blockNumber", params: [] })),
  );
  const answers = [];
  for (let i = 0; i < 3; i += 1)
    answers.push(...(JSON.parse((await postRaw(endpoint, batch)).text) as { error?: { code: number } }[]));
  expect(answers.filter(({ error }) => error === undefined)).toHaveLength(40);
  expect(answers.slice(40).every(({ error }) => error?.code === -32005)).toBe(true);
  clock.set((await clock.now()) + MINUTE);
  expect(await call(endpoint, "eth_blockNumber")).toHaveProperty("result");
});

test("a socket that its owner alone can open needs no token, refuses a wrong one, and is not served to web pages", async () => {
  const { house } = endpoint;
  const socket = join(house.home, "rpc.sock");
  const serve = () =>
    startJsonRpc({
      ...house.opened,
      config: { socket },
      home: house.home,
      terms: house.mandate.terms,
      now: () => house.world.clock.now(),
      clock: new ManualClock(0),
      endpoints: { base: house.world.url },
      onError: (_what, error) => {
        throw error;
      },
    });
  const first = await serve();
  await first.stop();
  const rpc = await serve();
  try {
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(rpc.servings.map(({ urls }) => urls)).toEqual([{ base: `unix:${socket}:/rpc/base` }]);
    expect(await call({ socket }, "eth_chainId")).toMatchObject({ result: "0x7a69" });
    const posted = (headers: Readonly<Record<string, string>>) => postRaw({ socket }, CHAIN, { headers });
    expect((await posted({ authorization: "Bearer wrong" })).status).toBe(401);
    expect((await posted({ authorization: `Bearer ${endpoint.token}` })).status).toBe(200);
    expect((await posted({ origin: "http://localhost" })).status).toBe(403);
    chmodSync(socket, 0o666);
    expect((await posted({})).status).toBe(401);
  } finally {
    await rpc.stop();
  }
});

test("a chain that does not answer, and one that reverts, are told apart", async () => {
  await using proxied = await openProxied();
  const revert = { to: EVM_BOOK.chains.base.assets.WETH.address, data: `0x2e1a7d4d${"ff".repeat(32)}` };
  expect((await call(proxied.endpoint, "eth_call", revert)).error).toMatchObject({
    code: 3,
    message: expect.stringContaining("revert"),
  });
  proxied.proxy.meddle(() => "swallow");
  const { error } = await call(proxied.endpoint, "eth_blockNumber");
  expect(error).toMatchObject({ code: -32603, message: "the chain does not answer" });
  const send = { from: REHEARSAL_WALLET, to: STRANGER, value: "0x1" };
  expect((await call(proxied.endpoint, "eth_sendTransaction", send)).error).toMatchObject({ code: -32603 });
  proxied.proxy.meddle(() => "forward");
  expect((await call(proxied.endpoint, "eth_sendTransaction", send)).error).toMatchObject({ code: -32003 });
  expect(proxied.endpoint.failures).toEqual([]);
});

/** An endpoint whose chain can be made to fall silent. */
async function openProxied() {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  const opened = await openEndpoint({ world, endpoint: proxy.url });
  return {
    endpoint: opened,
    proxy,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}
