import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { decimal, ONE, ZERO } from "../../core/decimal.ts";
import { toJson } from "../../core/json.ts";
import { readAnswer as readTyped } from "../../llm/read-answer.ts";
import { holdingKey } from "../../planning/targets.ts";
import { hyperliquidIntentSchema, readHyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import { intentForms } from "../../venues/vocabulary.ts";
import { answerType } from "./answer.ts";
import { readAnswer } from "./read-answer.ts";

const expected = z.strictObject({
  kind: z.enum(["hold", "targets", "intents"]),
  code: z.string().nullable().optional(),
  why: z.string().optional(),
  says: z.string().optional(),
  targets: z.record(z.string(), z.string()).optional(),
  intents: z.array(z.record(z.string(), z.unknown())).optional(),
  dropped: z.array(z.string()).default([]),
});
const replies = z.strictObject({
  note: z.string(),
  cases: z.array(
    z.strictObject({
      id: z.string(),
      what: z.string(),
      reply: z.string(),
      fails: z.string().optional(),
      expect: expected.optional(),
    }),
  ),
});
const { cases } = replies.parse(JSON.parse(readFileSync(new URL("../fixtures/replies.json", import.meta.url), "utf8")));

const one = { account: "main", amount: ZERO, decimals: 5, price_usd: ONE, price_at: 0, value_usd: ZERO, weight: ZERO };
const seen: Observation = {
  at: 0,
  value_usd: decimal(1000),
  holdings: [
    { ...one, asset: "hyperliquid/BTC:spot", role: "allowed" },
    { ...one, asset: "hyperliquid/BTC:perp", role: "allowed" },
    { ...one, asset: "hyperliquid/ETH:perp", role: "allowed" },
    { ...one, asset: "hyperliquid/SOL:spot", role: "allowed" },
    { ...one, asset: "hyperliquid/USDC", role: "numeraire" },
  ],
  allowances: [],
  unknowns: [],
  facts: {},
};
const MARGINED = ["hyperliquid/BTC:perp", "hyperliquid/ETH:perp"] as const;
const venue = {
  readIntent: (item: unknown): Intent => readHyperliquidIntent(item, "hyperliquid"),
  vocabulary: {
    intents: intentForms(hyperliquidIntentSchema.options, { order: "buy or sell", close: "close" }),
    may: () => ({ shorts: new Set(MARGINED.map((asset) => holdingKey("main", asset))), most: ONE }),
  },
};

test.each(cases.map((one) => [one.id, one.what, one] as const))("%s: %s", (_, __, { reply, fails, expect: wanted }) => {
  const typed = readTyped(answerType({ intents: venue.vocabulary.intents, strategies: [] }), reply);
  if (fails !== undefined) {
    expect(typed).toMatchObject({ ok: false, reason: expect.stringContaining(fails) });
    return;
  }
  if (!typed.ok) throw new TypeError(typed.reason);
  const { decision, dropped } = readAnswer(typed.value, seen, venue);
  expect(decision.kind).toBe(wanted?.kind);
  if (decision.kind === "hold") expect(decision.code).toBe(wanted?.code);
  if (wanted?.why !== undefined) expect(decision.why).toBe(wanted.why);
  if (wanted?.says !== undefined) expect(decision.why).toContain(wanted.says);
  if (decision.kind === "targets") {
    const weights = decision.targets.map(({ asset, weight }) => [asset.slice("hyperliquid/".length), weight.toFixed()]);
    expect(Object.fromEntries(weights)).toEqual(wanted?.targets);
  }
  if (decision.kind === "intents") expect(toJson(decision.intents)).toEqual(wanted?.intents);
  expect(dropped).toHaveLength(wanted?.dropped.length ?? 0);
  for (const [i, { reason }] of dropped.entries()) expect(reason).toContain(wanted?.dropped[i]);
});
