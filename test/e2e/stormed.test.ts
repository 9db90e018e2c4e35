import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { type GatewayClient, gatewayClient } from "../../src/gateway/client.ts";
import type { WalletId } from "../../src/gateway/contract.ts";
import { GatewayError } from "../../src/gateway/gateway-error.ts";
import { operatorSocket } from "../../src/gateway/operator/operator-socket.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import type { Verdict } from "../../src/mandate/verdict.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { operatorNamed } from "../support/first-live.ts";
import { START_FUNDS, swapActions } from "../support/house.ts";
import { type Fate, startRpcProxy } from "../support/rpc-proxy.ts";
import { nonceOf } from "../support/standing.ts";
import { livingChildren } from "./support/children.ts";
import { gatewayStage } from "./support/gateway-stage.ts";

const OPERATOR = operatorNamed("stormed");
const CONNECTIONS = 2_000;

/** What a connection is left with: nothing, half a header, half a body. */
const HALVES = [
  "",
  "POST /mandate.v1.State/GetState HTTP/1.1\r\nhost: x\r\n",
  "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n{",
];

async function storm(socket: string): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const one = connect(socket);
    // One that finds no room (EAGAIN) is as good as one that is dropped: the storm goes on.
    one.on("error", () => one.destroy());
    const there = new Promise<void>((resolve) => one.once("connect", resolve).once("close", () => resolve()));
    one.write(HALVES[i % HALVES.length] ?? "");
    sockets.push(one);
    if (i % 100 === 99) await there;
  }
  return sockets;
}

/** The gateway learns one by one that they are gone, and until then it turns newcomers away. */
async function openedOnceThereIsRoom(client: GatewayClient, wallet: WalletId): ReturnType<GatewayClient["open"]> {
  for (;;) {
    try {
      return await client.open(wallet);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "GATEWAY_UNREACHABLE") throw error;
    }
  }
}

test("thousands of connections with half a request each keep no operator out, and the agent is served when they are gone", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  using stage = gatewayStage(world.url, { operatorKey: OPERATOR.publicKey });
  const gateway = await startGatewayProcess(stage.config);
  try {
    const sockets = await storm(gateway.socket);
    const operator = operatorSocket(join(stage.home, "operator.sock"), OPERATOR);
    expect(await operator.freeze("a storm")).not.toBeNull();
    expect(await operator.unfreeze("it is over")).toBeNull();
    operator.close();
    for (const one of sockets) one.destroy();
    const client = gatewayClient(gateway.socket);
    expect((await openedOnceThereIsRoom(client, gateway.wallet)).cycle).toBeGreaterThan(0);
    client.close();
  } finally {
    await gateway.stop();
    await world.stop();
  }
  expect(await verifyJournal(join(stage.home, "journal.sqlite"))).toMatchObject({ ok: true });
});

function codesIn(verdict: Verdict): readonly string[] {
  return verdict.kind === "deny" ? verdict.violations.map(({ code }) => code) : [];
}

test("a process that stands still for ten minutes in the middle of a request signs nothing by what it knew before", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  using stage = gatewayStage(proxy.url);
  const gateway = await startGatewayProcess(stage.config);
  const client = gatewayClient(gateway.socket);
  try {
    const pid = livingChildren()[0]?.pid;
    if (pid === undefined) return expect.unreachable("it lives");
    const { lease, cycle } = await client.open(gateway.wallet);
    const now = await world.clock.now();
    const nonce = await nonceOf(world);
    const actions = swapActions({ sell: "WETH", buy: "USDC", amount: "0.05", floor: "148", now });
    let stood = false;
    proxy.meddle(async ({ method }): Promise<Fate> => {
      if (method !== "eth_simulateV1" || stood) return "forward";
      stood = true;
      process.kill(pid, "SIGSTOP");
      await world.advance(now + 10 * MINUTE);
      process.kill(pid, "SIGCONT");
      return "forward";
    });
    const said = await client
      .request({ wallet: gateway.wallet, lease, cycle, step: 1, actions })
      .catch((error: unknown) => error);
    expect(stood).toBe(true);
    expect(said).toMatchObject({ kind: "refused" });
    expect(await nonceOf(world)).toBe(nonce);
    const next = await client.open(gateway.wallet);
    const fresh = swapActions({ sell: "WETH", buy: "USDC", amount: "0.05", floor: "140", now: await world.clock.now() });
    const after = await client.preview({ wallet: gateway.wallet, ...next, step: 1, actions: fresh });
    expect(codesIn(after)).not.toContain("FROZEN");
  } finally {
    client.close();
    await gateway.stop();
    await proxy[Symbol.asyncDispose]();
    await world.stop();
  }
});
