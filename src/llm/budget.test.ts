import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY, type Instant, ManualClock } from "../core/clock.ts";
import { type Decimal, decimal, sum } from "../core/decimal.ts";
import { ModelBudgetError, memoryModelBudget } from "./budget.ts";

test("what does not fit is refused, names what is left, and takes nothing", async () => {
  const budget = memoryModelBudget({ limit: decimal(1), clock: new ManualClock(0), spent: [{ at: 0, usd: decimal("0.7") }] });
  await expect(budget.reserve(decimal("0.31"))).rejects.toMatchObject({ code: "MODEL_BUDGET", details: { left_usd: "0.3" } });
  await budget.reserve(decimal("0.3"));
  expect((await budget.left()).toFixed()).toBe("0");
});

test("what others spent of the same budget counts once the record says so, and no longer than the record has it", async () => {
  const budget = memoryModelBudget({ limit: decimal(1), clock: new ManualClock(0) });
  await (await budget.reserve(decimal("0.5"))).settle(decimal("0.2"));
  const told = decimal("0.6");
  budget.know?.(told);
  expect((await budget.left()).toFixed()).toBe("0.4");
  await (await budget.reserve(decimal("0.3"))).settle(decimal("0.1"));
  // A second model that is asked the same question brings the same amount: what was spent since is not forgotten.
  budget.know?.(told);
  expect((await budget.left()).toFixed()).toBe("0.3");
  await expect(budget.reserve(decimal("0.31"))).rejects.toMatchObject({ code: "MODEL_BUDGET" });
  budget.know?.(decimal("0.3"));
  expect((await budget.left()).toFixed()).toBe("0.7");
});

test("settling gives back what was not spent, once", async () => {
  const budget = memoryModelBudget({ limit: decimal(1), clock: new ManualClock(0) });
  const reservation = await budget.reserve(decimal(1));
  const both = await Promise.allSettled([reservation.settle(decimal("0.25")), reservation.settle(decimal("0.25"))]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await budget.left()).toFixed()).toBe("0.75");
});

test("spending leaves the budget after 24 hours, an open reservation does not", async () => {
  const clock = new ManualClock(0);
  const budget = memoryModelBudget({ limit: decimal(1), clock, spent: [{ at: 0, usd: decimal("0.5") }] });
  await budget.reserve(decimal("0.25"));
  clock.set(DAY - 1);
  expect((await budget.left()).toFixed()).toBe("0.25");
  clock.set(DAY);
  expect((await budget.left()).toFixed()).toBe("0.75");
});

test("a clock set back frees nothing", async () => {
  const clock = new ManualClock(2 * DAY);
  const budget = memoryModelBudget({ limit: decimal(1), clock });
  await (await budget.reserve(decimal(1))).settle(decimal(1));
  clock.set(0);
  expect((await budget.left()).toFixed()).toBe("0");
});

test("spending dated ahead of the clock counts until its own 24 hours are over", async () => {
  const budget = memoryModelBudget({ limit: decimal(1), clock: new ManualClock(0), spent: [{ at: DAY, usd: decimal(1) }] });
  await expect(budget.reserve(decimal("0.1"))).rejects.toThrow(ModelBudgetError);
});

test("fifty concurrent calls against a budget for ten: ten are made", async () => {
  const budget = memoryModelBudget({ limit: decimal(1), clock: new ManualClock(0) });
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => budget.reserve(decimal("0.1"))));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
});

test("under any interleaving, what is spent in 24 hours and what is reserved never exceed the limit", async () => {
  const cents = fc.integer({ min: 0, max: 60 });
  const call = fc.record({ worst: cents, share: fc.integer({ min: 0, max: 100 }), pause: fc.integer({ min: 0, max: DAY }) });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(call, { maxLength: 20 }), async (scheduler, calls) => {
      const limit = decimal(100);
      let now: Instant = 0;
      const clock = { now: () => scheduler.schedule(Promise.resolve(), "clock").then(() => now), sleep: async () => undefined };
      const budget = memoryModelBudget({ limit, clock });
      const open = new Set<Decimal>();
      const spent: { at: Instant; usd: Decimal }[] = [];
      const check = () => {
        const recent = spent.filter(({ at }) => at > now - DAY).map(({ usd }) => usd);
        expect(sum([...recent, ...open]).lte(limit)).toBe(true);
      };
      const work = calls.map(async ({ worst, share, pause }) => {
        await scheduler.schedule(Promise.resolve(), "start");
        const taken = decimal(worst);
        const reservation = await budget.reserve(taken).catch((error) => {
          if (error instanceof ModelBudgetError) return undefined;
          throw error;
        });
        if (!reservation) return;
        open.add(taken);
        check();
        await scheduler.schedule(Promise.resolve(), "answer");
        now += pause;
        const actual = taken.times(share).div(100);
        const at = now;
        await reservation.settle(actual);
        open.delete(taken);
        spent.push({ at, usd: actual });
        check();
      });
      await scheduler.waitFor(Promise.all(work));
    }),
    { numRuns: 300 },
  );
});
