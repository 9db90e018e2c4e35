import { InvalidArgumentError } from "commander";

/** Reads a whole number from 0 to 2^31 - 1 from the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}

/** Reads a whole number from 1 on. */
export function positiveNumber(text: string): number {
  const read = wholeNumber(text);
  if (read === 0) throw new InvalidArgumentError("It is at least 1.");
  return read;
}
