import { toFunctionSelector } from "viem";
import { expect, test } from "vitest";
import { bringBack, takeCharge } from "../../src/cli/operator/flatten-mandate.ts";
import { operatorAt } from "../../src/gateway/operator/operator-desk.ts";
import { twoDomainBook } from "../../src/worlds/anvil/hyperlane/two-domains.ts";
import { startLyingNode } from "../effects/support/lying-node.ts";
import { operatorNamed } from "../support/first-live.ts";
import { mandateOf, swapActions } from "../support/house.ts";
import { type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { sharedDomains } from "./support/shared-domains.ts";
import { BRIDGING, type Side, sending, type TwoDomainHouse, underWay } from "./support/two-domain-house.ts";

const two = sharedDomains();

/** A house on the domains as they were at first, whose node of one side is behind a proxy. */
async function behind(side: Side, options: Parameters<typeof two.house>[0] = {}) {
  const proxy = await startRpcProxy(two.domains[side].world.url);
  const at = await two.house(options);
  await at.restart({ endpoints: { [side]: proxy.url } });
  const end = async () => {
    await at[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  };
  return { at, proxy, [Symbol.asyncDispose]: end };
}

function die(proxy: RpcProxy): void {
  proxy.meddle(() => "swallow");
}

/** Half of the WETH of "base" into dollars. */
async function exit() {
  const now = await two.domains.base.world.clock.now();
  return swapActions({ sell: "WETH", buy: "USDC", amount: "0.2", floor: "597", now });
}

async function purchase() {
  const now = await two.domains.base.world.clock.now();
  return swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now });
}

async function high({ opened: { gateway, wallet } }: TwoDomainHouse): Promise<string | undefined> {
  return (await gateway.state(wallet)).high_water_usd?.toFixed();
}

test("while another chain's node is dead what reduces passes, nothing else does, and all goes on when it is back", async () => {
  await using house = await behind("arb");
  const { at, proxy } = house;
  await at.act(sending(two.domains, { amount: "50" }));
  await at.act();
  const before = await high(at);
  die(proxy);
  expect((await at.act(await exit()))[0]).toMatchObject({ kind: "confirmed" });
  await expect(at.act(await purchase())).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  await expect(at.act(sending(two.domains, { amount: "10" }))).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  expect(await high(at)).toBe(before);
  expect(underWay(at)).toHaveLength(1);
  proxy.meddle(() => "forward");
  await at.relay("base");
  expect((await at.act(await purchase()))[0]).toMatchObject({ kind: "confirmed" });
  const { holdings, stopped } = await at.opened.gateway.state(at.opened.wallet);
  expect(stopped).toBeNull();
  expect(holdings.find(({ asset }) => asset === "arb/USDC")?.amount.toFixed()).toBe("350");
  expect(underWay(at)).toEqual([]);
  expect(await at.verified()).toBe(true);
});

test("a request that hangs on a dead chain keeps no exit on another one waiting", async () => {
  await using house = await behind("arb");
  const { at, proxy } = house;
  const now = await two.domains.arb.world.clock.now();
  const there = swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now }).map((action) => ({
    ...action,
    chain: "arb",
  }));
  let dead = false;
  proxy.meddle(({ method }) => {
    dead ||= method.startsWith("eth_sendRaw");
    return dead ? "swallow" : "forward";
  });
  await expect(at.act(there)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  expect(at.opened.stream.state.open).toHaveLength(1);
  expect((await at.act(await exit()))[0]).toMatchObject({ kind: "confirmed" });
  proxy.meddle(() => "forward");
  await at.opened.gateway.settle(at.opened.wallet);
  expect(at.opened.stream.state.open).toEqual([]);
  expect((await at.act(await purchase()))[0]).toMatchObject({ kind: "confirmed" });
  expect(await at.verified()).toBe(true);
});

test("a gateway starts anew while one of its chains is dead, takes home what is on the other, and asks the dead one who it is", async () => {
  await using house = await behind("arb");
  const { at, proxy } = house;
  die(proxy);
  await at.restart({ endpoints: { arb: proxy.url } });
  expect((await at.act(await exit()))[0]).toMatchObject({ kind: "confirmed" });
  await expect(at.act(await purchase())).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  proxy.meddle(() => "forward");
  expect((await at.act(await purchase()))[0]).toMatchObject({ kind: "confirmed" });
  // Another chain behind the same address is no answer.
  die(proxy);
  await using impostor = await startRpcProxy(two.domains.base.world.url);
  impostor.meddle(() => "swallow");
  await at.restart({ endpoints: { arb: impostor.url } });
  impostor.meddle(() => "forward");
  await expect(at.act(await purchase())).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  expect(await at.verified()).toBe(true);
  await expect(at.restart({ endpoints: { arb: impostor.url } })).rejects.toMatchObject({ code: "WRONG_CHAIN" });
});

test("on the chain that is dead itself nothing is signed, and with every chain dead no cycle opens", async () => {
  await using house = await behind("base");
  const { at, proxy } = house;
  die(proxy);
  const [first, ...rest] = await exit();
  await expect(at.act([first, ...rest])).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  await at.restart({ endpoints: { base: proxy.url } });
  await using other = await startRpcProxy(two.domains.arb.world.url);
  other.meddle(() => "swallow");
  expect((await at.kinds()).filter((kind) => kind === "signed")).toEqual([]);
  await expect(at.restart({ endpoints: { base: proxy.url, arb: other.url } })).rejects.toMatchObject({ code: "RPC_UNREACHABLE" });
});

test("a mailbox that does not say whether it delivered is not taken for one that has not: nothing is counted twice", async () => {
  await using house = await behind("arb");
  const { at } = house;
  await using node = await startLyingNode(two.domains.arb.world.url);
  await at.restart({ endpoints: { arb: node.url } });
  await at.act(sending(two.domains, { amount: "100" }));
  await at.act();
  const before = await high(at);
  const delivered = toFunctionSelector("delivered(bytes32)");
  node.lie("eth_call", (said, [call]) => ((call as { data: string }).data.startsWith(delivered) ? "0x" : said));
  await at.relay("base");
  expect((await at.act(await exit()))[0]).toMatchObject({ kind: "confirmed" });
  expect(await high(at)).toBe(before);
  await expect(at.act(await purchase())).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  expect((await at.kinds()).filter((kind) => kind === "delivered")).toEqual([]);
  node.honest();
  expect((await at.act(await purchase()))[0]).toMatchObject({ kind: "confirmed" });
  expect(underWay(at)).toEqual([]);
  expect((await at.opened.gateway.state(at.opened.wallet)).stopped).toBeNull();
  expect(await at.verified()).toBe(true);
});

test("flatten takes home what is on the living chain, and says that it is not all", async () => {
  const key = operatorNamed("tests");
  await using house = await behind("arb", { operatorKey: key.publicKey });
  const { at, proxy } = house;
  const { desk } = at.opened;
  if (!desk) throw new TypeError("the house has an operator");
  const operator = operatorAt(desk, key);
  const mandate = mandateOf(BRIDGING, twoDomainBook(two.domains));
  const endpoints = { base: two.domains.base.world.url, arb: proxy.url };
  die(proxy);
  const said: string[] = [];
  await takeCharge(operator, { say: (line) => said.push(line) }, mandate);
  expect(said.join("\n")).toMatch(/^not all of it can be seen/);
  const report = await bringBack(mandate, endpoints, operator, () => undefined, { clock: two.domains.base.world.clock });
  expect(report).toMatchObject({ home: false, cash_share: null });
  expect(report.exits).toBeGreaterThan(1);
  const held = (await at.opened.gateway.state(at.opened.wallet)).holdings;
  const of = (asset: string) => held.find((one) => one.asset === asset)?.amount.toNumber();
  expect([of("base/WETH"), of("base/DAI"), of("arb/DAI")]).toEqual([0, 0, 200]);
  expect(of("base/USDC")).toBeGreaterThan(1_690);
});

test("what is on its way to a chain from a dead one, and not known to have left, is settled before anything there is signed", async () => {
  await using house = await behind("base");
  const { at, proxy } = house;
  let dead = false;
  proxy.meddle(({ method }) => {
    dead ||= method === "eth_getTransactionReceipt";
    return dead ? "swallow" : "forward";
  });
  await expect(at.act(sending(two.domains, { amount: "50" }))).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  await at.relay("base");
  const there = (await exit()).map((action) => ({ ...action, chain: "arb" }));
  await expect(at.act(there)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
  proxy.meddle(() => "forward");
  expect((await at.act(there))[0]).toMatchObject({ kind: "confirmed" });
  expect(underWay(at)).toEqual([]);
  expect(await at.verified()).toBe(true);
});
