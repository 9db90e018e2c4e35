import { isoTime } from "../../core/clock.ts";
import type { Json } from "../../core/json.ts";
import type { EvmObservation } from "./observation.ts";
import { feeBps } from "./pool-math.ts";

/** What a decider is told of the chain beside its holdings, in whole tokens and USD. */
export function evmFacts(seen: Pick<EvmObservation, "blocks" | "pools" | "holdings">): { readonly [key: string]: Json } {
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
    gas: seen.holdings.filter(({ role }) => role === "gas").map(({ asset, amount }) => ({ asset, amount: amount.toFixed() })),
  };
}
