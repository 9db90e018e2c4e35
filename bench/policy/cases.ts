import { SECOND } from "../../src/core/clock.ts";
import { BPS, type Decimal, decimal, ZERO } from "../../src/core/decimal.ts";
import type { Random } from "../../src/core/random.ts";
import type { Budgets } from "../../src/journal/fold-budgets.ts";
import type { Effects, Prices } from "../../src/protocols/effects.ts";

export const NOW = Date.UTC(2026, 0, 5);
export const WETH = "base/WETH";
export const USDC = "base/USDC";
const ETH = "base/ETH";

export interface Case {
  readonly effects: Effects;
  readonly prices: Prices;
  readonly budgets: Budgets;
}

/** A swap of WETH and USDC either way, good or bad in some of twelve respects, and the budgets that it meets. */
export function makeCase(random: Random): Case {
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
    allowances: [],
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
    spend_hour_usd: ZERO,
    spend_usd: used(2000),
    spend_week_usd: ZERO,
    spend_total_usd: ZERO,
    allowances: {},
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
