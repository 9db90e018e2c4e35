// What the planner costs: 1,000 coins, half of them held, towards targets of all of them, against a loop that does no
// more than compare each with its target and round the difference to lots. Run: node scripts/launch.mjs --tool node bench/plan.ts [--json]
import { type Decimal, decimal, ONE, roundDown, ZERO } from "../src/core/decimal.ts";
import { InvariantError } from "../src/core/errors.ts";
import { seededRandom } from "../src/core/random.ts";
import type { OrderLine, OrderRules } from "../src/planning/plan.ts";
import { planOrders } from "../src/planning/plan-orders.ts";
import type { Targets } from "../src/planning/targets.ts";
import { orderLine, orderRules } from "../src/planning/testing/order-line.ts";
import { type Measurement, measure, medians, ratios, report } from "./measure.ts";

const COINS = 1_000;
const PLANS = 20;
const ROUNDS = 5;
const BASELINE = "plain loop";
const VALUE = decimal(10_000_000);

const random = seededRandom("bench/plan");
const between = (least: number, most: number) => (least + random.next() * (most - least)).toFixed(4);

const lines: readonly OrderLine[] = Array.from({ length: COINS }, (_, i) => {
  const price = between(1, 500);
  const held = i % 2 === 0 ? decimal(between(-9_000, 9_000)).div(price).toDecimalPlaces(4) : ZERO;
  const level = (bps: number) => ({
    price: decimal(price)
      .times(10_000 + bps)
      .div(10_000),
    size: decimal(1_000),
  });
  const book = { bids: [level(-1), level(-5), level(-20)], asks: [level(1), level(5), level(20)] };
  const market = { sell_usd: level(-1).price, buy_usd: level(1).price };
  return orderLine(`C${i}:perp`, held.toFixed(), price, {
    leverage: decimal(2),
    margin_usd: held.abs().times(price).div(2),
    book,
    market,
  });
});
const parts = lines.map(() => decimal(between(-1, 1)));
const whole = parts.reduce((total, part) => total.plus(part.abs()), ONE);
const targets: Targets = [
  ...lines.map(({ account, asset }, i) => ({ account, asset, weight: (parts[i] ?? ZERO).div(whole) })),
  { account: "trader", asset: "hl/USDC", weight: ONE.div(whole) },
];
const rules: OrderRules = {
  ...orderRules,
  value_usd: VALUE,
  purses: { perp: VALUE, spot: ZERO },
  threshold_points: decimal("0.01"),
};

/** Signed sizes to trade: what anybody would write in ten minutes, without order, money, minimums, costs or reasons. */
function plainLoop(): readonly Decimal[] {
  const weights = new Map(targets.map(({ asset, weight }) => [asset, weight]));
  return lines.flatMap(({ asset, amount, price_usd, decimals }) => {
    if (price_usd === null) return [];
    const gap = (weights.get(asset) ?? ZERO).times(VALUE).minus(amount.times(price_usd));
    const size = roundDown(gap.div(price_usd), decimals);
    return gap.abs().times(100).lt(rules.threshold_points.times(VALUE)) || size.isZero() ? [] : [size];
  });
}

const steps = planOrders(targets, lines, rules).steps.length;
if (steps < plainLoop().length) throw new InvariantError(`the planner has ${steps} steps, the plain loop ${plainLoop().length}`);

const rounds: (readonly Measurement[])[] = [];
for (let round = 0; round < ROUNDS; round++) {
  rounds.push([
    await measure(BASELINE, { count: PLANS }, plainLoop),
    await measure("planOrders", { count: PLANS }, () => planOrders(targets, lines, rules)),
  ]);
}
report(`plan: ${COINS} coins, ${steps} steps`, ratios(medians(rounds), BASELINE));
