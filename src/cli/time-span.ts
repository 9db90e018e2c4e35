import { InvalidArgumentError } from "commander";
import { readDuration } from "../mandate/span.ts";

/** Reads "60s", "12h" or "30d" from the command line, in milliseconds. */
export function readTimeSpan(text: string): number {
  const read = readDuration(text);
  if (typeof read !== "number") throw new InvalidArgumentError(`${read.remedy}`);
  return read;
}
