import { expect, test } from "vitest";
import { SECOND } from "../../src/core/clock.ts";
import type { Request } from "../../src/gateway/contract.ts";
import type { Door } from "../../src/gateway/quotas.ts";
import type { Action } from "../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { unwrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { purchase, sale } from "../operator/support/governed-house.ts";
import { evmAction, type House, openHouse, swapActions } from "../support/house.ts";
import { startRpcProxy } from "../support/rpc-proxy.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { STRANGER } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const FLOOD = 1_000;
const FUNDS = { ETH: "1", WETH: "2", USDC: "300" };
const LIMITS = { ...SHIPPED_LIMITS, max_single_trade_usd: 5_000, max_position_size_usd: 60_000, max_actions_per_plan: 1_000 };

/** A house behind a node that counts what it is asked, whose gateway keeps its own time. */
async function countedHouse() {
  const world = await startEvmWorld({ seed: 1, volatility: { WETH: 0, GOV: 0 }, fund: { [REHEARSAL_WALLET]: FUNDS } });
  const node = await startRpcProxy(world.url);
  let asked = 0;
  node.meddle(() => {
    asked += 1;
    return "forward";
  });
  let now = await world.clock.now();
  const house = await openHouse({ world, endpoint: node.url, clock: { now: async () => now }, limits: LIMITS });
  return {
    house,
    now,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

async function session({ opened: { gateway, wallet } }: House) {
  const standing = await gateway.open(wallet);
  let step = 0;
  const next = (actions: readonly Action[]): Request => {
    step += 1;
    return { wallet, ...standing, step, actions: actions as Request["actions"] };
  };
  return {
    request: (actions: readonly Action[], door?: Door) => gateway.request(next(actions), door),
    preview: (actions: readonly Action[]) => gateway.preview(next(actions)),
  };
}

/** What becomes of it: the outcome, or the code of what is thrown. */
function fateOf(work: Promise<{ readonly kind: string }>): Promise<string> {
  return work.then(
    ({ kind }) => kind,
    (error: { readonly code?: string }) => error.code ?? String(error),
  );
}

test(`past the quota ${FLOOD} more requests ask the node for nothing and write nothing down, and exits pass between them`, async () => {
  await using counted = await countedHouse();
  const { house, now } = counted;
  const { request, preview } = await session(house);
  const noExits: readonly ((i: number) => readonly Action[])[] = [
    (i) => [evmAction(encodeApprove(assets.USDC.address, STRANGER, 10n ** 30n + BigInt(i)))],
    (i) => [evmAction(encodeTransfer(assets.WETH.address, STRANGER, 10n ** 17n + BigInt(i)))],
    (i) => swapActions({ sell: "USDC", buy: "WETH", amount: String(30 + i), floor: "0.001", now }),
    (i) => swapActions({ sell: "WETH", buy: "USDC", amount: `0.0001${i}`, floor: "0.1", now }),
    (i) => swapActions({ sell: "WETH", buy: "GOV", amount: `0.1${i}`, floor: "1", now }),
    (i) => [evmAction(unwrapCall(assets.WETH.address, BigInt(i + 1)))],
    (i) => [
      evmAction(encodeApprove(assets.GOV.address, contracts.router.address, 0n)),
      evmAction({ to: STRANGER, data: "0x", value: BigInt(i) }),
    ],
    () => [evmAction(encodeApprove(assets.USDC.address, contracts.router.address, 0n))],
  ];
  const flood = (i: number) => noExits[i % noExits.length]?.(i) ?? [];
  for (let i = 0; i < 240; i += 1) await request(flood(i));
  for (let i = 0; i < 240; i += 1) await preview(flood(i));

  const [asked, seq] = [counted.asked(), house.opened.stream.state.seq];
  for (let i = 0; i < FLOOD; i += 1) {
    expect(await fateOf((i % 2 === 0 ? request : preview)(flood(1_000 + i))), `flood ${i % noExits.length}`).toBe("RATE_LIMITED");
  }
  expect(counted.asked() - asked).toBe(0);
  expect(house.opened.stream.state.seq).toBe(seq);
  expect(await fateOf(request(await sale(house, "0.15", "448")))).toBe("confirmed");
  expect(await fateOf(request(await purchase(house, "30", "0.00995")))).toBe("RATE_LIMITED");
  expect(await fateOf(request(await sale(house, "0.15", "448")))).toBe("confirmed");

  // What only looks like an exit, since more is asked for than any pool gives, has a quota of its own; true exits used none of it.
  const fake = (i: number) => swapActions({ sell: "WETH", buy: "USDC", amount: "0.15", floor: String(600 + i), now });
  let judged = counted.asked();
  for (let i = 0; i < 60; i += 1) {
    expect(await fateOf(request(fake(i)))).toBe("RATE_LIMITED");
    expect(counted.asked()).toBeGreaterThan(judged);
    judged = counted.asked();
  }
  for (let i = 60; i < 300; i += 1) expect(await fateOf(request(fake(i)))).toBe("RATE_LIMITED");
  expect(counted.asked()).toBe(judged);

  // Nobody pays for that by the other door; by the same one a second passes, and in each one more is looked at.
  expect(await fateOf(request(await sale(house, "0.15", "448"), "json-rpc"))).toBe("confirmed");
  expect(await fateOf(request(await sale(house, "0.15", "448")))).toBe("RATE_LIMITED");
  counted.pass(SECOND);
  expect(await fateOf(request(await sale(house, "0.15", "448")))).toBe("confirmed");
  expect(await fateOf(request(fake(300)))).toBe("RATE_LIMITED");
  judged = counted.asked();
  for (let i = 301; i < 320; i += 1) expect(await fateOf(request(fake(i)))).toBe("RATE_LIMITED");
  expect(counted.asked()).toBe(judged);
  counted.pass(SECOND);
  expect(await fateOf(request(await sale(house, "0.15", "448")))).toBe("confirmed");
});
