import { expect, test } from "vitest";
import { balanceRule } from "./balance-rule.ts";
import { liquidityRule } from "./liquidity-rule.ts";
import type { ScriptedRequest } from "./turn.ts";

const LIQUIDITY =
  "Keep one position in WETH-USDC worth $300, with a range of 10 % either side of the price. Collect the fees once they are worth more than $5.";
const VAULT = "Cash beyond $50 belongs in the vault vUSDC: deposit it once it is $20 or more.";

const holding = (symbol: string, amount: string, value_usd: string) => ({
  account: "wallet",
  asset: `base/${symbol}`,
  amount,
  value_usd,
  weight: "0.5",
});
const POSITION = { position: "base/lp:positions:9", pool: "base/WETH-USDC", in_range: true, fees_owed_usd: "1.20" };
const BALANCED = {
  holdings: [holding("WETH", "0.1", "300"), holding("USDC", "300", "300")],
  pools: [{ pool: "base/WETH-USDC" }],
};
const PAYS = (volume: string) =>
  `Re-centre it only if 7 days of fees pay the cost, with $${volume} traded in the pool a day and $3 for gas.`;
const LEFT = {
  ...BALANCED,
  pools: [{ pool: "base/WETH-USDC", fee_bps: "5", usd_that_moves_it_1_pct: "175799" }],
  positions: [{ ...POSITION, in_range: false, value_usd: "290" }],
};
const vault = (redeemable: string) => ({ vaults: [{ vault: "base/vUSDC", holds: "base/USDC", redeemable }] });

async function decided(prose: string, seen: object): Promise<{ decision: string; intents: readonly object[] | null }> {
  const text = `What is seen now:\n\n\`\`\`json\n${JSON.stringify(seen, null, 1)}\n\`\`\`\n`;
  const request: ScriptedRequest = {
    n: 1,
    api: "chat",
    model: "scripted",
    system: prose,
    prompt: text,
    messages: [{ role: "user", text }],
    tools: [],
    forcedTool: null,
    schemaName: null,
    streamed: false,
    body: {},
    headers: {},
  };
  const turn = await liquidityRule(balanceRule())(request);
  if (turn.kind !== "answer") throw new TypeError("no answer");
  return turn.value as { decision: string; intents: readonly object[] | null };
}

const OPEN = { kind: "LP_OPEN", pool: "base/WETH-USDC", range_pct: "10", value_usd: "300" };

test.each<readonly [string, string, object, readonly object[] | null]>([
  ["opens where there is none", LIQUIDITY, BALANCED, [OPEN]],
  ["leaves one alone that is in its range", LIQUIDITY, { ...BALANCED, positions: [POSITION] }, null],
  [
    "closes one that the price has left",
    LIQUIDITY,
    { ...BALANCED, positions: [{ ...POSITION, in_range: false }] },
    [{ kind: "LP_CLOSE", position: "base/lp:positions:9" }],
  ],
  [
    "moves one that the price has left where a week of fees pays for it",
    `${LIQUIDITY} ${PAYS("20,000,000")}`,
    LEFT,
    [{ kind: "LP_CLOSE", position: "base/lp:positions:9" }],
  ],
  ["leaves one that the price has left where it would not pay", `${LIQUIDITY} ${PAYS("200000")}`, LEFT, null],
  [
    "collects fees that are worth it",
    LIQUIDITY,
    { ...BALANCED, positions: [{ ...POSITION, fees_owed_usd: "5.01" }] },
    [{ kind: "LP_COLLECT_FEES", position: "base/lp:positions:9" }],
  ],
  [
    "swaps for the token that is short first",
    LIQUIDITY,
    { ...BALANCED, holdings: [holding("WETH", "0.2", "600"), holding("USDC", "0", "0")] },
    [{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: "0.051" }, OPEN],
  ],
  [
    "deposits idle cash",
    `${LIQUIDITY} ${VAULT}`,
    { ...BALANCED, ...vault("0"), positions: [POSITION] },
    [{ kind: "VAULT_DEPOSIT", vault: "base/vUSDC", amount: "250" }],
  ],
  [
    "fetches cash from the vault for a position",
    `${LIQUIDITY} ${VAULT}`,
    { ...BALANCED, ...vault("500"), holdings: [holding("WETH", "0.06", "180"), holding("USDC", "10", "10")] },
    [{ kind: "VAULT_REDEEM", vault: "base/vUSDC", amount: "all" }],
  ],
  ["holds with too little for a position", LIQUIDITY, { ...BALANCED, holdings: [holding("USDC", "40", "40")] }, null],
])("the rule %s", async (_, prose, seen, intents) => {
  expect(await decided(prose, seen)).toMatchObject({ decision: intents === null ? "hold" : "intents", intents });
});

test("prose that asks for no position is left to the other rule", async () => {
  const seen = { ...BALANCED, holdings: BALANCED.holdings.map((one, i) => ({ ...one, weight: i === 0 ? "0.8" : "0.2" })) };
  expect(await decided("Hold half in WETH and half in USDC.", seen)).toMatchObject({ decision: "targets" });
});
