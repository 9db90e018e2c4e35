import { readdirSync, readFileSync } from "node:fs";

/** Command lines of the living gateway processes that this process started. Linux. */
export function livingGateways(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (Number(parent) !== process.pid || state === "Z") return [];
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch (error) {
        // It ended while it was looked at.
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
        throw error;
      }
    })
    .filter((command) => command.includes("/serve/") || command.includes("/e2e/support/"));
}
