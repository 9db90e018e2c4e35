import { join } from "node:path";
import fc from "fast-check";
import { bringHome } from "../../../src/agent/bring-home.ts";
import { DAY } from "../../../src/core/clock.ts";
import { fromUnits } from "../../../src/core/decimal.ts";
import type { Hex } from "../../../src/core/hex.ts";
import { verifyJournal } from "../../../src/journal/verify.ts";
import { encodeAllowance } from "../../../src/protocols/erc20.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../../src/venues/evm/evm-venue.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type GovernedHouse, governedHouse } from "../../operator/support/governed-house.ts";
import { MALLORY } from "../../support/mallory.ts";
import { startRpcProxy } from "../../support/rpc-proxy.ts";
import { balancesOf, STRANGER } from "../../support/standing.ts";
import { DECIMALS, type Held, letGo, pinnedPrice, startArena, truePrice } from "./accomplice.ts";
import { holds } from "./holds.ts";
import { type HostileLimits, hostileLimits } from "./hostile-mandates.ts";
import { type Move, sequence } from "./moves.ts";
import { newTally, Play, type Tally } from "./play.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
/** A chain that has gone back too often forgets what it needs. */
const RUNS_A_WORLD = 30;
/** Exit gas of a day may not be enough for a whole book; in this many it is. */
const DAYS_HOME = 8;

/** Plays sequences, each against a mandate, a gateway and a world of its own, and holds all that must hold after each. */
export async function attack({
  sequences,
  seed,
  tally = newTally(),
}: {
  readonly sequences: number;
  readonly seed: number;
  /** Counted in as it goes. */
  readonly tally?: Tally;
}): Promise<Tally> {
  for (let done = 0; done < sequences; done += RUNS_A_WORLD) {
    const at = await startArena();
    try {
      const start = await at.snapshot();
      await fc.assert(
        fc.asyncProperty(hostileLimits, sequence, async (limits, moves) => {
          await at.revert(start);
          await playOne(at, limits, moves, tally);
        }),
        { seed: seed + done, numRuns: Math.min(RUNS_A_WORLD, sequences - done), endOnFailure: true },
      );
    } finally {
      await at.stop();
    }
  }
  return tally;
}

async function playOne(at: EvmWorld, limits: HostileLimits, moves: readonly Move[], tally: Tally): Promise<void> {
  await using proxy = await startRpcProxy(at.url);
  await using governed = await governedHouse({ world: at, endpoint: proxy.url, limits: { ...limits } });
  const { house } = governed;
  await new Play(house, proxy, limits, tally).all(moves);
  await strangersGotNothing(at);
  await goesHome(governed, limits);
  const { ok } = await verifyJournal(join(house.home, "journal.sqlite"), { mirror: join(house.home, "mirror", "heads") });
  holds(ok, "the journal does not verify");
}

async function strangersGotNothing(at: EvmWorld): Promise<void> {
  for (const owner of [STRANGER, contracts.router.address]) {
    const nothing = Object.values(await balancesOf(at, owner)).every((one) => one === 0n);
    holds(nothing, `${owner} got something`);
  }
  for (const { address } of Object.values(assets)) {
    for (const spender of [STRANGER, MALLORY]) {
      const allowed = await at.rpc("eth_call", [{ to: address, data: encodeAllowance(REHEARSAL_WALLET, spender) }, "latest"]);
      holds(BigInt(allowed as Hex) === 0n, `${spender} was given an allowance`);
    }
  }
}

/** Tokens at fair prices; the native coin pays for the way and stays. */
async function tokensOf(at: EvmWorld) {
  const held = await balancesOf(at, REHEARSAL_WALLET);
  const worth = (symbol: Held) => fromUnits(held[symbol] ?? 0n, DECIMALS[symbol]).times(truePrice(at, symbol));
  return { cash: worth("USDC"), risky: worth("WETH").plus(worth("GOV")) };
}

/** The operator's way home leads there whatever was done before. */
async function goesHome({ house, operator }: GovernedHouse, limits: HostileLimits): Promise<void> {
  const { world, mandate } = house;
  const venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  // A market further off its feeds than an exit may cost keeps everybody where they are.
  for (const token of ["WETH", "GOV", "USDC"] as const) await world.setTruePrice(token, pinnedPrice(world, token));
  await operator.settle();
  const before = await tokensOf(world);
  let left = "";
  for (let day = 0; day < DAYS_HOME; day += 1) {
    await letGo(world);
    const report = await bringHome({
      mandate,
      venue,
      clock: world.clock,
      exit: (actions) => operator.exit(actions),
      settle: () => operator.settle(),
      on: () => undefined,
    });
    const after = await tokensOf(world);
    if (after.risky.lte(after.cash.plus(after.risky).div(100))) {
      const cost = before.cash.plus(before.risky).minus(after.cash).minus(after.risky);
      const most = before.risky.times(limits.max_exit_cost_bps).div(10_000);
      holds(cost.lte(most), `going home cost ${cost.toFixed(2)} of ${most.toFixed(2)} for ${before.risky.toFixed(2)}`);
      return;
    }
    left = report.left.map(({ asset, why }) => `${asset}: ${why}`).join("; ");
    await world.advance((await world.clock.now()) + DAY + 1_000);
  }
  holds(false, `the way home ends at ${left}`);
}
