import { expect, test } from "vitest";
import { decimal, ZERO } from "../../core/decimal.ts";
import { deepestFall, portfolioReport } from "./portfolio-report.ts";

const figures = { fills: 1, turnover_usd: decimal(50), fees_usd: decimal("0.02"), funding_usd: ZERO, liquidations: 0 };

test("the deepest fall is from the high before it, not from the beginning, and is none where values only rise", () => {
  expect(deepestFall([100, 200, 150, 180, 140, 300].map(decimal)).toFixed()).toBe("30");
  // S1: from 10,000 to 12,000 to 10,800.
  expect(deepestFall([10_000, 12_000, 10_800].map(decimal)).toFixed()).toBe("10");
  expect(deepestFall([1, 2, 3].map(decimal)).toFixed()).toBe("0");
  expect(deepestFall([]).toFixed()).toBe("0");
});

test("the agent stands first, each way beside it with what it began and ended with at the same looks", () => {
  const values = [100, 90, 110].map((value, n) => ({ at: n * 1_000, value_usd: decimal(value) }));
  const baseline = { name: "buy-and-hold" as const, means: "held", values: [100, 105, 120].map(decimal), figures };
  const report = portfolioReport(values, figures, [baseline]);
  expect(report.rows.map(({ name, return_pct, drawdown_pct }) => [name, return_pct.toFixed(), drawdown_pct.toFixed()])).toEqual([
    ["agent", "10", "10"],
    ["buy-and-hold", "20", "0"],
  ]);
  expect(report.curve.map(({ at, values_usd }) => [at, ...values_usd.map((value) => value.toNumber())])).toEqual([
    [0, 100, 100],
    [1_000, 90, 105],
    [2_000, 110, 120],
  ]);
});
