import { SECOND, systemClock } from "../../core/clock.ts";
import type { OpenedWorld } from "./open-world.ts";

/** Lets a world's time pass with the machine's, `speed` seconds in each second, until `signal` aborts. */
export async function keepTime(
  world: Pick<OpenedWorld, "now" | "advance">,
  { speed, signal }: { readonly speed: number; readonly signal: AbortSignal },
): Promise<void> {
  const [here, there] = [await systemClock.now(), await world.now()];
  while (!signal.aborted) {
    await systemClock.sleep((await systemClock.now()) + (speed === 0 ? 3_600 * SECOND : SECOND), signal);
    if (!signal.aborted && speed > 0) await world.advance(there + ((await systemClock.now()) - here) * speed);
  }
}
