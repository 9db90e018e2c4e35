import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface FolderUsage {
  /** Bytes that its files take on the disk. */
  readonly bytes: number;
  readonly files: number;
}

/**
 * What a folder holds. Links are counted and not followed; what vanishes meanwhile is not there. Stops past `most`, and at
 * what cannot be looked into: nothing is hidden by closing a folder or by nesting it too deep.
 */
export async function folderUsage(folder: string, most: FolderUsage): Promise<FolderUsage> {
  let [bytes, files] = [0, 0];
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const names = await readdir(next).catch(unseen);
    if (names === null) continue;
    if (names === "hidden") return { bytes: Number.POSITIVE_INFINITY, files };
    for (const entry of names) {
      const path = join(next, entry);
      const found = await lstat(path).catch(unseen);
      if (found === null) continue;
      if (found === "hidden") return { bytes: Number.POSITIVE_INFINITY, files };
      files += 1;
      bytes += found.blocks * 512;
      if (found.isDirectory()) open.push(path);
      if (bytes > most.bytes || files > most.files) return { bytes, files };
    }
  }
  return { bytes, files };
}

export interface ProcessUsage {
  /** Bytes of memory. */
  readonly memory: number;
  /** Bytes of files that have no name any more and are still held. */
  readonly nameless: number;
}

/** What a process and all that came from it use. Nothing where it is over. */
export function processUsage(pid: number): ProcessUsage {
  const [children, resident] = [new Map<number, number[]>(), new Map<number, number>()];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = textOf(`/proc/${name}/stat`);
    // The program's name stands in brackets and may hold anything: fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent, pages] = [Number(fields[1]), Number(fields[21])];
    if (!Number.isInteger(parent) || !Number.isInteger(pages)) continue;
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    resident.set(Number(name), pages * PAGE);
  }
  let memory = 0;
  const held = new Map<string, number>();
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    memory += resident.get(next) ?? 0;
    for (const [file, bytes] of namelessFiles(next)) held.set(file, Math.max(bytes, held.get(file) ?? 0));
    open.push(...(children.get(next) ?? []));
  }
  return { memory, nameless: [...held.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** Files without a name that a process has open or mapped, by inode. */
function* namelessFiles(pid: number): Generator<readonly [string, number]> {
  for (const fd of entriesOf(`/proc/${pid}/fd`)) {
    const found = statOf(`/proc/${pid}/fd/${fd}`);
    if (found?.isFile() === true && found.nlink === 0) yield [String(found.ino), found.blocks * 512];
  }
  for (const line of textOf(`/proc/${pid}/maps`).split("\n")) {
    const [, from = "0", to = "0", inode = ""] = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+) .* \(deleted\)$/.exec(line) ?? [];
    if (inode !== "") yield [inode, Number.parseInt(to, 16) - Number.parseInt(from, 16)];
  }
}

const PAGE = 4096;

/** "" where the process is over, or is none that may be looked at: bubblewrap's own, while it sets up. */
function textOf(path: string): string {
  return orIfOver(() => readFileSync(path, "latin1"), "");
}

function entriesOf(path: string): readonly string[] {
  return orIfOver(() => readdirSync(path), []);
}

function statOf(path: string): Stats | null {
  return orIfOver(() => statSync(path), null);
}

function orIfOver<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (isGone(error) || isHidden(error)) return otherwise;
    throw error;
  }
}

function unseen(error: unknown): null | "hidden" {
  if (isGone(error)) return null;
  if (isHidden(error)) return "hidden";
  throw error;
}

function isHidden(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EACCES", "ENAMETOOLONG"].includes(String(error.code));
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOENT", "ESRCH", "ENOTDIR"].includes(String(error.code));
}
