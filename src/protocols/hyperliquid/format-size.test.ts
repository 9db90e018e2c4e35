import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { formatSize, roundSize } from "./format-size.ts";

/** Size, decimals, towards zero. */
const DOWN: readonly (readonly [string, number, string])[] = [
  ["0.123456789", 4, "0.1234"],
  ["0.123456789", 5, "0.12345"],
  ["0.123456789", 3, "0.123"],
  ["0.123456789", 0, "0"],
  ["0.99999", 4, "0.9999"],
  ["10.9999", 2, "10.99"],
  ["1.2349999", 3, "1.234"],
];

test.each(DOWN)("%s with %i decimals is %s lots down", (size, decimals, expected) => {
  expect(roundSize(decimal(size), decimals, "down").toFixed()).toBe(expected);
});

test("a size goes up to a whole lot when asked", () => {
  expect(formatSize(decimal("0.00012"), 4, "up")).toBe("0.0002");
  expect(formatSize(decimal("0.0034"), 3, "up")).toBe("0.004");
});

test("less than a lot and less than nothing have no form", () => {
  expect(() => formatSize(decimal("0.9"), 0, "down")).toThrow("less than one lot");
  expect(() => formatSize(decimal("-1"), 0, "up")).toThrow("less than one lot");
});
