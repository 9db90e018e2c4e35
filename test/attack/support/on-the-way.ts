import { toHex } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, toUnits } from "../../../src/core/decimal.ts";
import type { Hex } from "../../../src/core/hex.ts";
import { encodeTransfer } from "../../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { WorldSnapshot } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { MALLORY } from "../../support/mallory.ts";
import { isSend } from "../../support/rpc-proxy.ts";
import { doesAs, overcharge, pinnedPrice, squeeze, type Victim } from "./accomplice.ts";
import { BETWEEN } from "./meddle.ts";
import type { Fate } from "./moves.ts";
import type { Stage } from "./stage.ts";

const SPIKE = 2_000n * 10n ** 9n;
/** Gas of an approval and a swap, roughly. */
const GAS_OF_TRADE = 330_000;

/** Where the chain stood, and what brings everybody who looks at it back to there. */
export interface Mark {
  readonly to: WorldSnapshot;
  readonly height: bigint;
  readonly back: () => Promise<void>;
}

export async function markOf(stage: Stage): Promise<Mark> {
  const back = stage.mark();
  return { to: await stage.house.world.snapshot(), height: await heightOf(stage), back };
}

/** The chain takes back the last blocks and goes on without what was in them: it is longer, and no earlier. */
export async function goBack(stage: Stage, { to, height, back }: Mark): Promise<void> {
  const { world } = stage.house;
  const [gone, now] = [(await heightOf(stage)) - height, await world.clock.now()];
  await world.revert(to);
  for (let i = 0n; i < gone; i += 1n) await world.mine();
  await world.advance(Math.max(now, await world.clock.now()) + SECOND);
  await back();
}

async function heightOf({ house }: Stage): Promise<bigint> {
  return BigInt((await house.world.rpc("eth_blockNumber")) as Hex);
}

/** A gift or a better price: good to be simulated on. */
export async function help(stage: Stage): Promise<void> {
  const { house, asked, ledger } = stage;
  if (asked.length % 3 > 0) {
    stage.disturbed = true;
    return BETWEEN.push(house.world, 4 + (asked.length % 2));
  }
  await BETWEEN.gift(house.world, 0);
  await ledger.begin();
}

/** Moves a victim's pool against it, where that pays. */
export async function squeezeFor(stage: Stage, victim: Victim): Promise<void> {
  if (!victim.amount.gt("0.001") || victim.fee === 10_000 || victim.fee === 100 || !victim.floor.gt(0)) return;
  stage.disturbed = true;
  await squeeze(stage.house.world, victim);
}

/** What was sold is there to be sold again. @param share - of a single trade */
export async function giveBack({ house, parts, ledger }: Stage, share: number): Promise<void> {
  const { world } = house;
  const usd = decimal((parts.limits.max_single_trade_usd * share).toFixed(6));
  const units = toUnits(usd.div(pinnedPrice(world, "WETH")), 18);
  await doesAs(world, MALLORY, encodeTransfer(EVM_BOOK.chains.base.assets.WETH.address, REHEARSAL_WALLET, units));
  await ledger.begin();
}

/**
 * Makes gas as dear as a gateway bears that has not spent any yet, or as a trade's loss leaves room for.
 *
 * @param share - of a single trade, which the next request is worth
 * @param pot - USD that its gas may come to. Absent: most of a day's, of which others took nothing
 */
export async function makeDear({ house: { world }, parts }: Stage, share: number, pot?: Decimal): Promise<void> {
  const { max_gas_usd_per_day: gas, max_exit_cost_bps: exit, max_single_trade_usd: trade } = parts.limits;
  const bearable = (trade * share * exit * (pot ? 0.7 : 0.5)) / 10_000;
  const usd = Math.min(pot?.toNumber() ?? gas * 0.9, bearable);
  const wei = decimal(Math.max(usd, 0.05).toFixed(6)).div(pinnedPrice(world, "ETH")).times(decimal(10).pow(18));
  await world.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(BigInt(wei.div(2 * GAS_OF_TRADE).toFixed(0)))]);
  await world.rpc("evm_mine");
}

/** What transactions meet on their way. */
export interface Meeting {
  readonly victim: Victim | null;
  /** How many there will be. */
  readonly actions: number;
  /** Where the chain goes back to before the first. */
  readonly back: Mark | null;
  /** Whether that takes the request before with it. */
  readonly deep: boolean;
}

/** What the accomplice does to transactions on their way. */
export function meet(stage: Stage, fate: Fate, { victim, actions, back, deep }: Meeting): void {
  const { world } = stage.house;
  let sends = 0;
  stage.parts.proxy.meddle(async ({ method, params }) => {
    if (!isSend(method)) return "forward";
    sends += 1;
    if (fate === "dropped") return "swallow";
    if (fate === "answer-lost") return "drop-answer";
    if (fate === "spiked") await world.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(SPIKE)]);
    if (fate === "squeezed" && victim && sends === actions) await squeezeFor(stage, victim);
    if (fate === "overcharged" || fate === "dear") await overcharge(world, params[0] as Hex);
    if (back && sends === 1) {
      stage.tookBack = true;
      await goBack(stage, back);
    }
    if (!deep) return "forward";
    // Its nonce is too high there: nobody waits for it.
    await world.rpc("eth_sendRawTransaction", [params[0]]);
    return "swallow";
  }, []);
}
