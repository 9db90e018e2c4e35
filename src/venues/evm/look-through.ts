import { type Decimal, max, ONE, sum, ZERO } from "../../core/decimal.ts";
import type { Target, Targets } from "../../planning/targets.ts";
import type { AccountId, AssetId } from "../../protocols/effects.ts";
import { isPositionSymbol } from "../../protocols/uniswap-v3/position.ts";
import type { SeenHolding } from "../venue.ts";
import type { EvmObservation } from "./observation.ts";

/** What liquidity and shares hold of the tokens that can be traded, and what is left to plan for. */
export interface LookedThrough {
  /** The targets as weights of what is held outside of liquidity and shares. */
  readonly targets: Targets;
  /** The holdings that are planned for: those inside are left out unless a target names them. */
  readonly holdings: readonly SeenHolding[];
  /** USD of an asset inside liquidity and shares of an account. */
  inside(account: AccountId, asset: AssetId): Decimal;
}

/**
 * Targets that name tokens only count liquidity and shares as what they hold: with half of the book in a position of
 * WETH and USDC, a quarter of it is WETH already. What of a token's target is inside is taken off; the rest is a weight of
 * what lies outside. A position or a vault's shares that a target names are a holding like others, which no plan trades.
 */
export function lookThrough(
  targets: Targets,
  seen: EvmObservation,
  cash: { readonly account: AccountId; readonly asset: AssetId },
): LookedThrough {
  const named = (account: AccountId, asset: AssetId) =>
    targets.some((target) => target.account === account && target.asset === asset);
  const within = new Set(seen.holdings.filter((held) => isInside(held, seen) && !named(held.account, held.asset)));
  const holdings = seen.holdings.filter((held) => !within.has(held));
  const parts = [...within].flatMap((held) => partsOf(held, seen));
  const inside = (account: AccountId, asset: AssetId) =>
    sum(parts.filter((part) => part.account === account && part.asset === asset).map(({ usd }) => usd));
  const outside = sum(holdings.flatMap(({ role, value_usd }) => (role === "gas" || value_usd === null ? [] : [value_usd])));
  const total = outside.plus(sum(parts.map(({ usd }) => usd)));
  if (parts.length === 0 || outside.isZero()) return { targets, holdings, inside };
  const weighted = (target: Target): Target => {
    const left = total.times(target.weight).minus(inside(target.account, target.asset));
    return { ...target, weight: max(ZERO, left.div(outside)) };
  };
  const isCash = ({ account, asset }: Target) => account === cash.account && asset === cash.asset;
  const rest = targets.filter((target) => !isCash(target)).map(weighted);
  const wanted = sum(rest.map(({ weight }) => weight));
  // More inside than is wanted of one leaves less than is wanted for the others: each gets its share of it.
  const scale = wanted.gt(ONE) ? ONE.div(wanted) : ONE;
  const scaled = rest.map((target) => ({ ...target, weight: target.weight.times(scale) }));
  const kept = max(ZERO, ONE.minus(sum(scaled.map(({ weight }) => weight))));
  return { targets: [...scaled, { ...cash, weight: kept }], holdings, inside };
}

function isInside({ asset, account }: SeenHolding, { vaults }: EvmObservation): boolean {
  return (
    isPositionSymbol(asset.slice(asset.indexOf("/") + 1)) || vaults.some((one) => one.asset === asset && one.account === account)
  );
}

interface Part {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly usd: Decimal;
}

function partsOf({ account, asset, value_usd }: SeenHolding, seen: EvmObservation): readonly Part[] {
  const position = seen.positions.find((one) => one.asset === asset);
  if (!position) {
    const vault = seen.vaults.find((one) => one.asset === asset && one.account === account);
    return vault && value_usd ? [{ account, asset: vault.underlying, usd: value_usd }] : [];
  }
  return [...position.holds, ...position.owed].flatMap((flow): readonly Part[] => {
    const price = seen.prices[flow.asset];
    return price && "usd" in price ? [{ account, asset: flow.asset, usd: price.usd.times(flow.amount) }] : [];
  });
}
