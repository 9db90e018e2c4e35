import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { MandateError, messageOf } from "../../core/errors.ts";

/** A process that may leave a core, with the key in it. */
export class CoreLimitError extends MandateError {
  constructor(why: string) {
    super("CORE_LIMIT", `if this process crashes it may leave a core with the key in it: ${why}`, {
      remedy: "Install util-linux (prlimit), or start it after `ulimit -c 0`, or as a service with LimitCORE=0.",
    });
  }
}

/** How long setting a limit may take, in milliseconds of the machine's time. */
const PATIENCE = 5_000;

/**
 * Keeps what this process has in memory there, before the key is: whatever it starts from here on, and itself, leave no
 * core when they crash, and a signal opens no debugger, which is Node's way with SIGUSR1 and would get around the
 * system's limits on reading another process.
 *
 * @returns why it may leave a core; null: it leaves none.
 */
export function guardProcess(): CoreLimitError | null {
  if (!process.listeners("SIGUSR1").includes(openNothing)) process.on("SIGUSR1", openNothing);
  return withoutCore();
}

function openNothing(): void {
  // A listener of one's own takes the place of Node's.
}

/** The limit that it has and the one that it could raise it to become 0. Node cannot set its own: prlimit does. */
function withoutCore(): CoreLimitError | null {
  if (mayLeaveNone() === true) return null;
  const { error, stderr, status } = spawnSync("prlimit", ["--core=0:0", "--pid", String(process.pid)], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: PATIENCE,
    killSignal: "SIGKILL",
  });
  if (error) return new CoreLimitError(`prlimit does not run (${messageOf(error)})`);
  if (status !== 0) return new CoreLimitError(stderr.trim() || `prlimit ended with ${status}`);
  // It is believed for what the system says after it.
  return mayLeaveNone() === false ? new CoreLimitError("prlimit ran, and the limit stands") : null;
}

/** Whether both limits are 0 by the system's word; null where it does not say. */
function mayLeaveNone(): boolean | null {
  try {
    return /^Max core file size +0 +0 /m.test(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return null;
  }
}
