import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { messageOf, UsageError } from "../core/errors.ts";
import { type ParseMandateOptions, parseMandate } from "./parse-mandate.ts";
import type { Mandate } from "./terms.ts";

/**
 * Reads a mandate and the books that it names from the disk.
 *
 * @param file - its path; messages name it as it is given here.
 * @throws {UsageError} when the file cannot be read.
 * @throws {MandateFileError} when what stands in it is refused.
 */
export function readMandate(file: string, options: Omit<ParseMandateOptions, "file" | "readBook" | "folder"> = {}): Mandate {
  const folder = dirname(resolve(file));
  return parseMandate(readText(file), { ...options, file, folder, readBook: (path) => readText(resolve(folder, path)) });
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`, {
      remedy: "Give the path of a MANDATE.md.",
      cause: error,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${path} is not UTF-8 text`, { remedy: "Save it as UTF-8.", cause: error });
  }
}
