import { readFileSync } from "node:fs";
import { type Finding, ok, warn } from "./finding.ts";

const YAMA = "/proc/sys/kernel/yama/ptrace_scope";
const APART = "For real money run the gateway as a user of its own, apart from the agent's";

/**
 * Whether another process of the same user may read the gateway's memory, and with it the key. A process of another user
 * never may.
 *
 * @param file - where the system says so.
 */
export function examineMemory(file = YAMA, platform: NodeJS.Platform = process.platform): Finding {
  const name = "key in memory";
  if (platform !== "linux") {
    return warn(name, `whether another process of this user may read a gateway's memory is not told on ${platform}`, `${APART}.`);
  }
  const scope = read(file);
  if (scope === "1") {
    return ok(
      name,
      "a process reads the memory of those alone that it started (ptrace_scope 1); mandate run starts a gateway from the agent's own",
    );
  }
  if (scope === "2" || scope === "3") return ok(name, `no process of this user reads another's memory (ptrace_scope ${scope})`);
  const why = scope === null ? "this kernel has no ptrace_scope" : `ptrace_scope ${scope}`;
  return warn(
    name,
    `every process of this user may read a gateway's memory, and the key in it (${why})`,
    scope === null ? `${APART}.` : `${APART}; or: sudo sysctl kernel.yama.ptrace_scope=1`,
  );
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // Without the file the kernel has no such limit, which is what is told then.
    return null;
  }
}
