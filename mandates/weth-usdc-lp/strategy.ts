import type { CodeAnswer, CodeContext, Decide, Decimal, EvmObservation } from "mandate";

const POOL = "WETH-USDC";
const SIDES = ["base/WETH", "base/USDC"] as const;

type Position = EvmObservation["positions"][number];

/** One position around the price: opened, collected from, and moved when that pays. */
export const decide: Decide<EvmObservation> = (seen, { decimal }) => {
  const position = seen.positions.find(({ pool }) => pool === POOL);
  if (!position) return open(seen, decimal("500"), decimal);
  const { asset, in_range, owed } = position;
  if (!in_range) {
    return pays(seen, position, decimal)
      ? { why: "the price has left the range", intents: [{ kind: "LP_CLOSE", position: asset }] }
      : [{ kind: "HOLD", why: "the price has left the range, and moving the position would not pay" }];
  }
  if (worth(seen, owed, decimal).gt(2)) return [{ kind: "LP_COLLECT_FEES", position: asset }];
  return [{ kind: "HOLD", why: "the position is in its range" }];
};

/** Half of it in each token: what is short is bought first, with a little more for what the swap costs. */
function open(seen: EvmObservation, usd: Decimal, decimal: CodeContext["decimal"]): CodeAnswer {
  const opened = { kind: "LP_OPEN", pool: `base/${POOL}`, range_pct: "6", value_usd: usd };
  const values = SIDES.map((side) => worth(seen, held(seen, side), decimal));
  const short = values.findIndex((value) => value.lt(usd.div(2)));
  const [missing, spare] = [values[short], values[1 - short]];
  const buy = SIDES[short];
  const sell = SIDES[1 - short];
  if (!missing || !spare || !buy || !sell) return { why: "there is no position", intents: [opened] };
  const needed = usd.div(2).times("1.02").minus(missing);
  const [sold] = held(seen, sell);
  if (!sold || needed.gte(spare)) return [{ kind: "HOLD", why: "too little is held for the position" }];
  const amount = sold.amount.times(needed).div(spare).toDecimalPlaces(6);
  return { why: "one token is short", intents: [{ kind: "SWAP", sell, buy, amount }, opened] };
}

/** Seven days of fees at $20,000,000 a day, by the depth of the position among the pool's, against the swap of a half and $3. */
function pays(seen: EvmObservation, { holds }: Position, decimal: CodeContext["decimal"]): boolean {
  const pool = seen.pools.find(({ label }) => label === POOL);
  if (!pool?.depth_usd) return false;
  const value = worth(seen, holds, decimal);
  const own = value.div(2 * 6);
  const fee = decimal(String(pool.fee)).div(1_000_000);
  const week = decimal("20000000").times(7).times(fee).times(own).div(own.plus(pool.depth_usd));
  return week.gt(value.div(2).times(fee).plus(3));
}

function held(seen: EvmObservation, asset: string): readonly { readonly asset: string; readonly amount: Decimal }[] {
  return seen.holdings.filter((holding) => holding.asset === asset);
}

function worth(
  seen: EvmObservation,
  flows: readonly { readonly asset: string; readonly amount: Decimal }[],
  decimal: CodeContext["decimal"],
): Decimal {
  const price = (asset: string) => seen.holdings.find((holding) => holding.asset === asset)?.price_usd ?? decimal("0");
  return flows.reduce((total, { asset, amount }) => total.plus(amount.times(price(asset))), decimal("0"));
}
