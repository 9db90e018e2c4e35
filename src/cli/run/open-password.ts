import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { Output } from "../output.ts";

/**
 * The keystore's password: from a file, from MANDATE_PASSWORD, or asked for on a terminal.
 *
 * @throws {UsageError} where there is none of them.
 */
export async function openPassword(output: Output, file: string | undefined): Promise<string> {
  if (file !== undefined) {
    try {
      return readFileSync(file, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, {
        remedy: "Give the password's file: --password-file FILE.",
        cause: error,
      });
    }
  }
  if (process.env.MANDATE_PASSWORD !== undefined) return process.env.MANDATE_PASSWORD;
  if (!output.interactive) {
    throw new UsageError("the keystore's password is not known", {
      remedy: "Give --password-file FILE, or export MANDATE_PASSWORD=… (and unset it after).",
    });
  }
  return askHidden("keystore password: ");
}

/** Reads one line from the terminal without showing it. */
function askHidden(question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    process.stderr.write(question);
    const { stdin } = process;
    let typed = "";
    const end = () => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener("data", onData);
      process.stderr.write("\n");
    };
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString("utf8")) {
        if (character === "\r" || character === "\n") {
          end();
          return resolve(typed);
        }
        if (character === "\u0003" || character === "\u0004") {
          end();
          return reject(new UsageError("no password was given", { remedy: "Type it, or give --password-file FILE." }));
        }
        typed = character === "\u007f" ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("data", onData);
  });
}
