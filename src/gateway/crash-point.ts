/** Where a rehearsing process can be made to die, to show that it survives it. */
export type CrashPoint = "after-reserve" | "after-sign" | "after-commit" | "after-submit" | "before-settle";

export const CRASH_POINTS: readonly CrashPoint[] = [
  "after-reserve",
  "after-sign",
  "after-commit",
  "after-submit",
  "before-settle",
];

/** Called at each named point. The only implementation that does anything kills the process. */
export type Crash = (point: CrashPoint) => void;

export const noCrash: Crash = () => undefined;

/**
 * Kills this process, uncatchably, the `nth` time that it comes to `point`.
 *
 * @param setting - "after-sign" or "after-sign:3".
 */
export function crashAt(setting: string): Crash {
  const [wanted, nth = "1"] = setting.split(":");
  let left = Number(nth);
  return (point) => {
    if (point !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  };
}
