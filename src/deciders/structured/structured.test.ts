import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../core/clock.ts";
import { decimal, ZERO } from "../../core/decimal.ts";
import { seededRandom } from "../../core/random.ts";
import type { GatewayState, Note } from "../../gateway/contract.ts";
import { resolveModel } from "../../llm/resolve-model.ts";
import { balanceRule } from "../../llm/scripted/balance-rule.ts";
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from "../../llm/scripted/start-scripted-model.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { parseSample } from "../../mandate/testing/sample-mandate.ts";
import { readEvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import { EVM_VOCABULARY } from "../../venues/evm/vocabulary.ts";
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

const evmSeen: EvmObservation = { ...seen, blocks: {}, pools: [], prices: {}, positions: [], vaults: [] };

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

async function decideWith(options: ScriptedModelOptions, with_: Mandate = mandate) {
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
  const decider = structuredDecider({ mandate: with_, model, venue: { readIntent: readEvmIntent, vocabulary: EVM_VOCABULARY } });
  const decision = await decider.decide(evmSeen, {
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
  expect(notes.map(({ kind }) => kind)).toEqual(["model-reserved", "model-call", "model-answer"]);
  expect(decimal(String(notes[1]?.cost_usd)).gt(0)).toBe(true);
  expect(notes[2]).toMatchObject({ failure: null, dropped: [], answer: expect.stringContaining('"targets"') });
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
    ["model-reserved", undefined],
    ["model-reserved", undefined],
    ["model-call", "first"],
    ["model-call", "repair"],
    ["model-answer", undefined],
  ]);
});

test("a refusing model is a hold with its code", async () => {
  const { decision } = await decideWith({ script: [{ kind: "refusal" }] });
  expect(decision).toMatchObject({ kind: "hold", code: "MODEL_REFUSED" });
});

const withStrategies: Mandate = {
  ...mandate,
  brief: { ...mandate.brief, strategies: { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 } },
};
const BUY = (selected_strategy: string | null) => ({
  decision: "targets",
  why: "more",
  selected_strategy,
  targets: [
    { account: "wallet", asset: "base/WETH", weight: "0.9" },
    { account: "wallet", asset: "base/USDC", weight: "0.1" },
  ],
  intents: null,
});

test("the strategies that fit are in the stable part of the prompt, and their ids are what may be selected", async () => {
  const { requests, decision, notes } = await decideWith(
    { script: [{ kind: "answer", value: BUY("session-bias") }] },
    withStrategies,
  );
  expect(requests[0]?.system).toContain("`session-bias`: Hours of the day");
  expect(requests[0]?.system).not.toContain("`mean-reversion-to-mark`");
  expect(JSON.stringify(requests[0]?.body)).toContain('"enum":["');
  // 20 % is the strategy's most; what is held beyond it is made smaller as well.
  expect(decision.kind === "targets" && decision.targets.map(({ weight }) => weight.toFixed())).toEqual(["0.2", "0.8"]);
  expect(decision.strategy).toBe("session-bias");
  expect(notes.at(-1)).toMatchObject({
    selected_strategy: "session-bias",
    remarks: ["base/WETH is held to 20 % by session-bias"],
    cost_usd: expect.stringMatching(/^0\.\d+$/),
  });
});

test("an answer that follows none of the strategies increases nothing", async () => {
  const { decision } = await decideWith({ script: [{ kind: "answer", value: BUY(null) }] }, withStrategies);
  expect(decision.kind === "targets" && decision.targets.map(({ weight }) => weight.toFixed())).toEqual(["0.8", "0.2"]);
  expect(decision.why).toContain("no strategy is named");
});

test("every kind of intent that the venue offers is explained in the prompt", async () => {
  const { requests } = await decideWith({ rule: balanceRule() });
  for (const { kind } of EVM_VOCABULARY.intents) expect(requests[0]?.system).toContain(`  - ${kind} {`);
});

test("a template of another name is the prompt, with the same observation in it", async () => {
  const conservative: Mandate = {
    ...mandate,
    brief: { ...mandate.brief, prompt: { template: "conservative", variables: {}, partials: {} } },
  };
  const { requests, decision } = await decideWith({ rule: balanceRule() }, conservative);
  expect(requests[0]?.system).toContain("Keep at least half of the portfolio's value in USDC");
  expect(requests[0]?.prompt).toContain("The portfolio is worth 1500.00 USD, of which 300.00 USD is free cash.");
  expect(requests[0]?.prompt).toContain("- base/WETH in wallet: 0.4 at 3000 USD, 1200.00 USD, 80 % of the portfolio");
  expect(decision).toMatchObject({ kind: "targets" });
});
