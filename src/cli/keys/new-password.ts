import { UsageError } from "../../core/errors.ts";
import { guardProcess } from "../../gateway/serve/guard-process.ts";
import { askHidden } from "../ask-hidden.ts";
import type { Output } from "../output.ts";
import { givenPassword, type PasswordSource } from "../run/open-password.ts";

/**
 * A password for a keystore that is about to be written: handed over, or typed twice.
 *
 * @param variable - the environment's name for it.
 * @throws {UsageError} for none, an empty one, or two that differ.
 */
export async function newPassword(output: Output, source: PasswordSource, variable: string): Promise<string> {
  guardProcess();
  const password = givenPassword(source, variable) ?? (await typedTwice(output, variable));
  if (password === "") throw new UsageError("the password is empty", { remedy: "A key without a password is anybody's." });
  return password;
}

async function typedTwice(output: Output, variable: string): Promise<string> {
  if (!output.interactive) {
    throw new UsageError("the keystore's new password is not known", {
      remedy: `Give it in a file or on a file descriptor (see --help), or export ${variable}=… (and unset it after).`,
    });
  }
  const password = await askHidden("new keystore password: ");
  if (password !== (await askHidden("once more: "))) {
    throw new UsageError("the two passwords differ", { remedy: "Run it again; nothing was written." });
  }
  return password;
}
