import { parseArgs } from "node:util";
import { messageOf } from "../../src/core/errors.ts";
import { attack } from "./support/attack.ts";
import { newTally } from "./support/play.ts";

/**
 * Attacks the gateway for as long as asked: `npm run --silent attack -- --sequences N --seed S [--json]`. Exit code 1 when
 * anything was broken; the sequence that did it, and the seed that brings it back, go to standard error.
 */
const { values } = parseArgs({
  options: {
    sequences: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const tally = newTally();
let breaches = 0;
try {
  await attack({ sequences: Number(values.sequences), seed: Number(values.seed), tally });
} catch (error) {
  breaches = 1;
  process.stderr.write(`${messageOf(error)}\n`);
  if (error instanceof Error && error.cause !== undefined) process.stderr.write(`${messageOf(error.cause)}\n`);
  process.exitCode = 1;
}
const [share] = Object.values(tally.worst).toSorted((a, b) => b.comparedTo(a));
const found = {
  sequences: tally.sequences,
  actions_tried: tally.tried,
  actions_allowed: tally.allowed,
  breaches,
  max_loss_over_worst_case: share?.toDecimalPlaces(4).toNumber() ?? 0,
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(found)}\n`
    : `${found.sequences} sequences, ${found.actions_allowed} of ${found.actions_tried} actions allowed, ${breaches} breaches, at most ${found.max_loss_over_worst_case} of a printed worst case lost\n`,
);
