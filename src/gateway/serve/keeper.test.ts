import { expect, test } from "vitest";
import { type Instant, ManualClock, SECOND } from "../../core/clock.ts";
import { startKeeper } from "./keeper.ts";

/** A clock that stands until the test lets the sleeper go. */
class SteppedClock extends ManualClock {
  #wake: (() => void) | null = null;
  #asleep: (() => void) | null = null;

  override sleep(until: Instant, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener("abort", () => resolve());
      this.#wake = () => void super.sleep(until).then(resolve);
      this.#asleep?.();
    });
  }

  /** Lets the sleeper wake, and waits until it sleeps again. */
  async step(): Promise<void> {
    const again = new Promise<void>((resolve) => {
      this.#asleep = resolve;
    });
    this.#wake?.();
    await again;
  }
}

test("a keeper looks every few seconds of its clock, and no more once it is stopped", async () => {
  const clock = new SteppedClock(0);
  const looks: Instant[] = [];
  const keeper = startKeeper({
    gateway: { keep: async () => void looks.push(await clock.now()) },
    clock,
    every: 5 * SECOND,
    onError: expect.unreachable,
  });
  await Promise.resolve();
  for (let n = 0; n < 3; n++) await clock.step();
  await keeper.stop();
  expect(looks).toEqual([5 * SECOND, 10 * SECOND, 15 * SECOND]);
});

test("a look that fails is told once, and the next one is made all the same", async () => {
  const clock = new SteppedClock(0);
  const told: string[] = [];
  let looks = 0;
  const keeper = startKeeper({
    gateway: {
      keep: async () => {
        looks += 1;
        if (looks < 4) throw new Error("the venue is away");
      },
    },
    clock,
    onError: (what, error) => void told.push(`${what}: ${error instanceof Error ? error.message : ""}`),
  });
  await Promise.resolve();
  for (let n = 0; n < 5; n++) await clock.step();
  await keeper.stop();
  expect(looks).toBe(5);
  expect(told).toEqual(["keeper: the venue is away"]);
});
