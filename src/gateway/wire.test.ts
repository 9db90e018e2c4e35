import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { canonicalJson, toJson } from "../core/json.ts";
import { judge } from "../mandate/judge.ts";
import { EXCHANGE_PRICES, exchangeEffects, exchangeOrder, exchangeTerms, market } from "../mandate/testing/exchange-judging.ts";
import { budgetsWith, NOW } from "../mandate/testing/judging.ts";
import { verdictWire } from "./wire.ts";

test("what a request does at an exchange survives the wire, every kind of move", () => {
  const effects = exchangeEffects({
    moves: [
      { do: "order", order: exchangeOrder({ rests: true }) },
      { do: "replace", order: exchangeOrder({ side: "sell", reduceOnly: true, trigger: 80, price: 80 }), protective: true },
      { do: "cancel", protective: false },
      { do: "leverage", asset: "hl/BTC:perp", leverage: decimal(2), isolated: true },
      { do: "margin", asset: "hl/BTC:perp", usd: decimal("-1.5") },
      { do: "transfer", usd: decimal("12.5"), to: "spot" },
      { do: "schedule-cancel", at: NOW },
      { do: "schedule-cancel", at: null },
    ],
    markets: [market("hl/BTC:perp", "1.5", { resting: { closing_sells: 1 } }), market("hl/HYPE:spot", 3)],
    before: {
      liquidation_distance_pct: decimal("41.5"),
      liquidation_distances: { "hl/BTC:perp": decimal("41.5") },
      open_orders: 3,
    },
    after: { liquidation_distance_pct: null, open_orders: 4, quota_left: null },
  });
  const verdict = judge(exchangeTerms({ max_exit_cost_bps: decimal(50) }), effects, EXCHANGE_PRICES, budgetsWith(), NOW);
  const read = verdictWire.parse(JSON.parse(canonicalJson(toJson(verdict))));
  expect(read).toEqual(verdict);
  expect(read.effects.exchange?.moves).toHaveLength(8);
});
