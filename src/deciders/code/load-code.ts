import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, UsageError } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import type { Brief } from "../../mandate/terms.ts";
import { beside } from "../beside.ts";
import { CodeError } from "./code-error.ts";
import { filesOfCode } from "./files-of-code.ts";
import { inWords } from "./in-words.ts";

/** A module with a strategy, loaded. */
export interface LoadedCode {
  /** As the mandate names it. */
  readonly module: string;
  /** SHA-256 of the file, or of the list of all files that it imports, packages left out: see `filesOfCode`. */
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
  const { hash, files } = filesOfCode(path, code, folder);
  for (const [file, now] of files) {
    const before = LOADED.get(file);
    // A file that is imported is kept by its address: this process would go on with what it was.
    if (before !== undefined && before !== now && file !== realpathSync(path)) {
      throw new CodeError("CODE_NOT_LOADED", `a file that ${code} imports was changed since this process loaded it`, {
        remedy: "Start again.",
      });
    }
  }
  // What a module says of itself names its real place, whatever links lead there.
  const home = dirname(realpathSync(path));
  const loaded = await load(path, code, hash, home);
  for (const [file, now] of files) LOADED.set(file, now);
  if (filesOfCode(path, code, folder).hash !== hash) {
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

/** What this process has loaded: files by where they lie, with the hash of what they were then. */
const LOADED = new Map<string, Hash>();

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
