// What the policy engine costs: judge() with twelve rules in force, against the same rules written by hand for the same
// one mandate over the same Decimals. Run: node scripts/launch.mjs --tool node bench/policy.ts [--json]
import { SECOND } from "../src/core/clock.ts";
import { BPS, type Decimal, decimal, max, sum, ZERO } from "../src/core/decimal.ts";
import { InvariantError } from "../src/core/errors.ts";
import { type Random, seededRandom } from "../src/core/random.ts";
import type { Budgets } from "../src/journal/fold-budgets.ts";
import { judge } from "../src/mandate/judge.ts";
import { parseSample } from "../src/mandate/testing/sample-mandate.ts";
import type { ViolationCode } from "../src/mandate/verdict.ts";
import type { Effects, Prices } from "../src/protocols/effects.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

const CASES = 4_096;
const ROUNDS = 5;
const BASELINE = "by hand, 12 rules";
const NOW = Date.UTC(2026, 0, 5);
const WETH = "base/WETH";
const USDC = "base/USDC";
const ETH = "base/ETH";

const { terms } = parseSample();
const LIMITS = {
  trade: decimal(500),
  spend: decimal(2000),
  loss: decimal(60),
  position: decimal(6000),
  slippage: decimal(50),
  gas: decimal(5),
  exitGas: decimal(2),
  drawdown: decimal(8),
  approval: decimal(400),
  exitCost: decimal(100),
  leastReduction: decimal(10),
  leastShare: decimal("0.05"),
  hundred: decimal(100),
} as const;

interface Case {
  readonly effects: Effects;
  readonly prices: Prices;
  readonly budgets: Budgets;
}

/** A swap of WETH and USDC either way, good or bad in some of twelve respects, and the budgets that it meets. */
function makeCase(random: Random): Case {
  const between = (least: number, most: number) => decimal((least + random.next() * (most - least)).toFixed(6));
  const rarely = () => random.next() < 0.06;
  const price = between(2500, 3500);
  const buys = random.next() < 0.5;
  const usd = rarely() ? between(500, 900) : between(5, 450);
  const floor = usd.times(decimal(1).minus(between(0, rarely() ? 90 : 49).div(BPS)));
  const weth = (amount: Decimal) => amount.div(price).toDecimalPlaces(18);
  const delta = (asset: typeof WETH | typeof USDC, least: Decimal, most: Decimal) => ({ account: "wallet", asset, least, most });
  const outbound = (asset: typeof WETH | typeof USDC, amount: Decimal) => delta(asset, amount.negated(), amount.negated());
  const deltas = buys
    ? [outbound(USDC, usd), delta(WETH, weth(floor), weth(usd))]
    : [outbound(WETH, weth(usd)), delta(USDC, floor.toDecimalPlaces(6), usd)];
  const gas = between(0, rarely() ? 0.003 : 0.0004);
  const held = [
    { account: "wallet", asset: WETH, amount: weth(between(1500, rarely() ? 6200 : 4000)) },
    { account: "wallet", asset: USDC, amount: between(1000, 3000) },
  ] as const;
  const effects: Effects = {
    deltas,
    allowances: rarely()
      ? [{ owner: "wallet", asset: USDC, spender: "0x4444444444444444444444444444444444444444", before: ZERO, after: usd }]
      : [],
    payments: [],
    unfloored: [],
    pools: [],
    calls: [
      {
        chain: "base",
        from: "wallet",
        to: "0x4444444444444444444444444444444444444444",
        contract: "router",
        kind: "uniswap-v3-router02",
        function: "exactInputSingle",
        args: {},
        value: ZERO,
        inner: [],
      },
    ],
    gas: [{ chain: "base", asset: ETH, units: 200_000n, maxFeePerGas: 1n, most: gas }],
    deadline: NOW + Math.floor(random.next() * (rarely() ? 600 : 300)) * SECOND,
    unknown: rarely() ? [{ code: "NO_FLOOR", what: "the swap has no floor" }] : [],
    before: held,
    block: null,
    evidence: "",
  };
  const used = (limit: number) => between(0, rarely() ? limit * 1.2 : limit * 0.6);
  const peak = between(2500, rarely() ? 8000 : 3000);
  const budgets: Budgets = {
    at: NOW,
    spend_usd: used(2000),
    loss_usd: used(60),
    exit_loss_usd: ZERO,
    gas_usd: used(5),
    exit_gas_usd: used(2),
    spend_units: {},
    cycle_buys_usd: rarely() ? used(500) : ZERO,
    cycle_sells_usd: rarely() ? used(500) : ZERO,
    cycle_actions: 0,
    cycle_spent: false,
    trades_last_hour: Math.floor(random.next() * (rarely() ? 9 : 6)),
    last_trade_at: NOW - (rarely() ? 0 : 300 * SECOND) - Math.floor(random.next() * 300 * SECOND),
    consecutive_failures: rarely() ? 3 : 0,
    high_water_usd: peak,
    frozen: null,
    refills: {},
  };
  const at = { error_bps: decimal(50), at: NOW };
  const prices: Prices = { [WETH]: { usd: price, ...at }, [USDC]: { usd: decimal(1), ...at }, [ETH]: { usd: price, ...at } };
  return { effects, prices, budgets };
}

/** What somebody would write for this one mandate: the first code for which it says no, "ask", or "allow". */
function byHand({ effects, prices, budgets }: Case): ViolationCode | "ask" | "allow" {
  const price = (asset: keyof typeof prices) => {
    const known = prices[asset];
    return known && "usd" in known ? known.usd : ZERO;
  };
  const usd = effects.deltas.map(({ asset, least }) => least.times(price(asset)));
  const outflow = sum(usd.filter((value) => value.isNegative())).negated();
  const loss = max(ZERO, outflow.minus(sum(usd.filter((value) => value.isPositive()))));
  const gas = sum(effects.gas.map(({ asset, most }) => most.times(price(asset))));
  const weth = effects.deltas.find(({ asset }) => asset === WETH);
  const heldWeth = effects.before.find(({ asset }) => asset === WETH)?.amount ?? ZERO;
  const most = weth === undefined || weth.most === "unbounded" ? ZERO : weth.most;
  const buys = most.gt(ZERO);
  const sold = weth?.least.negated() ?? ZERO;
  const enough = sold.gte(heldWeth) || (outflow.gte(LIMITS.leastReduction) && sold.gte(heldWeth.times(LIMITS.leastShare)));
  const widened = effects.allowances.some(({ before, after }) => after.gt(before));
  const cheap = loss.plus(gas).times(BPS).lte(outflow.times(LIMITS.exitCost));
  const reduces = !buys && !widened && effects.unknown.length === 0 && enough && cheap;
  const value = sum(effects.before.map(({ asset, amount }) => amount.times(price(asset))));
  const cycleBuys = budgets.cycle_buys_usd.plus(buys ? outflow : ZERO);
  const cycleSells = budgets.cycle_sells_usd.plus(buys ? ZERO : outflow);
  if (effects.unknown[0]) return effects.unknown[0].code;
  if (widened) return "ALLOWANCE_LEFT";
  if (effects.deadline !== null && effects.deadline - NOW > 300 * SECOND) return "DEADLINE_TOO_FAR";
  if (!reduces && loss.times(BPS).gt(outflow.times(LIMITS.slippage))) return "SLIPPAGE";
  if ((buys ? cycleBuys : cycleSells).gt(LIMITS.trade)) return "TRADE_TOO_LARGE";
  if (buys && budgets.spend_usd.plus(outflow).gt(LIMITS.spend)) return "DAILY_SPEND";
  if (!reduces && !loss.isZero() && budgets.loss_usd.plus(loss).gt(LIMITS.loss)) return "DAILY_LOSS";
  if (buys && heldWeth.plus(most).times(price(WETH)).gt(LIMITS.position)) {
    return "POSITION_TOO_LARGE";
  }
  if (!gas.isZero() && budgets.gas_usd.plus(gas).gt(LIMITS.gas)) {
    if (!reduces || budgets.exit_gas_usd.plus(gas).gt(LIMITS.exitGas)) return "GAS_BUDGET";
  }
  if (reduces) return "allow";
  const peak = budgets.high_water_usd ?? ZERO;
  if (peak.minus(value).times(LIMITS.hundred).gte(peak.times(LIMITS.drawdown))) return "DRAWDOWN";
  if (budgets.trades_last_hour >= 6) return "TRADES_PER_HOUR";
  if (budgets.last_trade_at !== null && NOW < budgets.last_trade_at + 300 * SECOND) return "COOLDOWN";
  if (budgets.consecutive_failures >= 3) return "BREAKER";
  return max(cycleBuys, cycleSells).gt(LIMITS.approval) ? "ask" : "allow";
}

function byEngine({ effects, prices, budgets }: Case): ViolationCode | "ask" | "allow" {
  const verdict = judge(terms, effects, prices, budgets, NOW);
  return verdict.kind === "deny" ? verdict.violations[0].code : verdict.kind;
}

const random = seededRandom("policy bench");
const cases = Array.from({ length: CASES }, () => makeCase(random));
const counts = new Map<string, number>();
for (const [i, one] of cases.entries()) {
  const [engine, hand] = [byEngine(one), byHand(one)];
  if (engine !== hand) throw new InvariantError(`case ${i}: judge says ${engine}, the rules by hand say ${hand}`);
  counts.set(engine, (counts.get(engine) ?? 0) + 1);
}
if (counts.size < 12) throw new InvariantError("the cases do not reach enough rules", { details: Object.fromEntries(counts) });
process.stderr.write(
  `${CASES} cases, every verdict agrees: ${[...counts].map(([verdict, n]) => `${verdict} ${n}`).join(", ")}\n`,
);

const rounds: Measurement[][] = [];
for (let round = 0; round < ROUNDS; round++) {
  const pick = (n: number): Case => cases[n % CASES] ?? makeCase(random);
  rounds.push([
    await measure(BASELINE, { count: CASES }, (n) => byHand(pick(n))),
    await measure("judge, 12 rules", { count: CASES }, (n) => byEngine(pick(n))),
  ]);
}
report("policy", ratios(medians(rounds), BASELINE));
