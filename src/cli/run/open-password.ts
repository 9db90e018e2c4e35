import { readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../core/errors.ts";
import { guardProcess } from "../../gateway/serve/guard-process.ts";
import { askHidden } from "../ask-hidden.ts";
import type { Output } from "../output.ts";

/** Where a password may come from beside the environment and the terminal. */
export interface PasswordSource {
  readonly passwordFile?: string | undefined;
  readonly passwordFd?: number | undefined;
}

/**
 * A keystore's password: from a file, a file descriptor, from MANDATE_PASSWORD, or asked for on a terminal. It is as good
 * as the key, so this process leaves no core from here on; where that cannot be had, the gateway says so.
 *
 * @throws {UsageError} where there is none of them.
 */
export async function openPassword(
  output: Output,
  source: PasswordSource,
  { variable, of }: { readonly variable: string; readonly of: string } = { variable: "MANDATE_PASSWORD", of: "the keystore" },
): Promise<string> {
  guardProcess();
  const given = givenPassword(source, variable);
  if (given !== null) return given;
  if (!output.interactive) {
    const option = variable === "MANDATE_PASSWORD" ? "--password-file FILE or --password-fd N" : "--owner-password-file FILE";
    throw new UsageError(`${of}'s password is not known`, {
      remedy: `Give ${option}, or export ${variable}=… (and unset it after).`,
    });
  }
  return askHidden(`password of ${of}: `);
}

/** The password that was handed over; null: none was. @throws {UsageError} */
export function givenPassword({ passwordFile, passwordFd }: PasswordSource, variable: string): string | null {
  if (passwordFile !== undefined && passwordFd !== undefined) {
    throw new UsageError("a password file and a descriptor contradict each other", { remedy: "Give one of them." });
  }
  const from = passwordFile ?? passwordFd;
  if (from === undefined) return process.env[variable] ?? null;
  try {
    const bytes = readFileSync(from);
    const text = bytes.toString("utf8");
    bytes.fill(0);
    return text.replace(/\r?\n$/, "");
  } catch (error) {
    const what = typeof from === "number" ? `descriptor ${from}` : from;
    throw new UsageError(`${what} cannot be read: ${messageOf(error)}`, {
      remedy: "Give the password's file: --password-file FILE.",
      cause: error,
    });
  }
}
