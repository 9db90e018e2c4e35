import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MINUTE } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { MandateError } from "../../src/core/errors.ts";
import type { Hex } from "../../src/core/hex.ts";
import type { CrashPoint } from "../../src/gateway/crash-point.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, type HouseOptions, openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { isSend, type RpcProxy, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, codesOf, nonceOf, signedKept, standingOf } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;

interface Meddled extends AsyncDisposable {
  readonly house: House;
  readonly proxy: RpcProxy;
}

/** A house whose gateway reaches its chain through somebody who meddles. */
async function meddledHouse(options: HouseOptions = {}): Promise<Meddled> {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  const proxy = await startRpcProxy(world.url);
  const house = await openHouse({ ...options, world, endpoint: proxy.url });
  return {
    house,
    proxy,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

async function sale(house: House) {
  return swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now: await house.world.clock.now() });
}

async function used(house: House, budget: string): Promise<string | undefined> {
  const { budgets } = await house.opened.gateway.state(house.opened.wallet);
  return budgets.find((row) => row.budget === budget)?.used.toFixed();
}

async function settle(house: House) {
  return house.opened.gateway.settle(house.opened.wallet);
}

test("a price that moves before inclusion reverts the swap; the allowance that is left counts as spend until it ages, and can be revoked through the breaker", async () => {
  await using meddled = await meddledHouse({ limits: { max_consecutive_failures: 1, max_daily_spend_usd: 2000 } });
  const { house, proxy } = meddled;
  let sends = 0;
  proxy.meddle(async ({ method }) => {
    if (isSend(method) && ++sends === 2) await house.world.setTruePrice("WETH", "2900");
    return "forward" as const;
  });
  const before = await balancesOf(house.world, REHEARSAL_WALLET);
  const [outcome] = await house.act(await sale(house));
  expect(outcome).toMatchObject({ kind: "rejected", reason: "reverted on chain" });
  const after = await balancesOf(house.world, REHEARSAL_WALLET);
  expect([after.WETH, after.USDC]).toEqual([before.WETH, before.USDC]);
  expect(await used(house, "max_daily_spend_usd")).toBe("300");
  await house.restart();
  expect(await used(house, "max_daily_spend_usd")).toBe("300");
  const [again] = await house.act(
    swapActions({ sell: "USDC", buy: "WETH", amount: "29", floor: "0.00995", now: await house.world.clock.now() }),
  );
  expect(codesOf(again)).toContain("BREAKER");
  const [revoked] = await house.act([evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))]);
  expect(revoked).toMatchObject({ kind: "confirmed" });
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});

test("a send whose answer is lost is settled from what the chain says", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "drop-answer" : "forward"));
  const [outcome] = await house.act(await sale(house));
  expect(outcome).toMatchObject({ kind: "confirmed" });
  expect(proxy.sent.length).toBe(2);
  expect(await nonceOf(house.world)).toBe(2);
});

test("bytes that never reached the node stay open, and are sent again unchanged", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  const [outcome] = await house.act(await sale(house));
  expect(outcome?.kind).toBe("open");
  expect(await nonceOf(house.world)).toBe(0);
  expect(signedKept(house.home)).toBe(2);
  await house.restart();
  proxy.meddle(() => "forward");
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(new Set(proxy.sent).size).toBe(2);
  expect(await nonceOf(house.world)).toBe(2);
  expect(signedKept(house.home)).toBe(0);
});

test("while something is open nothing else is signed", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  await house.act(await sale(house));
  const [second] = await house.act(
    swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await house.world.clock.now() }),
  );
  expect(codesOf(second)).toContain("IN_FLIGHT");
  expect(new Set(proxy.sent).size).toBe(2);
});

test("after their deadline, bytes that were never mined lose their nonces to empty transfers", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  const before = await balancesOf(house.world, REHEARSAL_WALLET);
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  await house.act(await sale(house));
  const stale = [...new Set(proxy.sent)];
  await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
  proxy.meddle(() => "forward");
  const [outcome] = await settle(house);
  expect(outcome).toMatchObject({ kind: "rejected", transactions: [{ status: "voided" }, { status: "voided" }] });
  for (const bytes of stale)
    await expect(house.world.rpc("eth_sendRawTransaction", [bytes])).rejects.toMatchObject({ code: "WORLD_RPC" });
  const after = await balancesOf(house.world, REHEARSAL_WALLET);
  expect([after.WETH, after.USDC]).toEqual([before.WETH, before.USDC]);
  expect(await nonceOf(house.world)).toBe(2);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  const [next] = await house.act(await sale(house));
  expect(next?.kind).toBe("confirmed");
});

test("a call that is mined in place of the void that was to replace it is known as the gateway's own", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  await house.act(await sale(house));
  const originals = [...new Set(proxy.sent)];
  await house.world.advance((await house.world.clock.now()) + 6 * MINUTE);
  let released = false;
  proxy.meddle(async ({ method }) => {
    if (isSend(method) && !released) {
      released = true;
      // Mined, each of them: a void that met one in the pool would outbid it.
      for (const bytes of originals) await house.world.rpc("eth_sendRawTransactionSync", [bytes]);
    }
    return "forward" as const;
  });
  await settle(house);
  const [outcome] = [...(await settle(house)), ...(await house.opened.gateway.state(house.opened.wallet)).recent].slice(-1);
  expect(outcome).toMatchObject({ kind: "rejected" });
  const state = await house.opened.gateway.state(house.opened.wallet);
  expect(state).toMatchObject({ stopped: null, open: [] });
});

test("a transaction that is mined while it is being looked for is no stranger's", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  await house.act(await sale(house));
  const originals = [...new Set(proxy.sent)];
  proxy.meddle(async ({ method, params }) => {
    if (method === "eth_getTransactionCount" && params[1] === "latest") {
      for (const bytes of originals.splice(0)) await house.world.rpc("eth_sendRawTransactionSync", [bytes]);
    }
    return "forward" as const;
  });
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("a nonce that somebody else used leaves the request unresolved: it is said once, its reservation stays, nothing more is signed", async () => {
  await using meddled = await meddledHouse({ limits: { max_consecutive_failures: 3 } });
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  await house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await house.world.clock.now() }));
  await house.world.rpc("anvil_setNonce", [REHEARSAL_WALLET, "0x1"]);
  proxy.meddle(() => "forward");
  expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
  const { recent } = await house.opened.gateway.state(house.opened.wallet);
  expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
  await house.restart();
  expect(await settle(house)).toMatchObject([{ kind: "unresolved" }]);
  const state = await house.opened.gateway.state(house.opened.wallet);
  expect(state.recent).toEqual(recent);
  expect(state.stopped).toMatchObject({ code: "FOREIGN_TRANSACTION" });
  expect(await used(house, "max_daily_spend_usd")).toBe("30");
  const [next] = await house.act(
    swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now: await house.world.clock.now() }),
  );
  expect(codesOf(next)).toEqual(expect.arrayContaining(["IN_FLIGHT", "FROZEN"]));
});

function crashOnce(wanted: CrashPoint): (point: CrashPoint) => void {
  let left = 1;
  return (point) => {
    if (point === wanted && left-- > 0) throw new MandateError("CRASHED", `the process ended ${point}`);
  };
}

test.each([
  ["after-reserve", "released"],
  ["after-sign", "released"],
  ["after-commit", "confirmed"],
  ["after-submit", "confirmed"],
  ["before-settle", "confirmed"],
] as const)("a gateway that ends %s settles its request as %s, with at most one effect", async (point, kind) => {
  await using house = await openHouse({ crash: crashOnce(point) });
  const before = await balancesOf(house.world, REHEARSAL_WALLET);
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "CRASHED" });
  await house.restart();
  expect(await settle(house)).toMatchObject([{ kind }]);
  const after = await balancesOf(house.world, REHEARSAL_WALLET);
  const moved = kind === "confirmed" ? 10n ** 17n : 0n;
  expect((before.WETH ?? 0n) - (after.WETH ?? 0n)).toBe(moved);
  expect(await nonceOf(house.world)).toBe(kind === "confirmed" ? 2 : 0);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});

test.each(["after-commit", "after-submit", "before-settle"] as const)(
  "a cycle that is opened before what a crash %s left open is settled counts its effects once",
  async (point) => {
    await using house = await openHouse({ crash: crashOnce(point) });
    await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "CRASHED" });
    await house.restart();
    await house.opened.gateway.open(house.opened.wallet);
    expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
    const state = await house.opened.gateway.state(house.opened.wallet);
    const held = await balancesOf(house.world, REHEARSAL_WALLET);
    expect(
      state.holdings
        .find(({ asset }) => asset === "base/USDC")
        ?.amount.times(1_000_000)
        .toFixed(),
    ).toBe(String(held.USDC));
    await house.opened.gateway.open(house.opened.wallet);
    expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
  },
);

test("a gateway that was away for longer than the node remembers settles from what is held, and keeps all that was reserved", async () => {
  await using house = await openHouse({ crash: crashOnce("after-submit") });
  const now = await house.world.clock.now();
  await expect(house.act(swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.0099", now }))).rejects.toMatchObject({
    code: "CRASHED",
  });
  await house.opened.close();
  for (let block = 0; block < 600; block += 1) await house.world.mine();
  await house.restart();
  expect(await settle(house)).toMatchObject([{ kind: "confirmed" }]);
  expect(await used(house, "max_daily_spend_usd")).toBe("30");
  expect(decimal((await used(house, "max_daily_loss_usd")) ?? "").gt("0.2")).toBe(true);
  const [next] = await house.act(await sale(house));
  expect(next?.kind).toBe("confirmed");
  expect((await house.opened.gateway.state(house.opened.wallet)).stopped).toBeNull();
});

test("signed bytes that are lost do not hold the wallet up: their nonces are consumed", async () => {
  await using house = await openHouse({ crash: crashOnce("after-commit") });
  await expect(house.act(await sale(house))).rejects.toMatchObject({ code: "CRASHED" });
  await house.opened.close();
  for (const end of ["", "-wal", "-shm"]) rmSync(join(house.home, `signed.sqlite${end}`), { force: true });
  await house.restart();
  expect(await settle(house)).toMatchObject([{ kind: "rejected" }]);
  expect(await nonceOf(house.world)).toBe(2);
  const [next] = await house.act(await sale(house));
  expect(next?.kind).toBe("confirmed");
});

test("signed bytes never show in answers or in the journal", async () => {
  await using meddled = await meddledHouse();
  const { house, proxy } = meddled;
  proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
  const [outcome] = await house.act(await sale(house));
  const told = JSON.stringify([outcome, await house.opened.gateway.state(house.opened.wallet)], (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const bytes: readonly Hex[] = proxy.sent as readonly Hex[];
  expect(bytes.length).toBeGreaterThan(0);
  for (const one of bytes) expect(told).not.toContain(one.slice(2));
});
