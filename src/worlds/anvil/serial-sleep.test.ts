import { expect, test } from "vitest";
import { SerialSleep } from "./serial-sleep.ts";

/** A world whose only events are the whole tens. */
function tens() {
  const world = { now: 0 };
  const sleep = new SerialSleep(async (until) => {
    const event = Math.floor(world.now / 10) * 10 + 10;
    world.now = Math.max(world.now, Math.min(event, until));
    return world.now >= until;
  });
  return { world, sleep };
}

test("sleepers wake in order of time, and equals in order of call", async () => {
  const { world, sleep } = tens();
  const woken: string[] = [];
  const task = async (name: string, until: number) => {
    await sleep.sleep(until);
    woken.push(`${name}@${world.now}`);
  };
  await Promise.all([task("late", 35), task("first", 20), task("second", 20), task("early", 5)]);
  expect(woken).toEqual(["early@5", "first@20", "second@20", "late@35"]);
});

test("a woken task sleeps again before time passes it by", async () => {
  const { world, sleep } = tens();
  const woken: number[] = [];
  const often = async () => {
    for (let at = 3; at <= 12; at += 3) {
      await sleep.sleep(at);
      woken.push(world.now);
    }
  };
  await Promise.all([sleep.sleep(100), often()]);
  expect(woken).toEqual([3, 6, 9, 12]);
});

test("an aborted sleeper wakes at once and moves no time", async () => {
  const { world, sleep } = tens();
  const stop = new AbortController();
  const asleep = sleep.sleep(1_000_000_000, stop.signal);
  stop.abort();
  await asleep;
  await sleep.sleep(50, stop.signal);
  expect(world.now).toBeLessThan(50);
});

test("a world that fails wakes everybody with its error, and can be slept on again", async () => {
  let broken = true;
  const sleep = new SerialSleep(async () => {
    if (broken) throw new RangeError("gone");
    return true;
  });
  const results = await Promise.allSettled([sleep.sleep(1), sleep.sleep(2)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  broken = false;
  await sleep.sleep(3);
});
