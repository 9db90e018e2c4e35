import fc from "fast-check";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../core/clock.ts";
import { type Payer, VenueMeters, WeightMeter } from "./weight-meter.ts";

const NOW = 1_767_600_000_000;

test("an agent has four fifths of a minute, its exits nine tenths, and the operator all of it", () => {
  const meter = new WeightMeter(100);
  expect(meter.take(NOW, 80, "agent")).toBeNull();
  expect(meter.take(NOW, 1, "agent")).toBe(NOW + MINUTE);
  expect(meter.take(NOW, 10, "exit")).toBeNull();
  expect(meter.take(NOW, 1, "exit")).toBe(NOW + MINUTE);
  expect(meter.take(NOW, 20, "operator")).toBeNull();
  expect(meter.isOver(NOW, 1, "operator")).toBe(true);
  expect(meter.take(NOW + MINUTE, 1, "exit")).toBeNull();
});

test("the minute slides: what was asked counts for sixty seconds, and the answer says when there is room again", () => {
  const meter = new WeightMeter(100);
  meter.take(NOW, 30, "agent");
  meter.take(NOW + 20 * SECOND, 50, "agent");
  expect(meter.take(NOW + 30 * SECOND, 20, "agent")).toBe(NOW + MINUTE);
  expect(meter.take(NOW + 30 * SECOND, 40, "agent")).toBe(NOW + 80 * SECOND);
  expect(meter.take(NOW + MINUTE, 20, "agent")).toBeNull();
});

test("beside an operator's orders an agent has half of a minute", () => {
  const meter = new WeightMeter(100);
  meter.take(NOW, 1, "operator");
  expect(meter.take(NOW + MINUTE, 51, "agent")).not.toBeNull();
  expect(meter.take(NOW + MINUTE, 50, "agent")).toBeNull();
});

test("where the venue refuses, agents wait for a minute and exits are tried", () => {
  const meter = new WeightMeter(100);
  meter.refused(NOW);
  expect(meter.take(NOW + SECOND, 1, "agent")).toBe(NOW + MINUTE);
  expect(meter.take(NOW + SECOND, 5, "exit")).toBeNull();
});

test("a clock that is set back keeps nothing for longer than a minute of it", () => {
  const meter = new WeightMeter(100);
  meter.take(NOW, 80, "agent");
  expect(meter.take(NOW - 10 * MINUTE, 1, "agent")).not.toBeNull();
  expect(meter.take(NOW - 9 * MINUTE, 80, "agent")).toBeNull();
});

test("one venue has one meter, whoever asks it", () => {
  const meters = new VenueMeters(10);
  meters.of("https://a").take(NOW, 8, "agent");
  expect(meters.of("https://a").isOver(NOW, 1, "agent")).toBe(true);
  expect(meters.of("https://b").isOver(NOW, 1, "agent")).toBe(false);
});

test("in no sixty seconds do agents and exits get more than their shares, whenever they ask", () => {
  const asked = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 20 * SECOND }),
      weight: fc.integer({ min: 1, max: 40 }),
      payer: fc.constantFrom<Payer>("agent", "exit"),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(asked, (asks) => {
      const meter = new WeightMeter(100);
      const taken: { readonly at: number; readonly weight: number; readonly payer: Payer }[] = [];
      let now = NOW;
      for (const { after, weight, payer } of asks) {
        now += after;
        if (meter.take(now, weight, payer) === null) taken.push({ at: now, weight, payer });
        const lately = taken.filter(({ at }) => at > now - MINUTE);
        const total = (some: typeof taken) => some.reduce((sum, one) => sum + one.weight, 0);
        expect(total(lately)).toBeLessThanOrEqual(90);
        expect(total(lately.filter((one) => one.payer === "agent"))).toBeLessThanOrEqual(80);
      }
    }),
  );
});
