import { join } from "node:path";
import { expect, test } from "vitest";
import type { Outcome, Request } from "../../src/gateway/contract.ts";
import { CRASH_POINTS } from "../../src/gateway/crash-point.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, openHouse, swapActions } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { balancesOf, nonceOf, standingOf } from "../support/standing.ts";
import { startArena } from "./support/accomplice.ts";
import { CrashedError, Crasher } from "./support/crasher.ts";
import { Doors } from "./support/doors.ts";

const LIMITS = { max_single_trade_usd: 100, max_slippage_bps: 100, max_exit_cost_bps: 100 };

async function sale(house: House, amount: string, floor: string): Promise<Request["actions"]> {
  return swapActions({ sell: "WETH", buy: "USDC", amount, floor, now: await house.world.clock.now() });
}

/** One request of each ending: settled, denied, and dropped unsent by a crash. */
async function endings(house: House, crasher: Crasher, point: string): Promise<readonly Request[]> {
  const { gateway, wallet } = house.opened;
  const made: Request[] = [];
  const next = async (actions: Request["actions"]): Promise<Request> => {
    const session = await house.opened.gateway.open(wallet);
    const request = { wallet, ...session, step: 1, actions };
    made.push(request);
    return request;
  };
  expect((await gateway.request(await next(await sale(house, "0.01", "29.8")))).kind).toBe("confirmed");
  expect((await gateway.request(await next(await sale(house, "0.2", "597")))).kind).toBe("refused");
  crasher.arm(point);
  await expect(gateway.request(await next(await sale(house, "0.02", "59.6")))).rejects.toBeInstanceOf(CrashedError);
  await house.restart();
  await house.opened.gateway.settle(wallet);
  return made;
}

test.each(CRASH_POINTS)(
  "ids that are settled, denied or dropped, crashed %s, bring nothing about again: from another session, cycle, socket or life",
  async (point) => {
    const world = await startArena();
    try {
      await using proxy = await startRpcProxy(world.url);
      const crasher = new Crasher();
      await using house = await openHouse({ world, endpoint: proxy.url, limits: LIMITS, crash: crasher.crash });
      const made = await endings(house, crasher, point);
      const settled = await standingOf(house);
      const sent = new Set(proxy.sent).size;
      await using doors = new Doors(house);
      const kinds = new Map<Request, string>();
      const tellOnce = async (request: Request, ask: () => Promise<{ readonly kind: Outcome["kind"] }>) => {
        const said = await ask().then(
          ({ kind }) => kind,
          (error: unknown) => (error as { code?: unknown }).code,
        );
        if (said === "LEASE_LOST" || said === "KEY_REUSED") return;
        // Whoever is answered is answered as everybody before.
        expect(kinds.get(request) ?? said).toBe(said);
        kinds.set(request, String(said));
      };
      for (let life = 0; life < 2; life += 1) {
        const { gateway, wallet } = house.opened;
        const session = await gateway.open(wallet);
        for (const request of made) {
          for (const form of [request, { ...request, lease: session.lease }]) {
            await tellOnce(request, () => gateway.request(form));
            await tellOnce(request, () => doors.request("socket", form));
          }
        }
        await doors.close();
        await house.restart();
      }
      expect(kinds.size).toBeGreaterThanOrEqual(2);
      const { nonce, wallet, stranger } = await standingOf(house);
      expect({ nonce, wallet, stranger }).toEqual({ nonce: settled.nonce, wallet: settled.wallet, stranger: settled.stranger });
      expect(new Set(proxy.sent).size).toBe(sent);
      const { ok } = await verifyJournal(join(house.home, "journal.sqlite"), { mirror: join(house.home, "mirror", "heads") });
      expect(ok).toBe(true);
    } finally {
      await world.stop();
    }
  },
);

test("the id of the exit that is to come, used beforehand for something else, does not keep the exit in", async () => {
  const world = await startArena();
  try {
    await using house = await openHouse({ world, limits: LIMITS });
    const { gateway, wallet } = house.opened;
    const { lease, cycle } = await gateway.open(wallet);
    const exit = await sale(house, "0.03", "89.4");
    // Every step that an exit of this cycle could have is taken, with what is denied and with what passes.
    for (let step = 1; step <= 20; step += 1) {
      const actions = step % 2 === 0 ? await sale(house, "0.2", "597") : await sale(house, "0.0001", "0.2");
      await gateway.request({ wallet, lease, cycle, step, actions });
    }
    await expect(gateway.request({ wallet, lease, cycle, step: 2, actions: exit })).rejects.toMatchObject({ code: "KEY_REUSED" });
    // Cycles that nobody opened yet cannot be used beforehand.
    for (const ahead of [1, 2, 100]) {
      await expect(gateway.request({ wallet, lease, cycle: cycle + ahead, step: 1, actions: exit })).rejects.toMatchObject({
        code: "LEASE_LOST",
      });
    }
    const before = await nonceOf(world);
    const weth = (await balancesOf(world, REHEARSAL_WALLET)).WETH ?? 0n;
    const [done] = await house.act(exit);
    expect(done?.kind).toBe("confirmed");
    expect(await nonceOf(world)).toBe(before + 2);
    expect(((await balancesOf(world, REHEARSAL_WALLET)).WETH ?? 0n) < weth).toBe(true);
  } finally {
    await world.stop();
  }
});
