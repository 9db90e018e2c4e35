import { expect, test } from "vitest";
import { decimal } from "../../core/decimal.ts";
import { type Json, toJson } from "../../core/json.ts";
import type { Entry } from "../../journal/journal.ts";
import type { ExchangeMove } from "../../protocols/exchange-effects.ts";
import { createNarrator } from "./narrate.ts";
import { narrateMoves } from "./narrate-moves.ts";
import { narrateNote } from "./narrate-note.ts";
import { narrateVerdict } from "./narrate-verdict.ts";

const order = {
  asset: "hl/BTC:perp",
  side: "buy",
  size: decimal("0.01"),
  price: decimal(50250),
  reduceOnly: false,
  trigger: null,
  rests: false,
} as const;

test.each<[ExchangeMove, string]>([
  [{ do: "order", order }, "buy 0.01 BTC:perp at $50250 or better"],
  [{ do: "order", order: { ...order, rests: true } }, "buy 0.01 BTC:perp at $50250 or better may rest"],
  [
    {
      do: "order",
      order: { ...order, side: "sell", reduceOnly: true, rests: true, trigger: { price: decimal(45000), kind: "sl" } },
    },
    "sell 0.01 BTC:perp at $50250 or better stop at $45000 reduce-only",
  ],
  [{ do: "replace", order, protective: false }, "in place of another buy 0.01 BTC:perp at $50250 or better"],
  [{ do: "cancel", protective: false }, "cancel an order"],
  [{ do: "cancel", protective: true }, "cancel what protects a position"],
  [{ do: "leverage", asset: "hl/BTC:perp", leverage: decimal(2), isolated: true }, "BTC:perp on 2 times isolated margin"],
  [{ do: "margin", asset: "hl/BTC:perp", usd: decimal(-5) }, "$5 of margin out of BTC:perp"],
  [{ do: "margin", asset: "hl/BTC:perp", usd: decimal(5) }, "$5 of margin into BTC:perp"],
  [{ do: "transfer", usd: decimal(5), to: "spot" }, "$5 to spot"],
  [{ do: "transfer", usd: decimal(5), to: "perp" }, "$5 to perpetuals"],
  [{ do: "schedule-cancel", at: Date.UTC(2026, 0, 5) }, "cancel all that rests at 2026-01-05T00:00:00"],
  [{ do: "schedule-cancel", at: null }, "no cancel at a set time any more"],
])("%j is told as: %s", (move, told) => {
  expect(narrateMoves([toJson(move) as Json])).toContain(told);
});

test("a verdict on an exchange's request says what it does there", () => {
  const facts = toJson({ verdict: { effects: { deltas: [], exchange: { moves: [{ do: "order", order }] } }, left: [] } }) as Json;
  expect(narrateVerdict("allow", facts, [])).toEqual([["allowed", "buy 0.01 BTC:perp at $50250 or better"]]);
});

test("an order that filled in part is told with what it counts as", () => {
  const key = "ab".repeat(32);
  const amounts = { spend_usd: "120", loss_usd: "0.5" };
  const body = toJson({ key, amounts, filled: { "0x0123456789abcdef0123456789abcdef": "0.004" } }) as Json;
  const entry = { kind: "progressed", at: 0, seq: 3, body } as unknown as Entry;
  const told = createNarrator({ all: false })({ entry, cycle: 1, body, stream: "wallet:0x" } as never);
  expect(told).toContain("filled");
  expect(told).toContain("0.004 of order 0x0123");
  expect(told).toContain("counts as $120 spend, $0.50 loss, the rest still rests");
});

test("an intent for an exchange is told in its words", () => {
  const intents = [{ kind: "close", market: "BTC:perp" }];
  const [told] = narrateNote(
    { kind: "decided", decision: { kind: "intents", why: "done", intents } },
    { spent: decimal(0), all: false },
  );
  expect(told?.[1]).toMatch(/^close .*BTC:perp/);
});
