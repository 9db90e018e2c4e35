import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { decimal } from "../core/decimal.ts";
import { planOrders } from "./plan-orders.ts";
import { sizeOrder } from "./size-order.ts";
import { orderLine, orderRules } from "./testing/order-line.ts";

const text = z.string();
const rebalance = z.strictObject({
  about: text,
  cases: z.array(
    z.strictObject({
      id: text,
      says: text,
      input: z.strictObject({
        value: text,
        free: z.strictObject({ perp: text, spot: text }),
        slippage_bps: text.default("50"),
        fee_bps: text.default("4.5"),
        transfers: z.boolean().default(false),
        lines: z.array(z.strictObject({ market: text, size: text, price: text, decimals: z.int() })),
        targets: z.record(text, text),
      }),
      expected: z.union([
        z.strictObject({ refused: text }),
        z.strictObject({
          transfers: z.array(z.strictObject({ to: text, usd: text })).default([]),
          orders: z.array(z.strictObject({ market: text, side: text, size: text, reduce_only: z.boolean() })),
          skipped: z.array(z.strictObject({ market: text, reason: text })),
        }),
      ]),
      basis: text,
    }),
  ),
});
const sizes = z.strictObject({
  about: text,
  cases: z.array(
    z.strictObject({
      id: text,
      input: z.strictObject({
        size: text,
        price: text,
        decimals: z.int(),
        reduces: text.nullable().default(null),
        closes_below_least: z.boolean().default(true),
      }),
      expected: text.nullable(),
      basis: text,
    }),
  ),
});
const fixture = (name: string): unknown => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8"));

test.each(rebalance.parse(fixture("rebalance-cases.json")).cases)("$id: $says", ({ input, expected }) => {
  const fee_bps = decimal(input.fee_bps);
  const lines = input.lines.map(({ market, size, price, decimals }) => orderLine(market, size, price, { decimals, fee_bps }));
  const targets = Object.entries(input.targets).map(([market, weight]) => ({
    account: "trader",
    asset: `hl/${market}` as const,
    weight: decimal(weight),
  }));
  const plan = () =>
    planOrders(targets, lines, {
      ...orderRules,
      value_usd: decimal(input.value),
      purses: { perp: decimal(input.free.perp), spot: decimal(input.free.spot) },
      slippage_bps: decimal(input.slippage_bps),
      transfers: input.transfers,
    });
  if ("refused" in expected) {
    expect(plan).toThrow(expect.objectContaining({ problem: expected.refused }));
    return;
  }
  const { steps, skipped } = plan();
  const short = (asset: string) => asset.slice(3);
  const intents = steps.map(({ intent }) => intent);
  expect({
    transfers: intents.flatMap((one) => (one.kind === "transfer" ? [{ to: one.to, usd: one.usd.toFixed() }] : [])),
    orders: intents.flatMap((one) =>
      one.kind === "order"
        ? [{ market: short(one.market), side: one.side, size: one.size.toFixed(), reduce_only: one.reduce_only }]
        : [],
    ),
    skipped: skipped.map(({ asset, reason }) => ({ market: short(asset), reason })),
  }).toEqual(expected);
});

test.each(sizes.parse(fixture("size-cases.json")).cases)("$id: the size that is sent", ({ input, expected }) => {
  const { size, price, decimals, reduces, closes_below_least } = input;
  const sized = sizeOrder({
    size: decimal(size),
    price: decimal(price),
    decimals,
    least_usd: decimal(10),
    reduces: reduces === null ? null : decimal(reduces),
    closes_below_least,
  });
  expect(sized.size?.toFixed() ?? null).toBe(expected);
});
