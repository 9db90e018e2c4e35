import { join } from "node:path";
import { parseArgs } from "node:util";
import { attackBook } from "./hyperliquid/support/attack-book.ts";
import { attack } from "./support/attack.ts";
import { keepSeed, seedOf } from "./support/keep-seed.ts";
import { newTally } from "./support/tally.ts";

/**
 * Attacks the gateway for as long as asked: `npm run --silent attack -- [--venue hyperliquid] --sequences N --seed S
 * [--path P] [--json]`. Exit code 1 when anything was broken: the smallest sequence that does it goes to standard error,
 * and where it is found again to regression-seeds.json, so that every test run plays it first. Exit code 2 for a command
 * line that asks for nothing.
 */
const { values } = parseArgs({
  options: {
    sequences: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    path: { type: "string" },
    venue: { type: "string", default: "evm" },
    json: { type: "boolean", default: false },
  },
});
const tally = newTally();
const { seed, sequences, path, venue } = values;
/** What is no number would be an attack of no sequences, in which nothing breaks. */
function whole(name: string, text: string, least: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least) return value;
  process.stderr.write(`--${name} is a whole number from ${least} on, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}
const VENUES = { evm: { attack, seeds: "" }, hyperliquid: { attack: attackBook, seeds: "hyperliquid/" } } as const;
if (venue !== "evm" && venue !== "hyperliquid") {
  process.stderr.write("--venue is evm or hyperliquid\n");
  process.exit(2);
}
const origin = { seed: whole("seed", seed, 0), ...(path === undefined ? {} : { path }) };
const { breach } = await VENUES[venue].attack({ sequences: whole("sequences", sequences, 1), origin, tally });
if (breach) {
  const name = `${VENUES[venue].seeds}regression-seeds.json`;
  const found = seedOf(breach);
  keepSeed(join(import.meta.dirname, name), found);
  process.stderr.write(`${breach.what}\n\n${breach.moves}\n\nKept in test/attack/${name}:\n${JSON.stringify(found)}\n`);
  process.exitCode = 1;
}
const [share] = Object.values(tally.worst).toSorted((a, b) => b.comparedTo(a));
const found = {
  sequences: tally.sequences,
  actions_tried: tally.tried,
  actions_allowed: tally.allowed,
  breaches: breach ? 1 : 0,
  max_loss_over_worst_case: share?.toDecimalPlaces(4).toNumber() ?? 0,
  moves: Object.fromEntries(Object.entries(tally.moves).toSorted(([a], [b]) => (a < b ? -1 : 1))),
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(found)}\n`
    : `${found.sequences} sequences, ${found.actions_allowed} of ${found.actions_tried} actions allowed, ${found.breaches} breaches, at most ${found.max_loss_over_worst_case} of a printed worst case lost\n`,
);
