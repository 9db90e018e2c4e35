import type { SpotState } from "./info-schemas.ts";

/** What the venue calls an account whose spot and perpetuals have dollars of their own: set so, and never set. */
const APART: ReadonlySet<string> = new Set(["disabled", "default"]);

/** How accounts are kept that are not read here, by the venue's word (`userAbstraction`). */
const POOLED: Readonly<Record<string, string>> = {
  unifiedAccount: "a unified account: what spot has stands behind its perpetuals",
  portfolioMargin: "on portfolio margin: all that it has stands behind its perpetuals, and it may borrow",
  dexAbstraction: "on DEX abstraction: other dexes draw on its dollars",
};

/**
 * Why what the venue says of an account is no whole, so that nothing can be opened by it. Null: spot and perpetuals are apart,
 * as everything that is judged takes them to be.
 *
 * @param told - what `userAbstraction` answered. Null: nothing that can be read.
 * @param spot - has the marks that only a pooled account has: a word that they contradict is not believed.
 */
export function modeProblem(told: string | null, spot: SpotState): string | null {
  if (told === null) return "the venue does not say in what mode the account is, so nothing can be opened";
  if (!APART.has(told)) {
    const mode = Object.hasOwn(POOLED, told) ? POOLED[told] : `in a mode that is not known here, ${shown(told)}`;
    return `the account is ${mode}; set it to Standard at the venue, or give an account that is`;
  }
  if (!spot.pooled) return null;
  return `the venue calls the account's mode ${shown(told)}, and tells of its spot what pooled accounts have alone; set it to Standard there`;
}

function shown(word: string): string {
  return JSON.stringify(word.slice(0, 40));
}
