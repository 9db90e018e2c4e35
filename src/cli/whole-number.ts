import { InvalidArgumentError } from "commander";

/** Reads a whole number from 0 to 2^31 - 1 from the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
