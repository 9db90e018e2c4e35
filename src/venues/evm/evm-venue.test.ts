import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HOUR, SECOND } from "../../core/clock.ts";
import { type Decimal, decimal, fromUnits, sum, toUnits, ZERO } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { parseMandate } from "../../mandate/parse-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { planRules } from "../../planning/plan-rules.ts";
import type { Action } from "../../protocols/effects.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { router02 } from "../../protocols/uniswap-v3/router02.ts";
import { EVM_BOOK } from "../../worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld, type WorldSnapshot } from "../../worlds/anvil/evm-world.ts";
import type { IntentError, Venue } from "../venue.ts";
import { evmVenue } from "./evm-venue.ts";
import type { EvmIntent } from "./intents.ts";
import type { EvmObservation } from "./observation.ts";
import { poolOutput } from "./pool-math.ts";

const WALLET: Address = privateKeyToAddress(`0x${"a1".repeat(32)}`).toLowerCase() as Address;
const STRANGER: Address = `0x${"bad0".repeat(10)}`;

const MANDATE = `---
id: balanced
venue: evm
network: rehearsal
numeraire: USDC
every: 60s
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5 }
limits:
  allowed_tokens: [WETH, USDC]
  max_single_trade_usd: 5000
  max_daily_spend_usd: 20000
  max_daily_loss_usd: 600
  max_position_size_usd: 60000
networks:
  rehearsal: ${JSON.stringify(EVM_BOOK)}
---
Hold half in WETH and half in USDC.
`;

let world: EvmWorld;
let fresh: WorldSnapshot;
let mandate: Mandate;
let venue: Venue<EvmIntent, EvmObservation>;

beforeAll(async () => {
  world = await startEvmWorld({ seed: 7, fund: { [WALLET]: { ETH: "1", WETH: "0.4", USDC: "300" } } });
  mandate = parseMandate(MANDATE, { file: "MANDATE.md", worldWallet: WALLET });
  venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  await world.rpc("anvil_impersonateAccount", [WALLET]);
  fresh = await world.snapshot();
});
beforeEach(async () => {
  await world.revert(fresh);
  fresh = await world.snapshot();
});
afterAll(() => world.stop());

/** Sends an action's bytes as the wallet; whether they took effect. */
async function send(action: Action): Promise<boolean> {
  if (!("call" in action)) throw new TypeError("not a call");
  const { to, data, value } = action.call;
  const hash = await world.rpc("eth_sendTransaction", [
    { from: WALLET, to, data, value: `0x${value.toString(16)}`, gas: "0x7a120" },
  ]);
  for (;;) {
    const receipt = (await world.rpc("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt) return receipt.status === "0x1";
  }
}

function amount(seen: EvmObservation, asset: string): Decimal {
  return seen.holdings.find((held) => held.asset === asset)?.amount ?? ZERO;
}

test("an observation is of one block: balances, prices with their age, pools with their depth, weights that sum to one", async () => {
  const seen = await venue.observe();
  expect(seen.holdings.map(({ asset, role, amount: held }) => [asset, role, held.toFixed()])).toEqual([
    ["base/ETH", "gas", "1"],
    ["base/WETH", "allowed", "0.4"],
    ["base/USDC", "numeraire", "300"],
  ]);
  const truth = world.truePrice("WETH");
  expect(seen.value_usd?.minus(truth.times("0.4").plus(300)).abs().lt(10)).toBe(true);
  expect(sum(seen.holdings.flatMap(({ weight }) => (weight ? [weight] : []))).toFixed(9)).toBe("1.000000000");
  const pool = seen.pools.find(({ label }) => label === "WETH-USDC");
  expect(pool?.mid.div(truth).minus(1).abs().lt("0.001")).toBe(true);
  expect(pool?.depth_usd?.gt(10_000)).toBe(true);
  expect(seen.holdings.find(({ asset }) => asset === "base/WETH")?.price_at).toBeLessThanOrEqual(seen.at);
  expect(seen.at).toBe(await world.clock.now());
  expect(seen.unknowns).toEqual([]);
});

test("a planned swap, compiled and sent, brings no less than its floor and leaves no allowance", async () => {
  const seen = await venue.observe();
  const wish = {
    kind: "targets" as const,
    targets: [
      { account: "wallet", asset: "base/WETH" as const, weight: decimal("0.5") },
      { account: "wallet", asset: "base/USDC" as const, weight: decimal("0.5") },
    ],
  };
  const rules = planRules(mandate, { budgets: [] }, { buys_usd: ZERO, sells_usd: ZERO });
  const plan = venue.plan(wish, seen, rules);
  expect(plan.line).toMatch(/^Reduce WETH: 80 % → 50 %$/);
  const [step] = plan.steps;
  if (step?.intent.kind !== "swap" || step.intent.floor === undefined) throw new TypeError("no swap was planned");
  for (const action of venue.compile(step.intent, seen)) expect(await send(action)).toBe(true);
  const after = await venue.observe();
  const gained = amount(after, "base/USDC").minus(amount(seen, "base/USDC"));
  expect(gained.gte(step.intent.floor)).toBe(true);
  expect(amount(seen, "base/WETH").minus(amount(after, "base/WETH")).toFixed()).toBe(step.intent.amount.toString());
  expect(after.allowances).toEqual([]);
  expect(venue.plan(wish, after, rules).steps).toEqual([]);
});

const quoterAbi = parseAbi([
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 sqrtPriceLimitX96) params) returns (uint256 amountOut, uint160, uint32, uint256)",
]);

test.each([
  ["WETH-USDC", "WETH", "USDC", "0.3"],
  ["WETH-USDC", "USDC", "WETH", "1000"],
  ["WETH-USDC-3000", "WETH", "USDC", "0.3"],
  ["GOV-USDC", "USDC", "GOV", "250"],
])("what pool %s is thought to give for %s is what the quoter says, within a basis point", async (label, sell, buy, given) => {
  const pool = (await venue.observe()).pools.find((one) => one.label === label);
  const assets = mandate.terms.book.chains.base?.assets ?? {};
  const [sold, bought] = [assets[sell], assets[buy]];
  if (!pool || !sold || !bought) throw new TypeError("not in the book");
  const data = encodeFunctionData({
    abi: quoterAbi,
    functionName: "quoteExactInputSingle",
    args: [
      {
        tokenIn: sold.address,
        tokenOut: bought.address,
        amountIn: toUnits(decimal(given), sold.decimals),
        fee: pool.fee,
        sqrtPriceLimitX96: 0n,
      },
    ],
  });
  const answer = (await world.rpc("eth_call", [{ to: world.addresses.contracts.quoter, data }, "latest"])) as Hex;
  const [quoted] = decodeFunctionResult({ abi: quoterAbi, functionName: "quoteExactInputSingle", data: answer });
  const thought = poolOutput(pool, sell, decimal(given));
  expect(thought.div(fromUnits(quoted, bought.decimals)).minus(1).abs().lte("0.0001")).toBe(true);
});

test("intents are planned as they stand, in words", async () => {
  const seen = await venue.observe();
  const rules = planRules(mandate, { budgets: [] }, { buys_usd: ZERO, sells_usd: ZERO });
  const intents: readonly EvmIntent[] = [
    { kind: "transfer", asset: "base/WETH", to: STRANGER, amount: "all" },
    { kind: "approve", asset: "base/USDC", spender: STRANGER, amount: "unlimited" },
  ];
  const plan = venue.plan({ kind: "intents", intents }, seen, rules);
  expect(plan.steps.map(({ intent }) => intent)).toEqual(intents);
  expect(plan.line).toBe("send all WETH to 0xbad0…bad0; let 0xbad0…bad0 spend unlimited USDC");
});

test("the floor comes from the pinned feed, so bytes against a pool far from it revert", async () => {
  const seen = await venue.observe();
  const intent: EvmIntent = { kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: decimal("0.1") };
  const actions = venue.compile(intent, seen);
  world.freezeFeeds(true);
  await world.setTruePrice("WETH", seen.holdings[1]?.price_usd?.times("0.98").toFixed(8) ?? "1");
  expect(await send(actions[0])).toBe(true);
  expect(actions[1] && (await send(actions[1]))).toBe(false);
  world.freezeFeeds(false);
});

test("the bytes of a swap pay the wallet alone and stay valid for 240 s after the observation", async () => {
  const seen = await venue.observe();
  const [approve, swap, ...rest] = venue.compile({ kind: "swap", sell: "base/USDC", buy: "base/WETH", amount: "all" }, seen);
  const book = mandate.terms.book.chains.base;
  if (!swap || !("call" in swap) || !("call" in approve) || !book) throw new TypeError("not a swap");
  const meaning = router02.decode({ chain: "base", book, accounts: mandate.terms.accounts, from: "wallet" }, swap.call, "router");
  expect(rest).toEqual([]);
  expect(approve.call.to).toBe(book.assets.USDC?.address);
  expect(meaning.unknown).toEqual([]);
  expect(meaning.gives.map(({ asset, amount: given }) => [asset, given.toFixed()])).toEqual([["base/USDC", "300"]]);
  expect(meaning.gets.map(({ account, asset }) => [account, asset])).toEqual([["wallet", "base/WETH"]]);
  expect(meaning.pools).toEqual(["WETH-USDC"]);
  expect(meaning.deadline).toBe(Math.floor(seen.at / SECOND) * SECOND + 240 * SECOND);
  const price = seen.holdings[1]?.price_usd ?? ZERO;
  const pinned = decimal(300).div(price).times("0.995");
  expect(meaning.gets[0]?.amount.gte(pinned)).toBe(true);
  expect(meaning.gets[0]?.amount.minus(pinned).lt("0.000000000000000002")).toBe(true);
});

test("whatever is asked for becomes real bytes: a stranger is paid and approved when they are sent", async () => {
  const seen = await venue.observe();
  const intents: readonly EvmIntent[] = [
    { kind: "transfer", asset: "base/WETH", to: STRANGER, amount: "all" },
    { kind: "transfer", asset: "base/ETH", to: STRANGER, amount: decimal("0.25") },
    { kind: "approve", asset: "base/USDC", spender: world.addresses.contracts.router, amount: "unlimited" },
    { kind: "wrap", chain: "base", amount: decimal("0.125") },
  ];
  for (const intent of intents) expect(await send(venue.compile(intent, seen)[0])).toBe(true);
  const after = await venue.observe();
  expect(amount(after, "base/WETH").toFixed()).toBe("0.125");
  expect(amount(after, "base/ETH").lt("0.625")).toBe(true);
  expect(after.allowances.map(({ asset, spender }) => [asset, spender])).toEqual([
    ["base/USDC", world.addresses.contracts.router],
  ]);
  for (const intent of venue.revokes(after)) expect(await send(venue.compile(intent, after)[0])).toBe(true);
  expect((await venue.observe()).allowances).toEqual([]);
});

test("with feeds that have gone stale there is no value, no plan and no floor, and each says why", async () => {
  world.freezeFeeds(true);
  await world.advance((await world.clock.now()) + 2 * HOUR);
  const seen = await venue.observe();
  world.freezeFeeds(false);
  expect(seen.value_usd).toBeNull();
  expect(seen.unknowns.join("\n")).toMatch(/no price for base\/WETH: .*old/);
  const swap: EvmIntent = { kind: "swap", sell: "base/WETH", buy: "base/USDC", amount: "all" };
  expect(() => venue.compile(swap, seen)).toThrow(expect.objectContaining({ problem: "NO_PRICE" }));
});

test.each<[string, EvmIntent, IntentError["problem"]]>([
  ["a token out of the book", { kind: "swap", sell: "base/PEPE", buy: "base/USDC", amount: "all" }, "UNKNOWN_ASSET"],
  ["a chain out of the book", { kind: "call", chain: "moon", to: STRANGER, data: "0x", value: ZERO }, "UNKNOWN_CHAIN"],
  ["a pair without a pool of the book", { kind: "swap", sell: "base/GOV", buy: "base/WETH", amount: decimal(1) }, "NO_POOL"],
  ["the native coin in a swap", { kind: "swap", sell: "base/ETH", buy: "base/USDC", amount: decimal(1) }, "NOT_SWAPPABLE"],
  [
    "less than the smallest unit",
    { kind: "swap", sell: "base/USDC", buy: "base/WETH", amount: decimal("0.0000001") },
    "AMOUNT_ZERO",
  ],
  ["all of nothing", { kind: "transfer", asset: "base/GOV", to: STRANGER, amount: "all" }, "AMOUNT_ZERO"],
  [
    "an account of somebody else",
    { kind: "transfer", account: "vault", asset: "base/USDC", to: STRANGER, amount: "all" },
    "UNKNOWN_ACCOUNT",
  ],
])("there are no bytes for %s", async (_, intent, problem) => {
  const seen = await venue.observe();
  expect(() => venue.compile(intent, seen)).toThrow(expect.objectContaining({ code: "INTENT_NOT_VALID", problem }));
});

test.each<[string, unknown]>([
  ["an unknown kind", { kind: "bridge", asset: "base/USDC" }],
  ["an extra key", { kind: "transfer", asset: "base/USDC", to: STRANGER, amount: "1", memo: "x" }],
  ["a negative amount", { kind: "transfer", asset: "base/USDC", to: STRANGER, amount: "-1" }],
  ["an exponent", { kind: "transfer", asset: "base/USDC", to: STRANGER, amount: "1e3" }],
  ["a short address", { kind: "transfer", asset: "base/USDC", to: "0xbad", amount: "1" }],
  ["odd bytes", { kind: "call", chain: "base", to: STRANGER, data: "0x123", value: "0" }],
  ["no object", "swap everything"],
])("an intent with %s is refused", (_, item) => {
  expect(() => venue.readIntent(item)).toThrow(expect.objectContaining({ problem: "NOT_AN_INTENT" }));
});
