import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../../../core/clock.ts";
import type { RequestState } from "../../../journal/fold-wallet.ts";
import { idleExits } from "./idle-exits.ts";

const NOW = 1_767_600_000_000;

interface Told {
  readonly ago: number;
  readonly orders: number;
  readonly rests: boolean;
  readonly traded?: boolean;
  readonly opens?: boolean;
}

/** A request as far as it is looked at here. */
function request({ ago, orders, rests, traded = false, opens = false }: Told): RequestState {
  const order = { cloid: "0x", asset: "hl/BTC:perp", side: "sell", size: "1", price: "1", opens, rests };
  const exchange = { expires: NOW, orders: Array.from({ length: orders }, () => order) };
  return {
    reserved: { class: opens ? "spend" : "reduce" },
    transactions: [{ purpose: "call", exchange }],
    settled: { deltas: traded ? [{ account: "wallet", asset: "hl/BTC:perp", amount: "-1" }] : [] },
    reservedAt: NOW - ago,
  } as unknown as RequestState;
}

test("every order and every cancel of the last hour's exits counts, each kind by itself, back to the last that traded", () => {
  const stops = { rests: true, orders: 3 };
  const told = [
    request({ ...stops, ago: 2 * HOUR }),
    request({ ...stops, ago: 50 * MINUTE }),
    request({ rests: false, orders: 1, ago: 40 * MINUTE, traded: true }),
    request({ ...stops, ago: 30 * MINUTE }),
    request({ rests: true, orders: 0, ago: 20 * MINUTE }),
    request({ rests: false, orders: 2, ago: 10 * MINUTE }),
    request({ rests: false, orders: 2, ago: 5 * MINUTE, opens: true }),
  ];
  expect(idleExits(told, "resting", NOW)).toBe(4);
  expect(idleExits(told, "immediate", NOW)).toBe(2);
  expect(idleExits(told.slice(0, 2), "resting", NOW)).toBe(3);
  expect(idleExits([], "resting", NOW)).toBe(0);
});
