import { UsageError } from "../../core/errors.ts";

/** A tool's arguments from the command line. @throws {UsageError} when they are no JSON object. */
export function readArguments(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError("the arguments are no JSON", { remedy: `Write them so: '{"token": "WETH"}'`, cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new UsageError("the arguments are no JSON object", { remedy: `Write them so: '{"token": "WETH"}'` });
}
