import { MandateError } from "../../../src/core/errors.ts";
import { CRASH_POINTS, type CrashPoint } from "../../../src/gateway/crash-point.ts";

/** A gateway that died at a named point, as far as a process can die that goes on. */
export class CrashedError extends MandateError {
  constructor(point: CrashPoint) {
    super("CRASHED", `the gateway died ${point}`, { remedy: "Open it again on its journal." });
  }
}

/** Makes a gateway in this process die at a point: whatever it was about to do, it does not. */
export class Crasher {
  #point: CrashPoint | null = null;

  /** What the gateway is given. */
  readonly crash = (point: CrashPoint): void => {
    if (point !== this.#point) return;
    this.#point = null;
    throw new CrashedError(point);
  };

  /** True where it will die at the next coming to that point. */
  arm(point: string): boolean {
    this.#point = CRASH_POINTS.find((one) => one === point) ?? null;
    return this.#point !== null;
  }

  disarm(): void {
    this.#point = null;
  }
}
