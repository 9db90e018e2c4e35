import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SECOND } from "../../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import { parseMandate } from "../../mandate/parse-mandate.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { planRules } from "../../planning/plan-rules.ts";
import type { Action } from "../../protocols/effects.ts";
import { rpcClient } from "../../protocols/json-rpc.ts";
import { EVM_BOOK } from "../../worlds/anvil/evm-book.ts";
import { type EvmWorld, startEvmWorld, type WorldSnapshot } from "../../worlds/anvil/evm-world.ts";
import { WORLD_ADDRESSES } from "../../worlds/anvil/world-addresses.ts";
import type { IntentError, Venue } from "../venue.ts";
import { evmVenue } from "./evm-venue.ts";
import { type EvmIntent, readEvmIntent } from "./intents.ts";
import type { EvmObservation } from "./observation.ts";

const WALLET: Address = lower(privateKeyToAddress(`0x${"a2".repeat(32)}`));
const { base } = EVM_BOOK.chains;
const { vault, positions } = WORLD_ADDRESSES.contracts;
const BOOK = {
  chains: {
    base: {
      ...base,
      assets: { ...base.assets, vUSDC: { address: vault, decimals: 6, kind: "erc4626", of: "USDC" } },
      contracts: { ...base.contracts, positions: { kind: "uniswap-v3-positions", address: positions } },
    },
  },
};

const mandateWith = (more: string): Mandate =>
  parseMandate(
    `---
id: liquidity
venue: evm
network: rehearsal
numeraire: USDC
every: 60s
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5 }
limits:
  allowed_tokens: [WETH, USDC, vUSDC]
  max_single_trade_usd: 5000
  max_daily_spend_usd: 20000
  max_daily_loss_usd: 600
  max_position_size_usd: 60000
${more}networks:
  rehearsal: ${JSON.stringify(BOOK)}
---
Hold a position.
`,
    { file: "MANDATE.md", worldWallet: WALLET },
  );

let world: EvmWorld;
let fresh: WorldSnapshot;
let mandate: Mandate;
let venue: Venue<EvmIntent, EvmObservation>;

beforeAll(async () => {
  world = await startEvmWorld({ seed: 7, fund: { [WALLET]: { ETH: "1", WETH: "0.4", USDC: "1800" } } });
  mandate = mandateWith("");
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
  const { to, data } = action.call;
  const hash = await world.rpc("eth_sendTransaction", [{ from: WALLET, to, data, gas: "0xf4240" }]);
  for (;;) {
    const receipt = (await world.rpc("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt) return receipt.status === "0x1";
  }
}

/** Sends what an intent compiles to, as the wallet; what is seen after that. */
async function does(wish: object, by = venue): Promise<EvmObservation> {
  const actions = by.compile(readEvmIntent(wish), await by.observe());
  for (const action of actions) expect(await send(action)).toBe(true);
  return by.observe();
}

const held = (seen: EvmObservation, asset: string) => seen.holdings.find((one) => one.asset === asset);
const amount = (seen: EvmObservation, asset: string): Decimal => held(seen, asset)?.amount ?? ZERO;
const OPEN = { kind: "lp_open", pool: "base/WETH-USDC", range_pct: "5", value_usd: "600" };
const LP = "base/lp:positions:9";

test("a position that is opened takes at most what was said, leaves no allowance, and is seen with its range and worth", async () => {
  const before = await venue.observe();
  const seen = await does(OPEN);
  expect(seen.allowances).toEqual([]);
  const price = held(seen, "base/WETH")?.price_usd ?? ZERO;
  const given = amount(before, "base/USDC")
    .minus(amount(seen, "base/USDC"))
    .plus(amount(before, "base/WETH").minus(amount(seen, "base/WETH")).times(price));
  expect(given.lte("600.01") && given.gt(598)).toBe(true);
  expect(held(seen, LP)).toMatchObject({ account: "wallet", role: "allowed", decimals: 0 });
  expect(held(seen, LP)?.value_usd?.minus(given).abs().lt("0.5")).toBe(true);
  const [position] = seen.positions;
  expect(position?.lower.div(price.times("0.95")).minus(1).abs().lt("0.002")).toBe(true);
  expect(position?.upper.div(price.times("1.05")).minus(1).abs().lt("0.002")).toBe(true);
  expect(seen.facts).toMatchObject({
    positions: [{ position: LP, pool: "base/WETH-USDC", in_range: true }],
    vaults: [{ vault: "base/vUSDC", holds: "base/USDC", shares: "0" }],
  });
});

test("a range may be given by its ends and a size by amounts, which are the most of each token", async () => {
  const amounts = { WETH: "0.05", USDC: "1000" };
  const seen = await does({ kind: "LP_OPEN", pool: "base/WETH-USDC-3000", lower: "2000", upper: "4500", amounts });
  expect(amount(seen, "base/WETH").gte("0.35")).toBe(true);
  expect(amount(seen, "base/WETH").lt("0.3501")).toBe(true);
  expect(seen.positions[0]?.own.tickLower).toBeDefined();
  expect(Math.abs((seen.positions[0]?.own.tickLower ?? 1) % 60)).toBe(0);
});

test("a position grows, earns, is collected, halves and is gone, and its worth is back in the wallet", async () => {
  const before = await venue.observe();
  await does(OPEN);
  const grown = await does({ kind: "lp_increase", position: LP, value_usd: "300" });
  expect(held(grown, LP)?.value_usd?.minus(900).abs().lt(2)).toBe(true);
  await world.advance((await world.clock.now()) + 1_800 * SECOND);
  const earned = await venue.observe();
  expect(earned.positions[0]?.owed.some((flow) => flow.amount.gt(0))).toBe(true);
  const collected = await does({ kind: "lp_collect_fees", position: LP });
  expect(collected.positions[0]?.owed.every((flow) => flow.amount.isZero())).toBe(true);
  const halved = await does({ kind: "lp_close", position: LP, share: "0.5" });
  expect(amount(halved, LP).div(amount(grown, LP)).minus("0.5").abs().lt("0.0001")).toBe(true);
  const gone = await does({ kind: "lp_close", position: LP });
  expect([gone.positions, held(gone, LP)]).toEqual([[], undefined]);
  const now = held(gone, "base/WETH")?.price_usd ?? ZERO;
  const worth = (seen: EvmObservation) => amount(seen, "base/USDC").plus(amount(seen, "base/WETH").times(now));
  expect(worth(gone).div(worth(before)).minus(1).abs().lt("0.005")).toBe(true);
});

test("minimums are worth what is given less the slippage at the pinned price, so bytes against a pool that is moved revert", async () => {
  const seen = await venue.observe();
  const actions = venue.compile(readEvmIntent(OPEN), seen);
  world.freezeFeeds(true);
  await world.setTruePrice("WETH", (held(seen, "base/WETH")?.price_usd ?? ZERO).times("1.01").toFixed(8));
  const sent: boolean[] = [];
  for (const action of actions.slice(0, 3)) sent.push(await send(action));
  world.freezeFeeds(false);
  expect(sent).toEqual([true, true, false]);
  expect((await venue.observe()).allowances).toHaveLength(2);
});

test("money goes into a vault for shares at their price, and all of it comes back", async () => {
  const deposited = await does({ kind: "VAULT_DEPOSIT", vault: "base/vUSDC", amount: "500" });
  expect(deposited.allowances).toEqual([]);
  expect(amount(deposited, "base/vUSDC").gt("499.9") && amount(deposited, "base/vUSDC").lte(500)).toBe(true);
  await world.fund(vault, { USDC: "50" });
  const grown = await venue.observe();
  expect(grown.vaults[0]?.redeemable.gt(549)).toBe(true);
  const back = await does({ kind: "VAULT_REDEEM", vault: "base/vUSDC", amount: "all" });
  expect(amount(back, "base/vUSDC").lt("0.00001")).toBe(true);
  expect(amount(back, "base/USDC").gt("1849")).toBe(true);
});

test("a part of a vault is redeemed only where the mandate trusts it without a floor", async () => {
  await does({ kind: "vault_deposit", vault: "base/vUSDC", amount: "500" });
  const part = { kind: "vault_redeem", vault: "base/vUSDC", amount: "200" };
  const seen = await venue.observe();
  expect(() => venue.compile(readEvmIntent(part), seen)).toThrow(expect.objectContaining({ problem: "NO_FLOOR" }));
  const trusting = mandateWith("  allow_unfloored: [vUSDC]\n");
  const by = evmVenue({ mandate: trusting, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  const after = await does(part, by);
  expect(amount(after, "base/USDC").minus(amount(seen, "base/USDC")).minus(200).abs().lt("0.00001")).toBe(true);
});

test("targets that name tokens only count liquidity and shares as what they hold", async () => {
  await does(OPEN);
  const seen = await does({ kind: "vault_deposit", vault: "base/vUSDC", amount: "400" });
  const rules = planRules(mandate, { budgets: [] }, { buys_usd: ZERO, sells_usd: ZERO });
  const wish = (weth: string, usdc: string) => ({
    kind: "targets" as const,
    targets: [
      { account: "wallet", asset: "base/WETH" as const, weight: decimal(weth) },
      { account: "wallet", asset: "base/USDC" as const, weight: decimal(usdc) },
    ],
  });
  // 0.4 WETH of $3,000 in all is two fifths of it, wherever it lies.
  expect(venue.plan(wish("0.4", "0.6"), seen, rules).steps).toEqual([]);
  const [raise] = venue.plan(wish("0.6", "0.4"), seen, rules).steps;
  expect(raise?.direction).toBe("buy");
  expect(raise?.value_usd?.minus(600).abs().lt(10)).toBe(true);
  // Less WETH than lies inside is wanted: what lies outside is sold, and no more.
  const [close] = venue.plan(wish("0.05", "0.95"), seen, rules).steps;
  expect(close?.intent.kind === "swap" && close.intent.amount).toEqual(amount(seen, "base/WETH"));
});

test.each<[string, object, IntentError["problem"]]>([
  ["a pool out of the book", { ...OPEN, pool: "base/GOV-WETH" }, "NO_POOL"],
  ["a token that the pool does not hold", { ...OPEN, value_usd: undefined, amounts: { GOV: "1" } }, "UNKNOWN_ASSET"],
  ["a range beside the price", { ...OPEN, range_pct: undefined, lower: "3500", upper: "4000" }, "NO_RANGE"],
  ["a range upside down", { ...OPEN, range_pct: undefined, lower: "3500", upper: "2500" }, "NO_RANGE"],
  ["a size of nothing", { ...OPEN, value_usd: "0" }, "AMOUNT_ZERO"],
  ["a position that is not held", { kind: "lp_close", position: "base/lp:positions:1" }, "NO_POSITION"],
  ["a vault that is a token", { kind: "vault_deposit", vault: "base/USDC", amount: "1" }, "NO_VAULT"],
  ["shares that are not held", { kind: "vault_redeem", vault: "base/vUSDC", amount: "all" }, "AMOUNT_ZERO"],
  ["a slippage of nothing", { ...OPEN, slippage_bps: "0" }, "NO_FLOOR"],
])("there are no bytes for %s", async (_, wish, problem) => {
  const seen = await venue.observe();
  expect(() => venue.compile(readEvmIntent(JSON.parse(JSON.stringify(wish))), seen)).toThrow(
    expect.objectContaining({ code: "INTENT_NOT_VALID", problem }),
  );
});

test.each<[string, object]>([
  ["no size", { kind: "lp_open", pool: "base/WETH-USDC", range_pct: "5" }],
  ["two sizes", { ...OPEN, amounts: { WETH: "1" } }],
  ["no range", { kind: "lp_open", pool: "base/WETH-USDC", value_usd: "5" }],
  ["two ranges", { ...OPEN, lower: "1", upper: "2" }],
  ["half a range", { kind: "lp_open", pool: "base/WETH-USDC", value_usd: "5", lower: "1" }],
  ["a range of everything", { ...OPEN, range_pct: "100" }],
  ["a share above one", { kind: "lp_close", position: LP, share: "1.5" }],
  ["a share of nothing", { kind: "lp_close", position: LP, share: "0" }],
  ["a position that is a number", { kind: "lp_close", position: "9" }],
  ["a negative amount", { kind: "vault_deposit", vault: "base/vUSDC", amount: "-1" }],
  ["a decision for an intent", { kind: "HOLD" }],
])("an intent with %s is refused", (_, wish) => {
  expect(() => readEvmIntent(wish)).toThrow(expect.objectContaining({ problem: "NOT_AN_INTENT" }));
});

test("kinds may be written in capitals, under their other names, and with null for what is left out", () => {
  expect(readEvmIntent({ kind: "WRAP_NATIVE", chain: "base", amount: "1", account: null })).toEqual(
    readEvmIntent({ kind: "wrap", chain: "base", amount: "1" }),
  );
  expect(readEvmIntent({ kind: "LP_COLLECT_FEES", position: LP })).toEqual({ kind: "lp_collect_fees", position: LP });
  expect(() => readEvmIntent({ kind: "Swap", sell: "base/WETH", buy: "base/USDC", amount: "1" })).toThrow();
});
