import { parseArgs } from "node:util";
import { UsageError } from "../../src/core/errors.ts";
import { attackBook } from "./hyperliquid/support/attack-book.ts";
import { attack } from "./support/attack.ts";
import { newTally } from "./support/tally.ts";

/**
 * Attacks the gateway for as long as asked: `npm run --silent attack -- [--venue hyperliquid] --sequences N --seed S
 * [--path P] [--json]`. Exit code 1 when anything was broken; the smallest sequence that does it, and the line that
 * brings it back in every test run, go to standard error.
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
const VENUES = { evm: { attack, seeds: "" }, hyperliquid: { attack: attackBook, seeds: "hyperliquid/" } } as const;
if (venue !== "evm" && venue !== "hyperliquid") throw new UsageError("--venue is evm or hyperliquid");
const origin = { seed: Number(seed), ...(path === undefined ? {} : { path }) };
const { breach } = await VENUES[venue].attack({ sequences: Number(sequences), origin, tally });
if (breach) {
  const { origin: found, what, moves } = breach;
  const line = JSON.stringify({ ...found, what: what.split("\n")[0] });
  process.stderr.write(
    `${what}\n\n${moves}\n\nAdd this line to test/attack/${VENUES[venue].seeds}regression-seeds.json:\n${line}\n`,
  );
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
