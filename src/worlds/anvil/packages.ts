import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MandateError, messageOf } from "../../core/errors.ts";
import { sha256 } from "../../core/json.ts";
import { cacheFolder } from "./cache-folder.ts";
import lock from "./packages.lock.json" with { type: "json" };
import { readTar } from "./read-tar.ts";
import { writeAtomically } from "./write-atomically.ts";

/** A published package of which a few files are needed. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Of the tarball, as npm writes it: "sha512-…". */
  readonly integrity: string;
  /** SHA-256 of each file that is used, by its path in the package. */
  readonly files: Readonly<Record<string, string>>;
}

export const LOCKED_PACKAGES: readonly LockedPackage[] = lock.packages;

/** npm could not fetch a package. */
export class PackageFetchError extends MandateError {
  constructor(specifier: string, cause: unknown) {
    super("PACKAGE_FETCH_FAILED", `npm could not fetch ${specifier}`, {
      remedy:
        "Check the network and npm's registry setting with: npm ping. Once fetched, the package is kept and no network is needed.",
      details: { package: specifier, reason: messageOf(cause).slice(0, 2_000) },
      cause,
    });
  }
}

/** What was fetched is not what was pinned. */
export class PackageIntegrityError extends MandateError {
  constructor(what: string, expected: string, actual: string) {
    super("PACKAGE_INTEGRITY", `${what} is not what packages.lock.json pins`, {
      remedy: "Do not use it. Fetch through another registry, or compare with the published package by hand.",
      details: { expected, actual },
    });
  }
}

/**
 * A file of a pinned package: from the cache, else by `npm pack`, its integrity checked here either way.
 *
 * @throws {PackageFetchError} when npm fails or is not there.
 * @throws {PackageIntegrityError} when the tarball or the file differs from the lock.
 */
export async function readPackageFile(locked: LockedPackage, file: string, cache: string = cacheFolder()): Promise<Uint8Array> {
  const path = join(cache, "packages", `${locked.name}-${locked.version}`, file);
  const cached = await readIfThere(path);
  if (cached !== undefined && sha256(cached) === locked.files[file]) return cached;
  const files = await fetchPackage(locked);
  for (const [name, data] of files) {
    await writeAtomically(join(cache, "packages", `${locked.name}-${locked.version}`, name), data);
  }
  const data = files.get(file);
  if (data === undefined) throw new PackageIntegrityError(`${locked.name} ${file}`, "a pinned file", "not pinned");
  return data;
}

async function fetchPackage(locked: LockedPackage): Promise<ReadonlyMap<string, Uint8Array>> {
  const specifier = `${locked.name}@${locked.version}`;
  const tarball = await npmPack(specifier, locked);
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (integrity !== locked.integrity) throw new PackageIntegrityError(specifier, locked.integrity, integrity);
  const all = readTar(tarball);
  return new Map(
    Object.entries(locked.files).map(([file, expected]) => {
      const data = all.get(`package/${file}`);
      const actual = data === undefined ? "absent" : sha256(data);
      if (data === undefined || actual !== expected) throw new PackageIntegrityError(`${specifier} ${file}`, expected, actual);
      return [file, data];
    }),
  );
}

async function npmPack(specifier: string, { name, version }: LockedPackage): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "mandate-pack-"));
  try {
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
    const args = [...first, "pack", specifier, "--ignore-scripts", "--silent", "--pack-destination", folder];
    await promisify(execFile)(command, args, { cwd: folder });
    return await readFile(join(folder, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`));
  } catch (error) {
    throw new PackageFetchError(specifier, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
