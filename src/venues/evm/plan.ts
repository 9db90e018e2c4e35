import { Decimal, fromUnits, ZERO } from "../../core/decimal.ts";
import type { Terms } from "../../mandate/terms.ts";
import type { Plan, PlanHolding, PlanRules } from "../../planning/plan.ts";
import { planTargets } from "../../planning/plan-targets.ts";
import { checkTargets, holdingKey } from "../../planning/targets.ts";
import { assetId, splitAssetId } from "../../protocols/effects.ts";
import type { SeenHolding, Wish } from "../venue.ts";
import { describeIntent } from "./describe-intent.ts";
import type { EvmIntent } from "./intents.ts";
import { lookThrough } from "./look-through.ts";
import type { EvmObservation, SeenPool } from "./observation.ts";
import { afterFee, feeBps, poolMid } from "./pool-math.ts";

/** Gas of an approval and a swap, generously. For cost estimates only. */
const SWAP_GAS = 200_000n;

/**
 * Targets become swaps against the numeraire of one chain; intents stay as they are, in their order. Liquidity and shares
 * count towards the targets as what they hold; shares in a plan's words are then of what lies outside of them.
 */
export function planEvm(terms: Terms, wish: Wish<EvmIntent>, seen: EvmObservation, rules: PlanRules): Plan<EvmIntent> {
  if (wish.kind === "intents") {
    const steps = wish.intents.map((intent) => ({
      intent,
      reason: describeIntent(intent),
      direction: null,
      cost_usd: null,
      value_usd: null,
    }));
    const line = steps.length === 0 ? "Nothing to do" : steps.map(({ reason }) => reason).join("; ");
    return { steps, skipped: [], clipped: [], value_usd: seen.value_usd, cost_usd: ZERO, line };
  }
  const { chain } = splitAssetId(rules.numeraire.asset);
  const gas = fromUnits(SWAP_GAS * (seen.blocks[chain]?.baseFee ?? 0n), 18);
  const coin = terms.book.chains[chain]?.native.symbol;
  const price = coin === undefined ? undefined : seen.prices[assetId(chain, coin)];
  const gas_usd = price && "usd" in price ? gas.times(price.usd) : ZERO;
  const traded = seen.holdings.filter(({ role }) => role !== "gas");
  checkTargets(wish.targets, new Set(traded.map(({ account, asset }) => holdingKey(account, asset))));
  const through = lookThrough(wish.targets, { ...seen, holdings: traded }, rules.numeraire);
  const holdings = through.holdings.map((held) => {
    const holding = planHolding(terms, held, seen, rules);
    return { ...holding, beside_usd: holding.beside_usd.plus(through.inside(held.account, held.asset)) };
  });
  return planTargets(through.targets, holdings, { ...rules, gas_usd });
}

function planHolding(terms: Terms, held: SeenHolding, seen: EvmObservation, { numeraire }: PlanRules): PlanHolding {
  const { account, asset, amount, decimals, price_usd } = held;
  const [own, cash] = [splitAssetId(asset), splitAssetId(numeraire.asset)];
  const pools = seen.pools.filter(
    ({ chain, token0, token1, liquidity }) =>
      chain === cash.chain &&
      chain === own.chain &&
      !liquidity.isZero() &&
      [token0.symbol, token1.symbol].includes(own.symbol) &&
      [token0.symbol, token1.symbol].includes(cash.symbol),
  );
  const price = seen.prices[numeraire.asset];
  const quotes = price && "usd" in price ? pools.map((pool) => quote(pool, own.symbol, price.usd)) : [];
  const cheapest = pools.toSorted((a, b) => a.fee - b.fee)[0];
  return {
    account,
    asset,
    amount,
    decimals,
    price_usd,
    beside_usd: nativeBeside(terms, held, seen),
    trade: pools.length === 0 ? "none" : held.role === "exit" ? "exit" : "both",
    market:
      quotes.length === 0
        ? null
        : {
            sell_usd: Decimal.max(...quotes.map(({ sell_usd }) => sell_usd)),
            buy_usd: Decimal.min(...quotes.map(({ buy_usd }) => buy_usd)),
          },
    fee_bps: cheapest ? feeBps(cheapest.fee) : ZERO,
  };
}

/** USD of the native coin in the same account, where it counts as this asset. */
function nativeBeside(terms: Terms, { account, asset }: SeenHolding, seen: EvmObservation): Decimal {
  const { chain, symbol } = splitAssetId(asset);
  const native = terms.book.chains[chain]?.native;
  if (native?.priced_as !== symbol || native.symbol === symbol) return ZERO;
  const coin = seen.holdings.find((held) => held.account === account && held.asset === assetId(chain, native.symbol));
  return coin?.value_usd ?? ZERO;
}

/** What a pool gives and takes for one `base` at its margin, its fee included, in USD. */
function quote(pool: SeenPool, base: string, cashUsd: Decimal): { sell_usd: Decimal; buy_usd: Decimal } {
  const mid = poolMid(pool, base).times(cashUsd);
  return { sell_usd: mid.times(afterFee(pool.fee)), buy_usd: mid.div(afterFee(pool.fee)) };
}
