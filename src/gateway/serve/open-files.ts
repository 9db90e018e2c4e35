import { readFileSync } from "node:fs";

/** How many files, sockets among them, a process may have open at once, by the system's word; null where it does not say, or sets no limit. */
export function openFilesLimit(file = "/proc/self/limits"): number | null {
  try {
    const [, soft] = /^Max open files +(\d+) /m.exec(readFileSync(file, "utf8")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
