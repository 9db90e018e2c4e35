import { readdirSync, readFileSync } from "node:fs";

interface LivingProcess {
  readonly pid: number;
  readonly command: string;
}

/** Gateway and agent processes that are alive and were started by a process, this one by default. Linux. */
export function livingChildren(of: number | undefined = process.pid): readonly LivingProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (Number(parent) !== of || state === "Z") return [];
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch (error) {
        // It ended while it was looked at.
        if (isGone(error)) return [];
        throw error;
      }
    })
    .filter(({ command }) => command.includes("/serve/") || command.includes("/e2e/support/"));
}

/** Kills a process that should have ended. One that has is left in peace. */
export function putDown({ pid }: LivingProcess): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
