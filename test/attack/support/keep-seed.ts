import { readFileSync, writeFileSync } from "node:fs";
import type { Breach } from "./breach.ts";

/** A sequence that broke something, as it is kept. */
export interface KeptSeed {
  readonly seed: number;
  readonly path: string;
  readonly what: string;
}

/** What finds a breach again, and what it was. */
export function seedOf({ origin, what }: Pick<Breach, "origin" | "what">): KeptSeed {
  return { ...origin, what: what.split("\n")[0] ?? "" };
}

/**
 * Puts a sequence that broke something among those that every test run plays first, once.
 *
 * @param file - a JSON list of such sequences.
 */
export function keepSeed(file: string, found: KeptSeed): void {
  const kept = JSON.parse(readFileSync(file, "utf8")) as readonly KeptSeed[];
  if (kept.some(({ seed, path }) => seed === found.seed && path === found.path)) return;
  writeFileSync(file, `${JSON.stringify([...kept, found], null, 2)}\n`);
}
