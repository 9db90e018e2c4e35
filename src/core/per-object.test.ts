import { expect, test } from "vitest";
import { perObject } from "./per-object.ts";

test("it is worked out once for each object, also where nothing comes of it", () => {
  let count = 0;
  const nothing = perObject((_: object) => {
    count += 1;
    return undefined;
  });
  const [one, other] = [{}, {}];
  expect([nothing(one), nothing(one), nothing(other)]).toEqual([undefined, undefined, undefined]);
  expect(count).toBe(2);
});

test("what throws is tried again", () => {
  let count = 0;
  const third = perObject((_: object) => {
    count += 1;
    if (count < 3) throw new RangeError("not yet");
    return count;
  });
  const one = {};
  expect(() => third(one)).toThrow("not yet");
  expect(() => third(one)).toThrow("not yet");
  expect(third(one)).toBe(3);
});
