import { parseTransaction } from "viem/utils";
import { expect, test } from "vitest";
import { DAY, MINUTE } from "../../src/core/clock.ts";
import { max, ZERO } from "../../src/core/decimal.ts";
import type { Hex } from "../../src/core/hex.ts";
import { worstCase } from "../../src/mandate/worst-case.ts";
import { encodeApprove } from "../../src/protocols/erc20.ts";
import { wrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, openHouse, swapActions } from "../support/house.ts";
import { isSend, startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, codesOf, nonceOf } from "../support/standing.ts";
import { letGo, pinnedPrice, startArena } from "./support/accomplice.ts";
import { lossBetween } from "./support/greedy.ts";
import { WITH_NATIVE } from "./support/hostile-mandates.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const LIMITS = { ...WITH_NATIVE, max_daily_spend_usd: 300, max_single_trade_usd: 300 };

test.each([
  ["a swap that never reached the node", "swap"],
  ["a cheap transaction without a deadline in its bytes", "wrap"],
  ["an allowance", "approve"],
] as const)(
  "%s sleeps for a day; budgets refill, they are spent again, and then all of it is offered in one block: a day loses a day's figure",
  async (_, what) => {
    const world = await startArena();
    try {
      await using proxy = await startRpcProxy(world.url);
      await using house = await openHouse({ world, endpoint: proxy.url, limits: LIMITS });
      const { gateway, wallet } = house.opened;
      const now = () => world.clock.now();
      const buy = async (usd: number) => {
        const floor = ((usd / 3_000) * 0.996).toFixed(9);
        return swapActions({ sell: "USDC", buy: "WETH", amount: String(usd), floor, now: await now() });
      };
      const sleeper = {
        swap: async () => buy(290),
        wrap: async () => [evmAction(wrapCall(assets.WETH.address, 10n ** 16n))],
        approve: async () => [evmAction(encodeApprove(assets.USDC.address, contracts.router.address, 290_000_000n))],
      }[what];
      // The accomplice keeps the bytes and lets nobody else see them.
      proxy.meddle(({ method }) => (isSend(method) ? "swallow" : "forward"));
      const [asleep] = await house.act(await sleeper());
      expect(["open", "confirmed"]).toContain(asleep?.kind);
      const kept = [...proxy.sent];
      expect(kept.length).toBeGreaterThan(0);
      // They begin at the next nonce and leave none out: one behind a gap would sleep until somebody fills it.
      const nonces = [...new Set(kept.map((bytes) => parseTransaction(bytes as Hex).nonce ?? 0))];
      const next = await nonceOf(world);
      expect(nonces).toEqual(nonces.map((_, i) => next + i));
      // While it may still land, nothing else is signed, and what it takes stays taken.
      const meanwhile = (await house.act(await buy(200)))[0];
      expect(meanwhile?.kind).toBe("refused");
      expect(codesOf(meanwhile)).toContain("IN_FLIGHT");

      await world.advance((await now()) + DAY + MINUTE);
      await letGo(world);
      proxy.meddle(() => "forward");
      await gateway.settle(wallet);
      expect((await gateway.state(wallet)).open).toEqual([]);
      const start = await balancesOf(world, REHEARSAL_WALLET);
      expect((await house.act(await buy(290)))[0]?.kind).toBe("confirmed");
      expect(codesOf((await house.act(await buy(290)))[0])).toContain("DAILY_SPEND");

      // All that slept is offered at once, and none of it takes effect any more.
      const nonce = await nonceOf(world);
      const before = await balancesOf(world, REHEARSAL_WALLET);
      for (const bytes of kept) {
        await expect(world.rpc("eth_sendRawTransaction", [bytes as Hex])).rejects.toMatchObject({ code: "WORLD_RPC" });
      }
      await world.mine();
      expect(await nonceOf(world)).toBe(nonce);
      expect(await balancesOf(world, REHEARSAL_WALLET)).toEqual(before);
      const lost = max(ZERO, lossBetween(world, start, before));
      const printed = worstCase(house.mandate.terms, { value_usd: pinnedPrice(world, "USDC").times(6_000) }).per_day.total_usd;
      expect(printed !== "unbounded" && lost.lte(printed)).toBe(true);
    } finally {
      await world.stop();
    }
  },
);

test("an allowance that stays live is spend in every later day until it is used or revoked", async () => {
  const world = await startArena();
  try {
    await using house = await openHouse({ world, limits: LIMITS });
    const standing = [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 8n * 10n ** 16n))];
    expect((await house.act(standing))[0]?.kind).toBe("confirmed");
    for (let day = 0; day < 3; day += 1) {
      await world.advance((await world.clock.now()) + DAY + MINUTE);
      await letGo(world);
      const now = await world.clock.now();
      const more = swapActions({ sell: "USDC", buy: "WETH", amount: "290", floor: "0.0963", now });
      expect(codesOf((await house.act(more))[0]), `day ${day}`).toContain("DAILY_SPEND");
    }
    expect(await nonceOf(world)).toBe(1);
    const revoke = [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))];
    const now = await world.clock.now();
    const more = swapActions({ sell: "USDC", buy: "WETH", amount: "290", floor: "0.0963", now });
    expect((await house.act(revoke, more)).map(({ kind }) => kind)).toEqual(["confirmed", "confirmed"]);
  } finally {
    await world.stop();
  }
});

test("a signature that would sleep is not given: permits, orders and raw hashes", async () => {
  const world = await startArena();
  try {
    await using house = await openHouse({ world, limits: LIMITS });
    for (const primaryType of ["Permit", "PermitSingle", "PermitTransferFrom", "ReceiveWithAuthorization", "Order"]) {
      const typedData = JSON.stringify({ primaryType, domain: { verifyingContract: assets.USDC.address }, message: {} });
      const [outcome] = await house.act([{ rail: "evm", chain: "base", from: "wallet", typedData }]);
      expect(codesOf(outcome)).toContain("SIGNING_NOT_ALLOWED");
    }
    expect(await nonceOf(world)).toBe(0);
  } finally {
    await world.stop();
  }
});
