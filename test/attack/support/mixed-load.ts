import { HOUR, MINUTE } from "../../../src/core/clock.ts";
import { decimal, fromUnits, min } from "../../../src/core/decimal.ts";
import { type Random, seededRandom } from "../../../src/core/random.ts";
import type { Request } from "../../../src/gateway/contract.ts";
import { CRASH_POINTS } from "../../../src/gateway/crash-point.ts";
import { encodeApprove, encodeTransfer } from "../../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House, swapActions } from "../../support/house.ts";
import { isSend, type RpcProxy } from "../../support/rpc-proxy.ts";
import { balancesOf, STRANGER } from "../../support/standing.ts";
import { DECIMALS, pinnedPrice } from "./accomplice.ts";
import { CrashedError, type Crasher } from "./crasher.ts";

const { assets, contracts } = EVM_BOOK.chains.base;

/** What came of an agent's hours. */
export interface Load {
  requests: number;
  allowed: number;
  crashes: number;
  lost: number;
  restarts: number;
}

function pick<const T>(random: Random, first: T, ...rest: readonly T[]): T {
  return [first, ...rest][Math.floor(random.next() * (rest.length + 1))] ?? first;
}

async function swap({ world }: House, random: Random, largest: number): Promise<Request["actions"]> {
  const [sell, buy] = random.next() < 0.5 ? (["WETH", "USDC"] as const) : (["USDC", "WETH"] as const);
  const held = fromUnits((await balancesOf(world, REHEARSAL_WALLET))[sell] ?? 0n, DECIMALS[sell]);
  const wanted = decimal((largest * (0.1 + random.next())).toFixed(2)).div(pinnedPrice(world, sell));
  const amount = min(held, wanted).toDecimalPlaces(DECIMALS[sell], 1);
  const floor = amount.times(pinnedPrice(world, sell)).div(pinnedPrice(world, buy)).times("0.9955");
  const now = await world.clock.now();
  return swapActions({ sell, buy, amount: amount.toFixed(), floor: floor.toDecimalPlaces(DECIMALS[buy], 1).toFixed(), now });
}

function nuisance(random: Random): Request["actions"] {
  return pick<Request["actions"]>(
    random,
    [evmAction(encodeApprove(assets.USDC.address, STRANGER, 1n))],
    [evmAction(encodeTransfer(assets.USDC.address, STRANGER, 1_000_000n))],
    [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))],
    [{ rail: "evm", chain: "base", from: "wallet", typedData: "{}" }],
  );
}

/**
 * An agent that trades, errs and tries what it may not for hours of virtual time, while its node loses messages and its
 * gateway dies at every named point and starts again. At the end nothing is in flight.
 */
export async function mixedLoad(
  house: House,
  {
    proxy,
    crasher,
    hours,
    seed,
    largest,
  }: {
    readonly proxy: RpcProxy;
    readonly crasher: Crasher;
    readonly hours: number;
    readonly seed: string;
    /** USD of a large trade. */
    readonly largest: number;
  },
): Promise<Load> {
  const { world } = house;
  const random = seededRandom(seed);
  const load: Load = { requests: 0, allowed: 0, crashes: 0, lost: 0, restarts: 0 };
  const start = await world.clock.now();
  const forward = () => proxy.meddle(() => "forward");
  const restart = async () => {
    load.restarts += 1;
    await house.restart();
  };
  while ((await world.clock.now()) - start < hours * HOUR) {
    const { gateway, wallet } = house.opened;
    await gateway.settle(wallet);
    const session = await gateway.open(wallet);
    const steps = 1 + Math.floor(random.next() * 2);
    for (let step = 1; step <= steps; step += 1) {
      const actions = random.next() < 0.75 ? await swap(house, random, largest) : nuisance(random);
      const fate = random.next();
      if (fate < 0.2) crasher.arm(pick(random, "after-submit", ...CRASH_POINTS));
      else if (fate < 0.3) {
        const loses = pick(random, "swallow" as const, "drop-answer" as const);
        proxy.meddle(({ method }) => (isSend(method) ? loses : "forward"));
        load.lost += 1;
      }
      load.requests += 1;
      try {
        const { kind } = await gateway.request({ wallet, ...session, step, actions });
        if (kind !== "refused") load.allowed += 1;
      } catch (error) {
        if (!(error instanceof CrashedError)) throw error;
        load.crashes += 1;
        forward();
        crasher.disarm();
        await restart();
        break;
      }
      forward();
      crasher.disarm();
    }
    if (random.next() < 0.05) await restart();
    await world.advance((await world.clock.now()) + Math.ceil(random.next() * 3) * MINUTE);
  }
  // What was lost is over when its deadlines are.
  await world.advance((await world.clock.now()) + 6 * MINUTE);
  for (let i = 0; i < 5; i += 1) {
    await house.opened.gateway.settle(house.opened.wallet);
    await world.mine();
  }
  return load;
}
