import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal, fromUnits, toUnits } from "../../../core/decimal.ts";
import { isOutbid, replacementFees, TRANSFER_GAS, voidFees } from "./outbid.ts";

const GWEI = 1_000_000_000n;
const wei = fc.bigInt({ min: 0n, max: 10_000n * GWEI });
const fees = fc.tuple(wei, wei).map(([one, other]) => ({ maxFeePerGas: one + other, maxPriorityFeePerGas: other }));

test("a bid is outbid once the next block leaves less than what is asked for now", () => {
  const bid = { gas: 100_000n, maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI };
  const asked = { maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI };
  expect(isOutbid(bid, asked, GWEI)).toBe(false);
  expect(isOutbid(bid, asked, 2n * GWEI)).toBe(false);
  expect(isOutbid(bid, asked, 2n * GWEI + GWEI / 2n)).toBe(true);
  expect(isOutbid(bid, { ...asked, maxPriorityFeePerGas: 0n }, 3n * GWEI + 1n)).toBe(true);
});

test("a replacement adds an eighth to both fees at least and never burns more than it may", () => {
  fc.assert(
    fc.property(fees, fees, fc.bigInt({ min: 21_000n, max: 1_000_000n }), wei, (bid, current, gas, room) => {
      const most = fromUnits(gas * bid.maxFeePerGas + room * gas, 18);
      const higher = replacementFees({ ...bid, gas }, current, most);
      if (!higher) return;
      expect(gas * higher.maxFeePerGas).toBeLessThanOrEqual(toUnits(most, 18));
      expect(higher.maxFeePerGas * 8n).toBeGreaterThan(bid.maxFeePerGas * 9n);
      expect(higher.maxPriorityFeePerGas).toBeLessThanOrEqual(higher.maxFeePerGas);
      expect(higher.maxPriorityFeePerGas * 8n).toBeGreaterThan(bid.maxPriorityFeePerGas * 9n);
    }),
  );
});

test("an empty transfer burns no more than was reserved", () => {
  fc.assert(
    fc.property(fees, wei, (current, most) => {
      const { maxFeePerGas } = voidFees(undefined, current, fromUnits(most * TRANSFER_GAS, 18));
      expect(maxFeePerGas).toBeLessThanOrEqual(most);
    }),
  );
  expect(
    replacementFees(
      { gas: 21_000n, maxFeePerGas: GWEI, maxPriorityFeePerGas: 0n },
      voidFees(undefined, { maxFeePerGas: GWEI, maxPriorityFeePerGas: 0n }, decimal(1)),
      decimal(0),
    ),
  ).toBeUndefined();
});
