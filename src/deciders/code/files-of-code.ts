import { readFileSync, realpathSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { hashOf, sha256 } from "../../core/json.ts";
import { CodeError } from "./code-error.ts";

export interface CodeFiles {
  /** Of the file's bytes where it is alone; otherwise of the list of its files, by their paths from it, each with its own. */
  readonly hash: Hash;
  /** Where they really lie, and the SHA-256 of their bytes: the module itself, and every file that it imports. */
  readonly files: ReadonlyMap<string, Hash>;
}

/** The most that one strategy may be made of. */
const MOST = 200;
/** White space and remarks. */
const GAP = String.raw`(?:\s|/\*[\s\S]*?\*/)*`;
/** What follows `from` or `import`: a specifier. What follows `import(` or `require(`: one, or what is not written out. */
const IMPORTS = new RegExp(
  String.raw`\b(?:(?:from|import)${GAP}(["'])([^"'\n]+)\1|(?:import|require)${GAP}\(${GAP}(?:(["'])([^"'\n]+)\3${GAP}[,)]|[^\s)]))`,
  "g",
);

/**
 * Reads a module and every file that it imports, without running any. Imports of packages are not followed.
 *
 * @param path - absolute, of the module.
 * @param name - as the mandate names it.
 * @param folder - the mandate's: with the module's own, the only one from which it may import files.
 * @throws {UsageError} when the module cannot be read.
 * @throws {CodeError} CODE_NOT_LOADED for an import that cannot be pinned: from elsewhere, or not written out.
 */
export function filesOfCode(path: string, name: string, folder = dirname(path)): CodeFiles {
  const first = realFile(path, name);
  const homes = [realpathSync(folder), dirname(first)];
  const files = new Map<string, Hash>();
  const open = [first];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    if (files.size >= MOST) throw notPinned(`${name} imports more than ${MOST} files`);
    const bytes = readFileSync(file);
    files.set(file, sha256(bytes));
    for (const url of importsOf(bytes.toString("utf8"), file)) {
      const said = relative(dirname(first), fileURLToPath(url));
      const real = existing(url, said);
      if (!homes.some((home) => real.startsWith(`${home}${sep}`))) {
        throw notPinned(`${name} imports ${said}, which is outside the mandate's folder`);
      }
      open.push(real);
    }
  }
  const list = [...files].map(([file, hash]) => [relative(dirname(first), file).split(sep).join("/"), hash] as const);
  const [only] = files.values();
  return { hash: files.size === 1 && only ? only : hashOf(Object.fromEntries(list)), files };
}

/** Addresses of the files that a text imports. */
function* importsOf(text: string, file: string): Generator<URL> {
  for (const [written, , plain, , called] of text.matchAll(IMPORTS)) {
    const specifier = plain ?? called;
    if (specifier === undefined) {
      throw notPinned(
        `${written.trim().slice(0, 60)}… in ${relative(dirname(file), file)}: a path that is not written out cannot be pinned`,
      );
    }
    if (specifier.startsWith("#")) throw notPinned(`${specifier} cannot be pinned: import the file by its path`);
    if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) continue;
    const url = new URL(specifier, pathToFileURL(file));
    [url.search, url.hash] = ["", ""];
    yield url;
  }
}

function existing(url: URL, said: string): string {
  try {
    return realpathSync(url);
  } catch (cause) {
    throw new CodeError("CODE_NOT_LOADED", `${said} is imported and not there`, {
      remedy: "Imports need their file endings.",
      cause,
    });
  }
}

function realFile(path: string, name: string): string {
  try {
    readFileSync(path);
    return realpathSync(path);
  } catch (cause) {
    throw new UsageError(`${name} cannot be read`, {
      remedy: "Give the path of a TypeScript module, relative to the mandate.",
      cause,
    });
  }
}

function notPinned(message: string): CodeError {
  return new CodeError("CODE_NOT_LOADED", message, {
    remedy: "Import files that lie beside the mandate, each by its path as text.",
  });
}
