import { spawnSync } from "node:child_process";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gatewayClient } from "../../src/gateway/client.ts";
import type { WalletId } from "../../src/gateway/contract.ts";
import { GatewayError } from "../../src/gateway/gateway-error.ts";
import { operatorSocket } from "../../src/gateway/operator/operator-socket.ts";
import { startGatewayProcess } from "../../src/gateway/serve/gateway-process.ts";
import { applyEntry, emptyWallet } from "../../src/journal/fold-wallet.ts";
import { openJournalReader } from "../../src/journal/sqlite/open-journal-reader.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { operatorNamed } from "../support/first-live.ts";
import { START_FUNDS, swapActions } from "../support/house.ts";
import { type Fate, isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { nonceOf, STRANGER } from "../support/standing.ts";
import { audit } from "./support/audit.ts";
import { livingChildren } from "./support/children.ts";
import { gatewayStage } from "./support/gateway-stage.ts";

const OPERATOR = operatorNamed("few files");
/** What the process may have open: support/few-files-gateway.ts sees to it. */
const MOST = 128;
/** More than two listeners take, and than the process may have open. */
const CONNECTIONS = 300;
const READS = 60;
const HALF = "POST /mandate.v1.State/GetState HTTP/1.1\r\nhost: x\r\n";
const BODY = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBalance", params: [STRANGER, "latest"] });
const READ = `POST /rpc/base HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

/** A connection that is there, or was refused; `closed` hears of its end. */
function knock(socket: string, words: string, closed: () => void): Promise<Socket> {
  return new Promise((resolve) => {
    const one = connect(socket, () => resolve(one));
    one
      .on("error", () => one.destroy())
      .once("close", () => {
        closed();
        resolve(one);
      });
    one.write(words);
  });
}

/** A call in another form than JSON, with what status it is answered. On a connection that is kept: it takes no descriptor. */
function inProtobuf(agent: Agent, socketPath: string, type = "application/proto"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": 0 };
    const one = request({ agent, socketPath, path: "/mandate.v1.State/GetState", method: "POST", headers }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    one.once("error", reject).end();
  });
}

/** Resolves when it has been counted to `most`. */
function enough(most: number): { readonly reached: Promise<void>; count(): void } {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let counted = 0;
  const count = () => {
    counted += 1;
    if (counted === most) resolve();
  };
  return { reached, count };
}

/** From now on a process opens so many files and no more. */
function letOpen(pid: number, most: number): void {
  expect(spawnSync("prlimit", [`--nofile=${most}:`, "--pid", String(pid)]).status).toBe(0);
}

async function nextNonceOnRecord(home: string, wallet: WalletId): Promise<number> {
  const reader = await openJournalReader(join(home, "journal.sqlite"));
  let state = emptyWallet;
  for await (const entry of reader.read(wallet)) state = applyEntry(state, entry);
  await reader.close();
  return state.nonces.base ?? 0;
}

test("where a process may open few files, agents that hold all they get keep no operator out, and without a single one left nothing is signed that is not on record", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  using stage = gatewayStage(proxy.url, { operatorKey: OPERATOR.publicKey });
  const door = join(stage.folder, "rpc.sock");
  const entry = join(import.meta.dirname, "support", "few-files-gateway.ts");
  const gateway = await startGatewayProcess({ ...stage.config, rpc: { socket: door } }, { entry });
  const [operator, client] = [operatorSocket(join(stage.home, "operator.sock"), OPERATOR), gatewayClient(gateway.socket)];
  const hanging = Promise.withResolvers<Fate>();
  try {
    const pid = livingChildren()[0]?.pid ?? 0;
    const { lease, cycle } = await client.open(gateway.wallet);
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await inProtobuf(kept, gateway.socket, "application/json")).toBe(400);
    proxy.meddle(({ method, params }) => (method === "eth_getBalance" && params[0] === STRANGER ? hanging.promise : "forward"));
    // Agents get half of what the process may have.
    const refused = enough(READS + CONNECTIONS - MOST / 2);
    const held: Socket[] = [];
    for (let i = 0; i < READS; i += 1) held.push(await knock(door, READ, refused.count));
    for (let i = 0; i < CONNECTIONS; i += 1) held.push(await knock(i % 2 === 0 ? door : gateway.socket, HALF, refused.count));
    await refused.reached;
    expect(await operator.freeze("they hold everything")).not.toBeNull();
    expect(await operator.unfreeze("they are gone")).toBeNull();
    for (const one of held) one.destroy();
    hanging.resolve("swallow");
    // What is open stays open, and each send costs a connection that cannot be had again.
    letOpen(pid, 1);
    proxy.meddle(({ method }) => (isSend(method) ? "drop-answer" : "forward"));
    const now = await world.clock.now();
    const actions = swapActions({ sell: "WETH", buy: "USDC", amount: "0.05", floor: "149.4", now });
    const sale = { wallet: gateway.wallet, lease, cycle, step: 1, actions };
    await client.request(sale).catch((error: unknown) => expect(error).toBeInstanceOf(GatewayError));
    expect(await nonceOf(world)).toBeLessThanOrEqual(await nextNonceOnRecord(stage.home, gateway.wallet));
    // What speaks protobuf is loaded with the first call that does.
    expect(await inProtobuf(kept, gateway.socket)).toBe(500);
    letOpen(pid, MOST);
    proxy.meddle(() => "forward");
    expect(await inProtobuf(kept, gateway.socket)).toBe(400);
    kept.destroy();
    await client.settle(gateway.wallet);
    expect(await client.request(sale)).toMatchObject({ kind: "confirmed" });
    await audit(world, stage.home);
  } finally {
    operator.close();
    client.close();
    await gateway.stop();
    await proxy[Symbol.asyncDispose]();
    await world.stop();
  }
});
