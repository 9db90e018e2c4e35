import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { percent, percentOf, usd } from "./figures.ts";

test.each([
  ["0", "$0.00"],
  ["-0.001", "$0.00"],
  ["999.995", "$1,000.00"],
  ["1254.4", "$1,254.40"],
  ["-1234567.8", "-$1,234,567.80"],
])("%s in USD is %s", (value, text) => {
  expect(usd(decimal(value))).toBe(text);
});

test("a share is read as percent with one place at most", () => {
  expect(percent(decimal("0.613"))).toBe("61.3 %");
  expect(percentOf(decimal(1), decimal(3))).toBe("33.3 %");
});
