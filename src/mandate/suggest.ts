import { distance } from "fastest-levenshtein";

const UNITS = /_(?:usd|bps|pct|percent|seconds|minutes|per_day|per_hour|usd_per_day|daily)$/;

function stem(name: string): string {
  let text = name.toLowerCase().replaceAll("-", "_");
  for (let next = text.replace(UNITS, ""); next !== text; next = text.replace(UNITS, "")) text = next;
  return text;
}

/**
 * Which of `known` somebody who wrote `written` may have meant, best first, at most three: first those
 * that differ in nothing but case, dashes or their unit, then those within a few letters.
 */
export function suggest(written: string, known: readonly string[]): readonly string[] {
  const wanted = stem(written);
  const scored = known.map((name) => {
    const letters = distance(written.toLowerCase(), name.toLowerCase());
    return { name, letters, near: stem(name) === wanted ? 0 : Math.min(letters, distance(wanted, stem(name))) };
  });
  return scored
    .filter(({ name, near }) => near <= Math.max(1, Math.floor(Math.min(name.length, written.length) / 4)))
    .sort((a, b) => Number(a.near > 0) - Number(b.near > 0) || a.letters - b.letters || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** How every guess starts. */
export const GUESS = "did you mean";

/** "did you mean a or b?", or what else to say. */
export function didYouMean(written: string, known: readonly string[], otherwise: string): string {
  const near = suggest(written, known);
  return near.length === 0 ? otherwise : `${GUESS} ${near.join(" or ")}?`;
}
