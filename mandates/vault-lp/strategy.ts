import type { CodeAnswer, Decide, EvmObservation } from "mandate";

const POOL = "WETH-USDC";
const VAULT = "base/vUSDC";

/** A position of $300 around the price, and cash beyond $50 in the vault. */
export const decide: Decide<EvmObservation> = (seen, { decimal }): CodeAnswer => {
  const zero = decimal("0");
  const cash = seen.holdings.find(({ asset }) => asset === "base/USDC")?.amount ?? zero;
  const price = seen.holdings.find(({ asset }) => asset === "base/WETH")?.price_usd ?? zero;
  const weth = (seen.holdings.find(({ asset }) => asset === "base/WETH")?.amount ?? zero).times(price);
  const vault = seen.vaults.find(({ asset }) => asset === VAULT);
  const position = seen.positions.find(({ pool }) => pool === POOL);

  if (position && !position.in_range) {
    return { why: "the price has left the range", intents: [{ kind: "LP_CLOSE", position: position.asset }] };
  }
  if (position) {
    const owed = position.owed.reduce(
      (sum, { asset, amount }) => sum.plus(asset === "base/WETH" ? amount.times(price) : amount),
      zero,
    );
    if (owed.gt(5)) return { why: "the fees are worth it", intents: [{ kind: "LP_COLLECT_FEES", position: position.asset }] };
    const idle = cash.minus(50);
    if (idle.gte(20)) return { why: "idle cash", intents: [{ kind: "VAULT_DEPOSIT", vault: VAULT, amount: idle }] };
    return [{ kind: "HOLD", why: "the position is in its range" }];
  }

  const open = { kind: "LP_OPEN", pool: `base/${POOL}`, range_pct: "10", value_usd: "300" };
  if (cash.gte(150) && weth.gte(150)) return { why: "there is no position", intents: [open] };
  if (cash.plus(weth).lt(310) && vault && !vault.redeemable.isZero()) {
    return { why: "cash is short", intents: [{ kind: "VAULT_REDEEM", vault: VAULT, amount: "all" }] };
  }
  if (cash.plus(weth).lt(310) || price.isZero()) return [{ kind: "HOLD", why: "too little is held for the position" }];
  // A little more than half, for what the swap costs.
  const swap = cash.lt(150)
    ? { kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: decimal("153").minus(cash).div(price).toDecimalPlaces(6) }
    : { kind: "SWAP", sell: "base/USDC", buy: "base/WETH", amount: decimal("153").minus(weth).toDecimalPlaces(2) };
  return { why: "one token is short", intents: [swap, open] };
};
