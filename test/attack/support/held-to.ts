import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { attack } from "./attack.ts";
import type { Origin } from "./breach.ts";
import { type KeptSeed, seedOf } from "./keep-seed.ts";
import { newTally, type Tally } from "./tally.ts";

type Attack = typeof attack;

const EVM_SEEDS = "regression-seeds.json";

/** Sequences that once broke something, by where they are found. */
export function regressions(file = EVM_SEEDS): readonly KeptSeed[] {
  const text = readFileSync(join(import.meta.dirname, "..", file), "utf8");
  return JSON.parse(text) as readonly KeptSeed[];
}

/** Attacks, and fails with the smallest sequence that broke something and the line that keeps it. */
export async function heldTo(
  origin: Origin,
  sequences: number,
  { by = attack, file = EVM_SEEDS }: { readonly by?: Attack; readonly file?: string } = {},
): Promise<Tally> {
  const tally = newTally();
  const { breach } = await by({ sequences, origin, tally });
  if (breach) {
    const line = JSON.stringify(seedOf(breach));
    const played = Object.entries(tally.moves).map(([kind, { tried, allowed }]) => `${kind} ${allowed}/${tried}`);
    expect.unreachable(
      `${breach.what}\n\n${breach.moves}\n\nPlayed until then: ${played.join(", ")}\n\nKeep it: add this line to test/attack/${file}\n${line}`,
    );
  }
  return tally;
}

/** What an attack must have come to for it to be worth anything. */
export function wasWorthIt({ sequences, tried, allowed, allowedOf, worst }: Tally, wanted: number, leastAllowed = 0.1): void {
  const shares = Object.entries(worst).map(([figure, share]) => `${figure} ${share.times(100).toFixed(0)} %`);
  const kinds = Object.entries(allowedOf).map(([kind, count]) => `${kind} ${count}`);
  console.info(
    `${sequences} sequences: ${allowed} of ${tried} requests allowed (${kinds.join(", ")}); most of a printed figure lost: ${shares.join(", ")}`,
  );
  expect(sequences).toBe(wanted);
  expect(tried).toBeGreaterThan(2 * wanted);
  expect(allowed / tried).toBeGreaterThan(leastAllowed);
}
