import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { MandateError, messageOf } from "../../core/errors.ts";
import { canonicalJson, type Json } from "../../core/json.ts";
import type { Terms } from "../../mandate/terms.ts";
import { termsFromJson, termsToJson } from "../../mandate/terms-json.ts";

const FILE = "pinned.json";

const schema = z.strictObject({
  terms: z.json() as z.ZodType<Json>,
  operator: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

/** What is pinned to a key, beside the journal: the scope of a way home when the journal itself cannot be read. */
export interface PinnedCopy {
  readonly terms: Terms;
  /** The operator's public key. */
  readonly operator: string | null;
}

/** The copy of what is pinned is missing or is none. */
export class PinnedCopyError extends MandateError {
  constructor(file: string, cause: unknown) {
    super("NO_PINNED_COPY", `${file} is no copy of pinned terms: ${messageOf(cause)}`, {
      remedy: "Say that the mandate file's own scope shall do: --scope-from-file.",
      cause,
    });
  }
}

/** Replaces the copy in a journal's folder, whole or not at all. */
export function writePinnedCopy(home: string, { terms, operator }: PinnedCopy): void {
  const file = join(home, FILE);
  writeFileSync(`${file}.new`, `${canonicalJson({ terms: termsToJson(terms), operator })}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** @throws {PinnedCopyError} */
export function readPinnedCopy(home: string): PinnedCopy {
  const file = join(home, FILE);
  try {
    const { terms, operator } = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { terms: termsFromJson(terms), operator };
  } catch (error) {
    throw new PinnedCopyError(file, error);
  }
}
