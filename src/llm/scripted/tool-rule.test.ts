import { expect, test } from "vitest";
import { shippedRule } from "./shipped-rule.ts";
import { toolRule } from "./tool-rule.ts";
import type { ScriptedMessage, ScriptedRequest, ScriptedToolCall } from "./turn.ts";

const BALANCED = "Hold half in WETH and half in USDC. Let it drift ten points either way.";
const LIQUIDITY =
  "Keep one position in WETH-USDC worth $300, with a range of 10 % either side of the price. Re-centre it only if 7 days of fees pay the cost, with $20,000,000 traded in the pool a day and $3 for gas. Collect the fees once they are worth more than $5.";
const VAULT = "Cash beyond $50 belongs in the vault vUSDC: deposit it once it is $20 or more.";
const TOOLS = [
  "get_portfolio",
  "list_lp_positions",
  "get_vault_state",
  "compute_rebalance_candidate",
  "swap_tokens",
  "open_lp_position",
  "close_lp_position",
  "collect_lp_fees",
  "deposit_vault",
  "withdraw_vault",
  "compile_intent",
];

type Answer = Readonly<Record<string, unknown>> | "refused" | "over";
/** What each tool answers, one after another; the last one for ever. */
type World = Readonly<Record<string, readonly Answer[]>>;

/** Plays one session: the calls that were made, and what was said at the end. */
async function played(prose: string, world: World, offered: readonly string[] = TOOLS, rule = shippedRule()) {
  const messages: ScriptedMessage[] = [{ role: "user", text: "Begin the cycle." }];
  const calls: ScriptedToolCall[] = [];
  const asked: Record<string, number> = {};
  for (let n = 1; n < 30; n++) {
    const request: ScriptedRequest = {
      ...{ n, api: "chat", model: "scripted", system: prose, prompt: "Begin the cycle.", messages: [...messages] },
      tools: offered.map((name) => ({ name, description: "" })),
      ...{ forcedTool: null, schemaName: null, streamed: true, body: {}, headers: {} },
    };
    const turn = await rule(request);
    if (turn.kind === "prose")
      return { calls: calls.filter(({ name }) => !/^(get|list)_/.test(name)), all: calls, said: turn.text };
    if (turn.kind !== "tools") throw new TypeError(turn.kind);
    messages.push({ role: "assistant", text: turn.text ?? "", calls: turn.calls });
    for (const call of turn.calls) {
      calls.push(call);
      const answers = world[call.name] ?? [{}];
      const at = asked[call.name] ?? 0;
      asked[call.name] = at + 1;
      const answer = answers[Math.min(at, answers.length - 1)] ?? {};
      if (answer === "over") return { calls: [], all: calls, said: "" };
      const envelope =
        answer === "refused"
          ? { status: "blocked", data: null, explanation: "TRADE_TOO_LARGE: too much" }
          : { status: "success", data: answer, explanation: `${call.name} answered` };
      messages.push({ role: "tool", tool: call.name, text: JSON.stringify({ source: "the world", result: envelope }) });
    }
  }
  throw new TypeError("no end");
}

const held = (symbol: string, amount: string, value_usd: string, weight = "0.5", role = "allowed") => ({
  ...{ account: "wallet", asset: `base/${symbol}`, amount, price_usd: "1", value_usd, weight, role },
});
const portfolio = (...holdings: readonly object[]) => ({ holdings: [...holdings, held("ETH", "1", "3000", "0", "gas")] });
const EVEN = portfolio(held("WETH", "0.1", "300"), held("USDC", "300", "300"));
const POSITION = { position: "base/lp:positions:9", pool: "base/WETH-USDC", in_range: true, fees_owed_usd: "1.20" };
const positions = (...list: readonly object[]) => ({ positions: list });

test("it swaps back to the shares of the prose, looks again, and says what it did", async () => {
  const skewed = portfolio(held("WETH", "0.4", "1200", "0.8"), held("USDC", "300", "300", "0.2"));
  const { all, said } = await played(BALANCED, { get_portfolio: [skewed, EVEN] });
  expect(all).toEqual([
    { name: "get_portfolio", arguments: {} },
    { name: "swap_tokens", arguments: { token_in: "base/WETH", token_out: "base/USDC", amount: "0.15" } },
    { name: "get_portfolio", arguments: {} },
  ]);
  expect(said).toContain("Done: swap_tokens");
});

test("within the band it reads once and holds", async () => {
  const { all, said } = await played(BALANCED, { get_portfolio: [EVEN] });
  expect(all).toHaveLength(1);
  expect(said).toBe("I hold. drift 0 of 10 points");
});

test("what is refused is not tried again", async () => {
  const skewed = portfolio(held("WETH", "0.4", "1200", "0.8"), held("USDC", "300", "300", "0.2"));
  const { calls, said } = await played(BALANCED, { get_portfolio: [skewed], swap_tokens: ["refused"] });
  expect(calls.map(({ name }) => name)).toEqual(["swap_tokens"]);
  expect(said).toContain("TRADE_TOO_LARGE");
});

test("where there is a tool for ending, it ends by that", async () => {
  const { all } = await played(BALANCED, { get_portfolio: [EVEN], end_cycle: ["over"] }, [...TOOLS, "end_cycle"]);
  expect(all.map(({ name }) => name)).toEqual(["get_portfolio", "end_cycle"]);
  expect(all[1]?.arguments).toEqual({ why: "I hold. drift 0 of 10 points" });
});

test("a wish without a tool of its own is compiled, and executed where it may be", async () => {
  const transfer = { decision: "intents", why: "pay", targets: null, intents: [{ kind: "transfer", to: "0x01", amount: "1" }] };
  const paying = toolRule(() => ({ kind: "answer", value: transfer }));
  const world = { get_portfolio: [EVEN], compile_intent: [{ bundle_id: "b1" }], execute_compiled_bundle: ["refused"] } as const;
  const { calls } = await played(BALANCED, world, [...TOOLS, "execute_compiled_bundle"], paying);
  expect(calls).toEqual([
    { name: "compile_intent", arguments: { intent_type: "transfer", params: { to: "0x01", amount: "1" } } },
    { name: "execute_compiled_bundle", arguments: { bundle_id: "b1" } },
  ]);
  const denied = await played(BALANCED, { get_portfolio: [EVEN], compile_intent: ["refused"] }, TOOLS, paying);
  expect(denied.calls.map(({ name }) => name)).toEqual(["compile_intent"]);
});

test("a read that fails is a hold", async () => {
  const { calls, said } = await played(BALANCED, { get_portfolio: ["refused"] });
  expect(calls).toEqual([]);
  expect(said).toContain("get_portfolio said");
});

test("it opens a position, swapping first for the token that is short", async () => {
  const short = portfolio(held("WETH", "0.2", "600"), held("USDC", "0", "0"));
  const after = portfolio(held("WETH", "0.149", "447"), held("USDC", "153", "153"));
  const { calls } = await played(LIQUIDITY, {
    get_portfolio: [short, after],
    list_lp_positions: [positions(), positions(), positions(POSITION)],
  });
  expect(calls).toEqual([
    { name: "swap_tokens", arguments: { token_in: "base/WETH", token_out: "base/USDC", amount: "0.051" } },
    {
      name: "open_lp_position",
      arguments: { token_a: "WETH", token_b: "USDC", chain: "base", value_usd: "300", range_pct: "10" },
    },
  ]);
});

const OUT = positions({ ...POSITION, in_range: false });

test("it re-centres when that pays, in one session", async () => {
  const { calls } = await played(LIQUIDITY, {
    get_portfolio: [EVEN],
    list_lp_positions: [OUT, positions(), positions(POSITION)],
    compute_rebalance_candidate: [{ viable: true }],
  });
  expect(calls.map(({ name }) => name)).toEqual(["compute_rebalance_candidate", "close_lp_position", "open_lp_position"]);
  expect(calls[0]?.arguments).toEqual({
    ...{ position_id: "base/lp:positions:9", range_pct: "10", daily_volume_usd: "20000000", horizon_days: 7 },
  });
});

test("it leaves a position where re-centring does not pay", async () => {
  const { calls, said } = await played(LIQUIDITY, {
    get_portfolio: [EVEN],
    list_lp_positions: [OUT],
    compute_rebalance_candidate: [{ viable: false }],
  });
  expect(calls.map(({ name }) => name)).toEqual(["compute_rebalance_candidate"]);
  expect(said).toContain("compute_rebalance_candidate answered");
});

test("it deposits idle cash beside a position", async () => {
  const vault = { vault: "base/vUSDC", underlying: "base/USDC", redeemable: "0" };
  const { calls } = await played(`${LIQUIDITY} ${VAULT}`, {
    get_portfolio: [EVEN, portfolio(held("WETH", "0.1", "300"), held("USDC", "50", "50"))],
    list_lp_positions: [positions(POSITION)],
    get_vault_state: [vault],
  });
  expect(calls).toEqual([{ name: "deposit_vault", arguments: { vault: "base/vUSDC", amount: "250" } }]);
});

test("at an exchange it sells what is above its share before it buys", async () => {
  const at = (asset: string, value_usd: string, weight: string) => ({
    ...{ account: "wallet", asset, amount: "1", value_usd, weight, role: "allowed" },
  });
  const book = portfolio(at("hl/USDC", "200", "0.2"), at("hl/BTC:spot", "800", "0.8"), at("hl/ETH:spot", "0", "0"));
  const rule = "Hold 40 % BTC:spot, 40 % ETH:spot and 20 % USDC.";
  const { calls } = await played(rule, { get_portfolio: [book, book], place_order: [{}] }, ["get_portfolio", "place_order"]);
  expect(calls[0]).toEqual({
    name: "place_order",
    arguments: { market: "hl/BTC:spot", side: "sell", usd: "400", type: "market" },
  });
});
