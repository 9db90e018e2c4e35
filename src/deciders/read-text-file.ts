import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../core/errors.ts";

/**
 * A text file that a mandate names.
 *
 * @throws {UsageError}
 */
export function readTextFile(path: string, what: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, {
      remedy: `Give ${what}, as UTF-8 text.`,
      cause: error,
    });
  }
}
