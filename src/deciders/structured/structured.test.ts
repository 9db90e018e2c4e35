import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../core/clock.ts";
import { decimal, ZERO } from "../../core/decimal.ts";
import { seededRandom } from "../../core/random.ts";
import type { GatewayState, Note } from "../../gateway/contract.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import { balanceRule } from "../../llm/scripted/balance-rule.ts";
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import { readEvmIntent } from "../../venues/evm/intents.ts";
import type { Observation } from "../../venues/venue.ts";
import { structuredDecider } from "./structured.ts";

const START = Date.UTC(2026, 0, 5);
let server: ScriptedModel | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const mandate = parseSample();
const held = { account: "wallet", decimals: 18, price_at: START };
const seen: Observation = {
  at: START,
  value_usd: decimal(1500),
  holdings: [
    {
      ...held,
      asset: "base/WETH",
      amount: decimal("0.4"),
      price_usd: decimal(3000),
      value_usd: decimal(1200),
      weight: decimal("0.8"),
      role: "allowed",
    },
    {
      ...held,
      asset: "base/USDC",
      amount: decimal(300),
      price_usd: decimal(1),
      value_usd: decimal(300),
      weight: decimal("0.2"),
      role: "numeraire",
    },
    {
      ...held,
      asset: "base/ETH",
      amount: decimal(1),
      price_usd: decimal(3000),
      value_usd: decimal(3000),
      weight: null,
      role: "gas",
    },
  ],
  allowances: [],
  unknowns: [],
  facts: { pools: [{ pool: "base/WETH-USDC" }] },
};

const state: GatewayState = {
  wallet: "wallet:0x0",
  now: START,
  lease: 1,
  cycle: 3,
  stopped: null,
  open: [],
  budgets: [
    {
      budget: "max_daily_spend_usd",
      unit: "USD",
      limit: decimal(2000),
      used: decimal(746),
      left: decimal(1254),
      refills: START + 3_600_000,
    },
  ],
  holdings: [],
  high_water_usd: decimal(1600),
  model_spent_today_usd: ZERO,
  recent: [{ cycle: 2, at: START - 60_000, kind: "refused", codes: ["RECIPIENT_NOT_ALLOWED"] }],
  permits: [],
};

async function decideWith(options: ScriptedModelOptions) {
  server = await startScriptedModel(options);
  const model = await resolveModel({
    config: {
      provider: "scripted",
      id: "scripted-1",
      api: "chat",
      base_url: server.url,
      prices: { input: "1", output: "2" },
    },
    env: {},
    clock: new ManualClock(START),
    random: seededRandom(1),
    version: "0.0.0",
  });
  const notes: Note[] = [];
  const decider = structuredDecider({ mandate, model, venue: { readIntent: readEvmIntent } });
  const decision = await decider.decide(seen, {
    state,
    act: () => Promise.resolve([]),
    note: async (more) => {
      notes.push(...more);
    },
  });
  return { decision, notes, requests: server.requests };
}

test("a model that reads the prompt finds strategy, holdings and weights in it, and its targets come back exact", async () => {
  const { decision, requests } = await decideWith({ rule: balanceRule() });
  expect(decision).toMatchObject({ kind: "targets" });
  expect(decision.kind === "targets" && decision.targets.map(({ asset, weight }) => [asset, weight.toFixed()])).toEqual([
    ["base/WETH", "0.5"],
    ["base/USDC", "0.5"],
  ]);
  expect(requests[0]?.system).toContain("Hold half in WETH and half in USDC.");
});

test("the prompt has the holdings, what is left of each limit, and what was refused before, as one JSON block", async () => {
  const { requests } = await decideWith({ rule: balanceRule() });
  const block = /```json\n([\s\S]*?)\n```/.exec(requests[0]?.prompt ?? "")?.[1] ?? "";
  expect(JSON.parse(block)).toMatchObject({
    time: "2026-01-05T00:00:00Z",
    portfolio_value_usd: "1500.00",
    holdings: [
      { account: "wallet", asset: "base/WETH", amount: "0.4", price_usd: "3000", value_usd: "1200.00", weight: "0.8" },
      { asset: "base/USDC", weight: "0.2" },
    ],
    limits: {
      max_single_trade_usd: "500",
      left: { max_daily_spend_usd: { of: "2000", left: "1254", refills: "2026-01-05T01:00:00Z" } },
    },
    last_outcomes: [{ cycle: 2, outcome: "refused", codes: ["RECIPIENT_NOT_ALLOWED"] }],
    pools: [{ pool: "base/WETH-USDC" }],
  });
});

test("every call's cost, the prompt and the raw answer are on the record", async () => {
  const { notes } = await decideWith({ rule: balanceRule() });
  expect(notes.map(({ kind }) => kind)).toEqual(["model-call", "model-answer"]);
  expect(decimal(String(notes[0]?.cost_usd)).gt(0)).toBe(true);
  expect(notes[1]).toMatchObject({ failure: null, dropped: [], answer: expect.stringContaining('"targets"') });
  expect(JSON.stringify(notes)).not.toContain(server?.url ?? "?");
});

test("a hostile answer is passed on as it is, for the gateway to refuse", async () => {
  const { decision } = await decideWith({ rule: balanceRule({ hostile: { 1: "all" } }) });
  expect(decision.kind === "intents" && decision.intents.map(({ kind }) => kind)).toEqual(["transfer", "approve", "swap"]);
});

test("prose, also after the repair round, is a hold with its code; both calls are paid and noted", async () => {
  const { decision, notes } = await decideWith({
    script: [
      { kind: "prose", text: "I would wait." },
      { kind: "prose", text: "Still." },
    ],
  });
  expect(decision).toMatchObject({ kind: "hold", code: "MODEL_NOT_VALID" });
  expect(notes.map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ["model-call", "first"],
    ["model-call", "repair"],
    ["model-answer", undefined],
  ]);
});

test("a refusing model is a hold with its code", async () => {
  const { decision } = await decideWith({ script: [{ kind: "refusal" }] });
  expect(decision).toMatchObject({ kind: "hold", code: "MODEL_REFUSED" });
});
