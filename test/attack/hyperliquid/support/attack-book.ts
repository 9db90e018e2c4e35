import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { bringBack } from "../../../../src/cli/operator/flatten-mandate.ts";
import { decimal, sum } from "../../../../src/core/decimal.ts";
import { InvariantError } from "../../../../src/core/errors.ts";
import { operatorAt } from "../../../../src/gateway/operator/operator-desk.ts";
import { verifyJournal } from "../../../../src/journal/verify.ts";
import { EXCHANGE_DEFAULTS } from "../../../../src/mandate/exchange/exchange-schema.ts";
import { openHouse, type TradingHouse } from "../../../hyperliquid/support/trading-house.ts";
import { type Breach, breachOf, type Origin } from "../../support/breach.ts";
import { Crasher } from "../../support/crasher.ts";
import { holds } from "../../support/holds.ts";
import { newTally, type Tally } from "../../support/tally.ts";
import { BookPlay } from "./book-play.ts";
import { Floor, PITS, possessionsOf, STILL, worthOf } from "./floor.ts";
import { type BookLimits, type BookMove, bookLimits, bookSequence } from "./moves.ts";
import { heldIn } from "./requests.ts";

/** Journals that nobody needs tomorrow need no disk. */
export const RAM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

interface Plot {
  readonly limits: BookLimits;
  readonly moves: readonly BookMove[];
  /** Whether the operator takes everything home after it: one in ten. */
  readonly home: boolean;
}

const plot: fc.Arbitrary<Plot> = fc.record({
  limits: bookLimits,
  moves: bookSequence,
  home: fc.nat(9).map((n) => n === 9),
});

/** A gateway under these limits on an exchange whose books are an accomplice's. */
export async function bookHouse(limits: Readonly<Record<string, unknown>>, crasher = new Crasher()) {
  const written = Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [name, typeof value === "boolean" ? (value ? "yes" : "no") : String(value)]),
  );
  const house = await openHouse({
    seed: "floor",
    regime: "calm",
    accounts: 1,
    usdc: 10_000,
    step: STILL,
    spotUsd: 3_000,
    operated: true,
    deadlineMs: 60_000,
    under: RAM,
    crash: crasher.crash,
    written,
  });
  return { house, floor: new Floor(house.exchange, decimal(EXCHANGE_DEFAULTS.deviation_bps)), crasher };
}

/** Plays sequences on the exchange's rail, each against a mandate, a gateway and an exchange of its own. */
export async function attackBook({
  sequences,
  origin,
  tally = newTally(),
}: {
  readonly sequences: number;
  readonly origin: Origin;
  readonly tally?: Tally;
}): Promise<{ readonly tally: Tally; readonly breach: Breach | null }> {
  const { seed, path } = origin;
  let left = 1;
  const property = fc.asyncProperty(plot, async (drawn) => {
    // From a path on, everything that is like what it leads to would be played.
    if (path !== undefined && left-- <= 0) return;
    await playOne(drawn, tally);
  });
  const replay = path === undefined ? {} : { path, endOnFailure: true };
  const found = await fc.check(property, { seed, numRuns: sequences, ...replay });
  return { tally, breach: breachOf(found, { seed, path: path ?? found.counterexamplePath ?? "" }) };
}

async function playOne({ limits, moves, home }: Plot, tally: Tally): Promise<void> {
  const { house, floor, crasher } = await bookHouse({ ...limits });
  await using _ = house;
  tally.sequences += 1;
  await new BookPlay(house, floor, crasher, limits, tally).all(moves);
  if (home) await goesHome(house, floor);
  const { ok } = await verifyJournal(join(house.home, "journal.sqlite"), { mirror: join(house.home, "mirror", "heads") });
  holds(ok, "the journal does not verify");
}

/** The operator's way home leads there whatever was done before, within what exits may cost. */
async function goesHome(house: TradingHouse, floor: Floor): Promise<void> {
  const { desk } = house.opened;
  if (!desk || !house.operatorKey) throw new InvariantError("the house has no operator");
  const worth = () => worthOf(floor, possessionsOf(house.exchange, house.account.address));
  floor.calm();
  // Marks come back to the truth before anybody sells.
  await floor.wait(60);
  const before = worth();
  const risky = sum(PITS.map((pit) => heldIn(house, pit).times(floor.truth(pit)).abs()));
  const operator = operatorAt(desk, house.operatorKey);
  await operator.freeze("home");
  const clock = house.exchange.clock;
  const report = await bringBack(house.mandate, { hl: house.exchange.http }, operator, () => undefined, { clock });
  const left = sum(PITS.map((pit) => heldIn(house, pit).times(floor.truth(pit)).abs()));
  const why = report.left.map(({ asset, why }) => `${asset}: ${why}`).join("; ");
  holds(left.lte(before.div(100)), `${left.toFixed(2)} of ${risky.toFixed(2)} is left on the way home: ${why}`);
  const most = risky.times(house.mandate.terms.limits.max_exit_cost_bps).div(10_000).plus(risky.div(1_000));
  const cost = before.minus(worth());
  holds(cost.lte(most), `going home cost ${cost.toFixed(2)} of ${most.toFixed(2)} for ${risky.toFixed(2)}`);
}
