import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../core/errors.ts";
import { guardProcess } from "../../gateway/serve/guard-process.ts";
import { askHidden } from "../ask-hidden.ts";
import type { Output } from "../output.ts";

/** A private key's text from a file or from the terminal: never from the command line, which others can read. */
export async function readPrivateKey(output: Output, file: string | undefined): Promise<string> {
  guardProcess();
  if (file !== undefined) return fromFile(file);
  if (!output.interactive) {
    throw new UsageError("the private key is not given", { remedy: "Give the file that holds it: --from FILE." });
  }
  return askHidden("private key: ");
}

function fromFile(file: string): string {
  try {
    const bytes = readFileSync(file);
    const text = bytes.toString("utf8");
    bytes.fill(0);
    return text;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, {
      remedy: "Give a file that holds the key.",
      cause: error,
    });
  }
}
