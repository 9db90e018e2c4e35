import { expect, test } from "vitest";
import { z } from "zod";
import { decimal, ZERO } from "../../core/decimal.ts";
import { answerSchema as wireSchema } from "../../llm/answer-schema.ts";
import { readEvmIntent } from "../../venues/evm/intents.ts";
import { EVM_VOCABULARY } from "../../venues/evm/vocabulary.ts";
import type { Observation } from "../../venues/venue.ts";
import { answerType, type ModelAnswer } from "./answer.ts";
import { readAnswer } from "./read-answer.ts";

const STRANGER = `0x${"Bad0".repeat(10)}`;
const one = {
  account: "wallet",
  amount: decimal(1),
  decimals: 18,
  price_usd: decimal(1),
  price_at: 0,
  value_usd: ZERO,
  weight: ZERO,
};
const seen: Observation = {
  at: 0,
  value_usd: decimal(1000),
  holdings: [
    { ...one, asset: "base/WETH", role: "allowed" },
    { ...one, asset: "base/USDC", role: "numeraire" },
    { ...one, asset: "base/ETH", role: "gas" },
  ],
  allowances: [],
  unknowns: [],
  facts: {},
};

const weth = (weight: unknown) => ({ account: "wallet", asset: "base/WETH", weight });
const usdc = (weight: unknown) => ({ account: "wallet", asset: "base/USDC", weight });
const sell = { kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: "0.1" };

function read(answer: Partial<ModelAnswer>) {
  const given = { decision: "hold", why: "because", selected_strategy: null, error: null, targets: null, intents: null } as const;
  return readAnswer({ ...given, ...answer }, seen, {
    readIntent: readEvmIntent,
  });
}

test("good targets are taken with exact weights, as text or as numbers", () => {
  const { decision, dropped } = read({ decision: "targets", targets: [weth("0.3"), usdc(0.7)] });
  expect(dropped).toEqual([]);
  expect(decision).toMatchObject({ kind: "targets", why: "because" });
  expect(decision.kind === "targets" && decision.targets.map(({ weight }) => weight.toFixed())).toEqual(["0.3", "0.7"]);
});

test("targets and intents together: the targets are taken, and that is said", () => {
  const { decision, remarks } = read({ decision: "intents", targets: [weth("0.5"), usdc("0.5")], intents: [sell] });
  expect(decision).toMatchObject({ kind: "targets", why: "because; the answer has targets and intents; the targets are taken" });
  expect(remarks).toEqual(["the answer has targets and intents; the targets are taken"]);
});

test.each<[string, unknown[], string]>([
  ["a coin out of the mandate", [weth("0.5"), { ...usdc("0.5"), asset: "base/PEPE" }], "no holding of this mandate"],
  ["the gas coin", [weth("0.5"), { ...usdc("0.5"), asset: "base/ETH" }], "no holding of this mandate"],
  ["a double key", [weth("0.5"), weth("0.1"), usdc("0.4")], "base/WETH has a weight already"],
  ["NaN", [weth("NaN"), usdc("0.5")], 'the weight "NaN" is no plain number'],
  ["words", [weth("abc"), usdc("0.5")], 'the weight "abc" is no plain number'],
  ["an exponent", [weth("5e-1"), usdc("0.5")], "is no plain number"],
  ["no weight", [{ account: "wallet", asset: "base/WETH" }, usdc("1")], "not { account, asset, weight }"],
  ["a key written twice", [weth({ written_twice: ["0.5", "0.1"] }), usdc("0.5")], "weight is written twice"],
])("an allocation with %s is a hold that says so", (_, targets, why) => {
  const { decision, dropped } = read({ decision: "targets", targets });
  expect(decision).toMatchObject({ kind: "hold", code: "TARGETS_NOT_VALID", why: expect.stringContaining(why) });
  expect(dropped).toHaveLength(1);
});

test.each<[string, unknown[], RegExp]>([
  ["percent", [weth("50"), usdc("50")], /look like percent/],
  ["a sum of 0.8", [weth("0.3"), usdc("0.5")], /sum to 0.8, not to 1/],
  ["a short", [weth("-0.2"), usdc("0.8")], /not shorted/],
])("an allocation in %s is a hold that says so", (_, targets, why) => {
  expect(read({ decision: "targets", targets }).decision).toMatchObject({
    kind: "hold",
    code: "TARGETS_NOT_VALID",
    why: expect.stringMatching(why),
  });
});

test("intents that cannot be read are dropped with a reason, the rest is kept", () => {
  const { decision, dropped } = read({
    decision: "intents",
    intents: [{ kind: "bridge" }, { ...sell, amount: "-1" }, { ...sell, amount: "NaN" }, { ...sell, sell: "" }, sell],
  });
  expect(decision.kind === "intents" && decision.intents.map(({ kind }) => kind)).toEqual(["swap"]);
  expect(dropped).toHaveLength(4);
  expect(read({ decision: "intents", intents: [{ kind: "bridge" }] }).decision).toMatchObject({
    kind: "hold",
    code: "INTENT_NOT_VALID",
  });
});

test("hostile intents are kept as they are: it is for the gateway to refuse them", () => {
  const { decision, dropped } = read({
    decision: "intents",
    intents: [
      { kind: "transfer", asset: "base/WETH", to: STRANGER, amount: "all" },
      { kind: "approve", asset: "base/USDC", spender: STRANGER, amount: "unlimited" },
      { kind: "call", chain: "base", to: STRANGER, data: "0xdeadbeef", value: "1" },
    ],
  });
  expect(dropped).toEqual([]);
  expect(decision.kind === "intents" && decision.intents.length).toBe(3);
});

test("a hold ignores what stands beside it, and a decision that gives nothing is a hold", () => {
  expect(read({ decision: "hold", intents: [sell] })).toMatchObject({
    decision: { kind: "hold", code: null },
    remarks: [expect.any(String)],
  });
  expect(read({ decision: "targets", targets: [] }).decision).toMatchObject({ kind: "hold", code: "NOTHING_GIVEN" });
});

const shownItems = z.looseObject({
  anyOf: z.array(z.looseObject({ items: z.looseObject({ anyOf: z.array(z.unknown()).optional() }).optional() })),
});

test("providers are shown each item's exact shape, closed, with every key required, though reading is lenient", () => {
  const shown = wireSchema(answerType({ intents: EVM_VOCABULARY.intents, strategies: ["trend"] }));
  expect(shown).toMatchObject({ type: "object", additionalProperties: false });
  const { properties } = z.looseObject({ properties: z.record(z.string(), z.unknown()) }).parse(shown);
  expect(Object.keys(properties)).toEqual(["decision", "why", "selected_strategy", "targets", "intents"]);
  const targets = shownItems.parse(properties.targets).anyOf[0]?.items;
  expect(targets).toMatchObject({ type: "object", required: ["account", "asset", "weight"], additionalProperties: false });
  const intents = shownItems.parse(properties.intents).anyOf[0]?.items?.anyOf ?? [];
  expect(intents).toHaveLength(EVM_VOCABULARY.intents.length);
  for (const intent of intents) {
    const form = z.looseObject({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()) }).parse(intent);
    expect(form.required).toEqual(Object.keys(form.properties));
    expect(form).toMatchObject({ additionalProperties: false });
  }
  expect(JSON.stringify(intents)).toContain('"const":"transfer"');
});

test("every intent that is offered is one that the venue reads, and nothing that it reads is offered twice", () => {
  const kinds = EVM_VOCABULARY.intents.map(({ kind }) => kind);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(kinds).toEqual(expect.arrayContaining(["swap", "wrap", "unwrap", "transfer", "approve", "revoke", "call"]));
});
