import { type Decimal, max, sum, ZERO } from "../core/decimal.ts";
import type { AssetId } from "../protocols/effects.ts";
import { assetsOf } from "./asset-terms.ts";
import { type Facts, priceOf } from "./facts.ts";
import { MIN_REDUCTION_USD } from "./least-reduction.ts";

/**
 * What an exit has to leave in the pot of exit gas, in USD. Half of the pot is for the operator's way home alone: whatever
 * the agent burns, and whatever an accomplice gives back to be sold again, that half pays. Of the agent's own half the last
 * exit is for one that leaves nothing behind.
 */
export function keptForExits(facts: Facts): Decimal {
  const pot = facts.terms.limits.exit_gas_usd_per_day;
  if (facts.operator || pot === "unlimited") return ZERO;
  const [half, gas] = [pot.minus(agentsShare(pot)), facts.atWorst.exit_gas_usd];
  const last = half.gte(gas.times(2)) && leavesSomething(facts) ? gas : ZERO;
  return half.plus(last);
}

/** What the agent may burn of a day's exit gas, in USD. */
export function agentsShare(pot: Decimal): Decimal {
  return pot.div(2);
}

/** Whether more than crumbs of anything that is neither cash nor gas is held after it, on its chain. */
function leavesSomething({ terms, effects, prices, exposures }: Facts): boolean {
  const assetOf = assetsOf(terms);
  const held = new Map<AssetId, Decimal[]>();
  for (const { asset, amount } of effects.before) {
    const { underlying, cash, native } = assetOf(asset);
    if (cash || native) continue;
    held.set(underlying, [...(held.get(underlying) ?? []), amount.times(priceOf(prices, asset)?.usd ?? ZERO)]);
  }
  return [...held].some(([asset, worths]) => {
    const leaving = exposures.find(({ underlying }) => underlying === asset);
    const left = sum(worths).plus(leaving ? leaving.least_usd : ZERO);
    return max(ZERO, left).gte(MIN_REDUCTION_USD);
  });
}
