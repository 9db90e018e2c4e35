import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { MandateError } from "../../src/core/errors.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { wrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { forkOf, startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, codesOf, nonceOf, standingOf } from "../support/standing.ts";

async function sale(house: House, amount = "0.1", floor = "298") {
  return swapActions({ sell: "WETH", buy: "USDC", amount, floor, now: await house.world.clock.now() });
}

test("a settled request again, from the same session, a later lease or a restarted gateway, is answered from the record", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const request = { wallet, lease, cycle, step: 1, actions: await sale(house) };
  const first = await gateway.request(request);
  expect(first.kind).toBe("confirmed");
  const after = await standingOf(house);
  expect(await gateway.request(request)).toEqual(first);
  const next = await gateway.open(wallet);
  expect(await gateway.request(request)).toEqual(first);
  expect(await gateway.request({ ...request, lease: next.lease })).toEqual(first);
  await house.restart();
  expect(await house.opened.gateway.request(request)).toEqual(first);
  expect(await standingOf(house)).toEqual(after);
});

test("the same bytes under a later cycle are a new request, never the old one again", async () => {
  await using house = await openHouse();
  const actions = await sale(house);
  const [first] = await house.act(actions);
  const [second] = await house.act(actions);
  expect(second?.kind).toBe("confirmed");
  expect(second?.key).not.toBe(first?.key);
  expect(await nonceOf(house.world)).toBe(4);
});

test("a denied request, repeated, is judged again and denied; from a lease or cycle that is over it is not heard", async () => {
  await using house = await openHouse({ limits: { max_single_trade_usd: 100 } });
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const request = { wallet, lease, cycle, step: 1, actions: await sale(house) };
  expect(codesOf(await gateway.request(request))).toEqual(["TRADE_TOO_LARGE"]);
  expect(codesOf(await gateway.request(request))).toEqual(["TRADE_TOO_LARGE"]);
  const next = await gateway.open(wallet);
  for (const stale of [request, { ...request, lease: next.lease }, { ...request, cycle: next.cycle }]) {
    await expect(gateway.request(stale)).rejects.toMatchObject({ code: "LEASE_LOST" });
  }
  expect(await nonceOf(house.world)).toBe(0);
});

test.each(["after-reserve", "after-sign"] as const)(
  "a request that was dropped unsent %s stays dropped, whoever asks again",
  async (point) => {
    let left = 1;
    const crash = (at: CrashPoint) => {
      if (at === point && left-- > 0) throw new MandateError("CRASHED", "the process ended");
    };
    await using house = await openHouse({ crash });
    const { gateway, wallet } = house.opened;
    const { lease, cycle } = await gateway.open(wallet);
    const request = { wallet, lease, cycle, step: 1, actions: await sale(house) };
    await expect(gateway.request(request)).rejects.toMatchObject({ code: "CRASHED" });
    await house.restart();
    await house.opened.gateway.settle(wallet);
    expect(await house.opened.gateway.request(request)).toMatchObject({ kind: "released" });
    const next = await house.opened.gateway.open(wallet);
    expect(await house.opened.gateway.request({ ...request, lease: next.lease })).toMatchObject({ kind: "released" });
    expect(await nonceOf(house.world)).toBe(0);
    expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
  },
);

test("a step of a cycle is one request: other content under it is refused", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  await gateway.request({ wallet, lease, cycle, step: 1, actions: await sale(house) });
  const other = { wallet, lease, cycle, step: 1, actions: await sale(house, "0.05", "149") };
  await expect(gateway.request(other)).rejects.toMatchObject({ code: "KEY_REUSED" });
  expect(await nonceOf(house.world)).toBe(2);
});

test("whoever opens a cycle fences everybody before", async () => {
  await using house = await openHouse();
  const { gateway, wallet } = house.opened;
  const old = await gateway.open(wallet);
  await gateway.open(wallet);
  await expect(gateway.request({ wallet, ...old, step: 1, actions: await sale(house) })).rejects.toMatchObject({
    code: "LEASE_LOST",
  });
  await expect(
    gateway.request({ wallet, lease: 10_000, cycle: 10_000, step: 1, actions: await sale(house) }),
  ).rejects.toMatchObject({ code: "LEASE_LOST" });
  await expect(gateway.request({ wallet: "wallet:0x00", ...old, step: 1, actions: await sale(house) })).rejects.toMatchObject({
    code: "UNKNOWN_WALLET",
  });
  expect(await nonceOf(house.world)).toBe(0);
});

test("no bytes signed in one world are accepted by another with the same state and another chain id", async () => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const live = await forkOf(world, 8453);
  try {
    await using proxy = await startRpcProxy(world.url);
    await using house = await openHouse({ world, endpoint: proxy.url, limits: { allowed_tokens: ["WETH", "USDC", "ETH"] } });
    const { assets, contracts } = EVM_BOOK.chains.base;
    await house.act(await sale(house));
    await house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.0099", now: await world.clock.now() }));
    await house.act([evmAction(wrapCall(assets.WETH.address, 10n ** 16n))]);
    await house.act([evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))]);
    proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
    await house.act(await sale(house));
    await world.advance((await world.clock.now()) + 6 * MINUTE);
    proxy.meddle(() => "forward");
    await house.opened.gateway.settle(house.opened.wallet);

    const signed = [...new Set(proxy.sent)];
    expect(signed.length).toBeGreaterThanOrEqual(10);
    const before = await balancesOf(live, REHEARSAL_WALLET);
    expect(await nonceOf(live)).toBe(0);
    for (const bytes of signed) {
      await expect(live.rpc("eth_sendRawTransaction", [bytes])).rejects.toMatchObject({ code: "WORLD_RPC" });
      expect(await nonceOf(live)).toBe(0);
    }
    await live.mine();
    expect(await nonceOf(live)).toBe(0);
    expect(await balancesOf(live, REHEARSAL_WALLET)).toEqual(before);
  } finally {
    await live.stop();
    await world.stop();
  }
});
