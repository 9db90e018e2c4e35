import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "../core/clock.ts";
import { SteadyTime } from "./steady-time.ts";

const START = Date.UTC(2026, 0, 5);

function machine() {
  let passed = 0;
  let set = 0;
  return {
    pass: (ms: number) => {
      passed += ms;
    },
    set: (ms: number) => {
      set = ms;
    },
    source: { now: async () => START + passed + set, elapsed: () => 7 + passed },
  };
}

test("a clock that goes as time passes is believed, small steps included", async () => {
  const { pass, set, source } = machine();
  const time = new SteadyTime(source);
  expect(await time.read()).toEqual({ now: START, jump: null });
  pass(HOUR);
  set(MINUTE);
  expect(await time.read()).toEqual({ now: START + HOUR + MINUTE, jump: null });
});

test.each([25 * HOUR, -25 * HOUR, MINUTE + 1, -MINUTE - 1])(
  "a clock set by %d ms is not believed, and is again once it is back",
  async (by) => {
    const { pass, set, source } = machine();
    const time = new SteadyTime(source);
    await time.read();
    pass(SECOND);
    set(by);
    const { now, jump } = await time.read();
    expect(now).toBe(START + SECOND);
    expect(jump).toContain("by what has passed it is 2026-01-05T00:00:01Z");
    set(0);
    expect(await time.read()).toEqual({ now: START + SECOND, jump: null });
  },
);

test("a clock that leaves by a little at each look is not believed once it is a minute off", async () => {
  const { pass, set, source } = machine();
  const time = new SteadyTime(source);
  await time.read();
  for (const off of [40, 60]) {
    pass(SECOND);
    set(off * SECOND);
    expect((await time.read()).jump).toBeNull();
  }
  pass(SECOND);
  set(MINUTE + 1);
  expect(await time.read()).toMatchObject({ now: START + 3 * SECOND, jump: expect.any(String) });
});

test("what a person has looked at is believed from then on", async () => {
  const { set, source } = machine();
  const time = new SteadyTime(source);
  await time.read();
  set(HOUR);
  expect((await time.read()).jump).not.toBeNull();
  time.adopt(await time.clock());
  expect(await time.read()).toEqual({ now: START + HOUR, jump: null });
});

test("a clock that jumps again between being looked at and being believed is not believed", async () => {
  const { set, source } = machine();
  const time = new SteadyTime(source);
  await time.read();
  set(HOUR);
  const told = await time.clock();
  set(25 * HOUR);
  time.adopt(told);
  const { now, jump } = await time.read();
  expect(now).toBe(START + HOUR);
  expect(jump).not.toBeNull();
});

test("a world's clock may go as it likes", async () => {
  let now = START;
  const time = new SteadyTime({ now: async () => now });
  await time.read();
  now -= DAY;
  expect(await time.read()).toEqual({ now: START - DAY, jump: null });
});

test("however a clock is set, a day of budget comes back after a day less two minutes at the soonest", async () => {
  const steps = fc.array(fc.record({ passes: fc.integer({ min: 0, max: 2 * HOUR }), set: fc.integer({ min: -DAY, max: DAY }) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { pass, set, source } = machine();
      const time = new SteadyTime(source);
      const first = (await time.read()).now;
      let passed = 0;
      for (const step of all) {
        pass(step.passes);
        passed += step.passes;
        set(step.set);
        const { now } = await time.read();
        expect(now - first).toBeLessThanOrEqual(passed + MINUTE * (1 + Math.floor(passed / DAY)));
      }
    }),
  );
});
