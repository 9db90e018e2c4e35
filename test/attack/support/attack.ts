import { join } from "node:path";
import fc from "fast-check";
import { checkFleet } from "../../../src/cli/journal/check-fleet.ts";
import { DAY } from "../../../src/core/clock.ts";
import type { Decimal } from "../../../src/core/decimal.ts";
import { verifyJournal } from "../../../src/journal/verify.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import type { GovernedHouse } from "../../operator/support/governed-house.ts";
import { MALLORY } from "../../support/mallory.ts";
import { NOBODY, probed, STRANGER } from "../../support/standing.ts";
import { walkHome } from "../../support/walk-home.ts";
import { letGo, pinnedPrice, truePrice } from "./accomplice.ts";
import { Arena } from "./arena.ts";
import { type Breach, breachOf, type Origin } from "./breach.ts";
import { holds } from "./holds.ts";
import { type HostileLimits, type HostileMandate, hostileMandate } from "./hostile-mandates.ts";
import { type Move, sequence } from "./moves.ts";
import { Play } from "./play.ts";
import { NOTHING, possessionsOf, worthOf } from "./possessions.ts";
import { newTally, type Tally } from "./tally.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
/** Exit gas of a day may not be enough for a whole book; in this many it is. */
const DAYS_HOME = 8;

/** One sequence as it is drawn. */
interface Plot {
  readonly mandate: HostileMandate;
  readonly moves: readonly Move[];
  /** Whether the operator takes everything home after it: one in twenty. */
  readonly home: boolean;
}

const plot: fc.Arbitrary<Plot> = fc.record({
  mandate: hostileMandate,
  moves: sequence,
  home: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/**
 * Plays sequences, each against a mandate, a gateway and a world of its own, and holds all that must hold after each. The
 * first that does not hold is made as small as it gets; then it ends.
 */
export async function attack({
  sequences,
  origin,
  tally = newTally(),
}: {
  readonly sequences: number;
  readonly origin: Origin;
  /** Counted in as it goes. */
  readonly tally?: Tally;
}): Promise<{ readonly tally: Tally; readonly breach: Breach | null }> {
  await using arena = new Arena();
  const { seed, path } = origin;
  let left = 1;
  const property = fc.asyncProperty(plot, async (drawn) => {
    // From a path on, everything that is like what it leads to would be played.
    if (path !== undefined && left-- <= 0) return;
    await playOne(arena, drawn, tally);
  });
  const replay = path === undefined ? {} : { path, endOnFailure: true };
  const found = await fc.check(property, { seed, numRuns: sequences, ...replay });
  return { tally, breach: breachOf(found, { seed, path: path ?? found.counterexamplePath ?? "" }) };
}

async function playOne(arena: Arena, { mandate, moves, home }: Plot, tally: Tally): Promise<void> {
  await using stage = await arena.stage(mandate, tally);
  const { house } = stage;
  tally.sequences += 1;
  await new Play(stage).all(moves);
  await strangersGotNothing(house.world);
  if (home && !stage.byHand) await goesHome(stage.parts.governed, mandate.limits);
  const { ok } = await verifyJournal(join(house.home, "journal.sqlite"), { mirror: join(house.home, "mirror", "heads") });
  holds(ok, "the journal does not verify");
  if (!stage.fellow) return;
  const shared = await checkFleet(house.opened.stream.journal, "fleet:desk");
  holds(shared.ok, `the fleet's stream does not verify: ${shared.first_bad?.reason}`);
}

async function strangersGotNothing(at: EvmWorld): Promise<void> {
  const tokens = Object.values(assets).map(({ address }) => address);
  const balances = [STRANGER, contracts.router.address].flatMap((holder) =>
    [NOBODY, ...tokens].map((token) => ({ token, holder, spender: NOBODY })),
  );
  const allowances = tokens.flatMap((token) =>
    [STRANGER, MALLORY].map((spender) => ({ token, holder: REHEARSAL_WALLET, spender })),
  );
  const answers = await probed(at, [...balances, ...allowances]);
  for (const [i, { holder }] of balances.entries()) holds(answers[i] === 0n, `${holder} got something`);
  for (const [i, { spender }] of allowances.entries())
    holds(answers[balances.length + i] === 0n, `${spender} was given an allowance`);
}

/** Tokens at fair prices, shares and liquidity looked through; the native coin pays for the way and stays. */
async function tokensOf({ house }: GovernedHouse): Promise<{ readonly cash: Decimal; readonly risky: Decimal }> {
  const { units, share, positions } = await possessionsOf(house);
  const only = (symbol: string) => ({ ...NOTHING, units: { [symbol]: units[symbol] ?? 0n } });
  const cash = worthOf(house, only("USDC"), truePrice).plus(worthOf(house, only("PUSD"), truePrice));
  const all = worthOf(house, { ...NOTHING, units: { ...units, ETH: 0n }, share, positions }, truePrice);
  return { cash, risky: all.minus(cash) };
}

/** The operator's way home leads there whatever was done before. */
async function goesHome(governed: GovernedHouse, limits: HostileLimits): Promise<void> {
  const { operator } = governed;
  const { world } = governed.house;
  // A market further off its feeds than an exit may cost keeps everybody where they are.
  const [WETH, GOV, USDC] = [pinnedPrice(world, "WETH"), pinnedPrice(world, "GOV"), pinnedPrice(world, "USDC")];
  await world.setTruePrices({ WETH, GOV, USDC });
  await operator.settle();
  const before = await tokensOf(governed);
  let left = "";
  for (let day = 0; day < DAYS_HOME; day += 1) {
    await letGo(world);
    const report = await walkHome(governed);
    const after = await tokensOf(governed);
    if (after.risky.lte(after.cash.plus(after.risky).div(100))) {
      const cost = before.cash.plus(before.risky).minus(after.cash).minus(after.risky);
      // Liquidity and shares go two ways: out of what holds them, and to cash.
      const most = before.risky.times(limits.max_exit_cost_bps).div(10_000).times(2);
      holds(cost.lte(most), `going home cost ${cost.toFixed(2)} of ${most.toFixed(2)} for ${before.risky.toFixed(2)}`);
      return;
    }
    left = report.left.map(({ asset, why }) => `${asset}: ${why}`).join("; ");
    await world.advance((await world.clock.now()) + DAY + 1_000);
  }
  holds(false, `the way home ends at ${left}`);
}
