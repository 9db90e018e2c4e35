import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decimal, fromUnits, sum } from "../../src/core/decimal.ts";
import { gatewayClient } from "../../src/gateway/client.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { jsonOf, runCli } from "../cli/support/run-cli.ts";
import { postRaw } from "../json-rpc/support/endpoint.ts";
import { unitsOf } from "../support/standing.ts";
import { buy, type HouseOfTwo, houseOfTwo, SHARED } from "./support/house-of-two.ts";

const { USDC } = EVM_BOOK.chains.base.assets;

let house: HouseOfTwo;
beforeAll(async () => {
  house = await houseOfTwo();
});
afterAll(() => house[Symbol.asyncDispose]());

async function spent() {
  const held = await Promise.all(house.members.map(({ address }) => unitsOf(house.world, address, { USDC: USDC.address })));
  return decimal(2_000).minus(sum(held.map(({ USDC: units = 0n }) => fromUnits(units, 6))));
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

test("two agents on one journal, ten purchases at once: what they share is never passed, through kill -9 and restarts", async () => {
  const kinds: string[] = [];
  {
    const { running, ready } = await house.start();
    await using _ = running;
    const clients = ready.map((one) => gatewayClient(one.ready));
    const asked = house.members.map(async (member, i) => {
      const client = clients[i];
      if (!client) throw new TypeError("each member has a socket");
      const session = await client.open(member.wallet);
      const steps = [1, 2, 3, 4, 5].map((step) => buy(client, member, session, step, "30"));
      return Promise.all(steps);
    });
    kinds.push(...(await Promise.all(asked)).flat().map(({ kind }) => kind));
    expect(kinds.filter((kind) => kind === "confirmed")).toHaveLength(6);
    expect(kinds.filter((kind) => kind === "refused")).toHaveLength(4);
    expect((await spent()).toFixed()).toBe("180");
    // Asked again and killed in the middle of it: what was reserved stays so.
    const [member] = house.members;
    const session = await clients[0]?.open(member.wallet);
    const last = clients[0] && session ? buy(clients[0], member, session, 1, "15").catch(() => null) : null;
    await running[Symbol.asyncDispose]();
    await last;
    for (const client of clients) client.close();
  }
  const { running, ready } = await house.start();
  await using _ = running;
  const codes: string[] = [];
  for (const [i, member] of house.members.entries()) {
    const client = gatewayClient(ready[i]?.ready ?? "");
    await client.settle(member.wallet);
    const session = await client.open(member.wallet);
    const outcome = await buy(client, member, session, 1, "30");
    if (outcome.kind === "refused" && outcome.verdict.kind === "deny") {
      codes.push(...outcome.verdict.violations.map(({ code }) => code));
    }
    client.close();
  }
  expect(codes).toEqual(["FLEET_SPEND", "FLEET_SPEND"]);
  expect((await spent()).lte(SHARED)).toBe(true);
  expect(await running.interrupt()).toBe(0);

  const [north, south] = house.members;
  const verified = await jsonOf(["verify", north.file]);
  expect(verified.document).toMatchObject({ ok: true, fleets: [{ stream: "fleet:desk", ok: true }] });
  expect(verified.document.projections).toHaveLength(2);
  const told = await jsonOf(["log", south.file, "--kind", "pinned"]);
  expect(told.document.entries).toMatchObject([{ stream: south.wallet }]);
  expect((await jsonOf(["limits", south.file])).document).toMatchObject({ mandate: "south" });
});

test("one agent's token opens nothing of the other's: no TCP, no JSON-RPC, no socket, and no wallet but its own", async () => {
  const { running, ready } = await house.start();
  await using _ = running;
  const [north, south] = house.members;
  const [token] = house.tokens;
  const own = gatewayClient({ url: ready[0].url, token });
  expect(await own.health()).toMatchObject({ wallet: north.wallet });
  await expect(own.open(south.wallet)).rejects.toMatchObject({ code: "UNKNOWN_WALLET" });
  await expect(own.watch(south.wallet)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "UNKNOWN_WALLET" });
  own.close();
  const other = gatewayClient({ url: ready[1].url, token });
  await expect(other.health()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await expect(other.watch(south.wallet)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  other.close();
  const bearer = { headers: { authorization: `Bearer ${token}` } };
  const health = { ...bearer, path: "/mandate.v1.Observe/Health" };
  expect((await postRaw({ socket: ready[1].ready }, "{}", health)).status).toBe(401);
  expect((await postRaw({ socket: ready[0].ready }, "{}", health)).status).toBe(200);

  const accounts = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_accounts", params: [] });
  const [onSocket = "", onPort = ""] = ready[0].rpc;
  const [otherSocket = "", otherPort = ""] = ready[1].rpc;
  const socketOf = (url: string) => ({ socket: /^unix:(.+):\/rpc\/base$/.exec(url)?.[1] ?? "" });
  expect((await postRaw({ port: portOf(onPort), token }, accounts)).body.result).toEqual([north.address]);
  expect((await postRaw({ port: portOf(otherPort), token }, accounts)).status).toBe(401);
  expect((await postRaw(socketOf(otherSocket), accounts, bearer)).status).toBe(401);
  const send = (from: string) =>
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "eth_sendTransaction",
      params: [{ from, to: USDC.address, data: "0x", value: "0x0" }],
    });
  for (const where of [{ port: portOf(onPort), token }, socketOf(onSocket)]) {
    expect((await postRaw(where, send(south.address))).body.error).toBeDefined();
  }
  expect(await running.interrupt()).toBe(0);
});

test("a house does not take a wallet that has a journal of its own, nor two mandates with one key", async () => {
  const [north] = house.members;
  const elsewhere = await jsonOf([...house.args, "--house", join(house.folder, "another")]);
  expect(elsewhere).toMatchObject({ code: 1, document: { error: { code: "OWN_JOURNAL" } } });
  const twice = await jsonOf([...house.args, "--keystore", north.keystore]);
  expect(twice).toMatchObject({ code: 2, document: { error: { code: "USAGE" } } });
  const same = await runCli(["gateway", north.file, north.file, ...house.args.slice(3)]);
  expect(same.stdout).toContain("NOT_DISTINCT");
});
