import { isoTime } from "../../core/clock.ts";
import { sum } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import { type Prices, priceIn } from "../../protocols/effects.ts";
import type { Flow } from "../../protocols/protocol.ts";
import type { EvmObservation, SeenPosition } from "./observation.ts";
import { feeBps } from "./pool-math.ts";

/** What a decider is told of the chain beside its holdings, in whole tokens and USD. */
export function evmFacts(seen: Pick<EvmObservation, "blocks" | "pools" | "holdings" | "positions" | "vaults" | "prices">): {
  readonly [key: string]: Json;
} {
  return {
    blocks: Object.fromEntries(
      Object.entries(seen.blocks).map(([chain, { number, at }]) => [chain, { number: number.toString(), time: isoTime(at) }]),
    ),
    pools: seen.pools.map((pool) => ({
      pool: `${pool.chain}/${pool.label}`,
      mid_price: pool.mid.toSignificantDigits(12).toFixed(),
      fee_bps: feeBps(pool.fee).toFixed(),
      usd_that_moves_it_1_pct: pool.depth_usd?.toFixed(0) ?? null,
    })),
    ...(seen.positions.length === 0 ? {} : { positions: seen.positions.map((position) => positionFacts(position, seen.prices)) }),
    ...(seen.vaults.length === 0
      ? {}
      : {
          vaults: seen.vaults.map(({ account, asset, underlying, shares, redeemable }) => ({
            vault: asset,
            account,
            holds: underlying,
            shares: shares.toFixed(),
            redeemable: redeemable.toFixed(),
          })),
        }),
    gas: seen.holdings.filter(({ role }) => role === "gas").map(({ asset, amount }) => ({ asset, amount: amount.toFixed() })),
  };
}

function positionFacts(position: SeenPosition, prices: Prices): Json {
  const { chain, account, asset, pool, lower, upper, in_range, holds, owed } = position;
  const amounts = (flows: readonly Flow[]) => Object.fromEntries(flows.map((flow) => [flow.asset, flow.amount.toFixed()]));
  const usd = (flows: readonly Flow[]) => {
    const values = flows.flatMap((flow) => priceIn(prices, flow.asset)?.usd.times(flow.amount) ?? []);
    return flows.length > 0 && values.length === flows.length ? sum(values).toFixed(2) : null;
  };
  return {
    position: asset,
    account,
    pool: `${chain}/${pool}`,
    lower: lower.toSignificantDigits(8).toFixed(),
    upper: upper.toSignificantDigits(8).toFixed(),
    in_range,
    holds: amounts(holds),
    value_usd: usd(holds),
    fees_owed: amounts(owed),
    fees_owed_usd: usd(owed),
  };
}
