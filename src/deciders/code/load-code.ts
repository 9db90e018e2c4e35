import { readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { sha256 } from "../../core/json.ts";
import type { Brief } from "../../mandate/terms.ts";
import { beside } from "../beside.ts";
import { CodeError } from "./code-error.ts";
import { inWords } from "./in-words.ts";

/** A module with a strategy, loaded. */
export interface LoadedCode {
  /** As the mandate names it. */
  readonly module: string;
  /** SHA-256 of the file's bytes. What the file imports is not in it. */
  readonly hash: Hash;
  /** Where it lies: left out of all that goes on the record. */
  readonly folder: string;
  readonly decide: (seen: unknown, context: unknown) => unknown;
}

/**
 * Loads the module that a mandate names under `code:`. This runs the module: it is the operator's own code, with the rights
 * of the agent's process.
 *
 * @throws {UsageError} when there is no such file.
 * @throws {CodeError} CODE_NOT_LOADED, CODE_NO_DECIDE.
 */
export async function loadCode({ code, folder }: Pick<Brief, "code" | "folder">): Promise<LoadedCode> {
  if (code === undefined) {
    throw new UsageError("the mandate names no code", { remedy: "Write `code: ./strategy.ts` beside `decider: code`." });
  }
  const path = beside(code, folder);
  const hash = hashOfFile(path, code);
  // What a module says of itself names its real place, whatever links lead there.
  const home = dirname(realpathSync(path));
  const loaded = await load(path, code, hash, home);
  if (hashOfFile(path, code) !== hash) {
    throw new CodeError("CODE_NOT_LOADED", `${code} was changed while it was loaded`, { remedy: "Start again." });
  }
  const decide = "decide" in loaded ? loaded.decide : undefined;
  if (typeof decide !== "function") {
    throw new CodeError("CODE_NO_DECIDE", `${code} exports no function decide`, {
      remedy: "Write: export const decide: Decide = (seen, context) => [{ kind: … }];",
    });
  }
  return { module: code, hash, folder: home, decide: (seen, context) => decide(seen, context) };
}

/** Reads it without running it. @throws {UsageError} */
export function hashOfFile(path: string, name: string): Hash {
  try {
    return sha256(readFileSync(path));
  } catch (error) {
    throw new UsageError(`${name} cannot be read`, {
      remedy: "Give the path of a TypeScript module, relative to the mandate.",
      cause: error,
    });
  }
}

async function load(path: string, name: string, hash: Hash, home: string): Promise<object> {
  const url = pathToFileURL(path);
  // A module is kept by its address: another content is another module.
  url.search = hash;
  try {
    return (await import(/* @vite-ignore */ url.href)) as object;
  } catch (error) {
    throw new CodeError("CODE_NOT_LOADED", `${name}: ${inWords(messageOf(error), home)}`, {
      remedy: "Only types that can be erased are read (no enums, no namespaces); imports need their file endings.",
      cause: error,
    });
  }
}
