import { decimal, fromUnits, max, min, toUnits } from "../../../src/core/decimal.ts";
import type { Address } from "../../../src/core/hex.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, swapActions } from "../../support/house.ts";
import { pinnedPrice } from "./accomplice.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import type { Possessions } from "./possessions.ts";

const { assets } = EVM_BOOK.chains.base;

/**
 * What an honest agent would ask for: a part of a single trade at a fair floor, out of what there is more of. It is what a
 * hostile sequence hides among, and what an accomplice waits for. Null: there is not enough of anything.
 */
export async function honestTrade(
  { world }: Pick<House, "world">,
  part: number,
  limits: HostileLimits,
  { units: held }: Possessions,
  { recipient = REHEARSAL_WALLET, buys = false }: { readonly recipient?: Address; readonly buys?: boolean } = {},
): Promise<readonly Action[] | null> {
  const price = pinnedPrice(world, "WETH");
  const weth = fromUnits(held.WETH ?? 0n, 18).times(price);
  const cash = fromUnits(held.USDC ?? 0n, 6).times(pinnedPrice(world, "USDC"));
  const sells = !buys && weth.gt(cash.times("0.55"));
  const trade = decimal(limits.max_single_trade_usd);
  const usd = min(trade.times(max(decimal(part), decimal(60)).div(100)), sells ? weth : cash);
  if (usd.lt(20)) return null;
  const kept = decimal(10_000).minus(decimal(limits.max_slippage_bps).times("0.9")).div(10_000);
  const [give, get] = sells ? (["WETH", "USDC"] as const) : (["USDC", "WETH"] as const);
  const amount = usd.div(pinnedPrice(world, give));
  const floor = usd.times(kept).div(pinnedPrice(world, get));
  return swapActions({
    sell: give,
    buy: get,
    amount: fromUnits(
      toUnits(amount.toDecimalPlaces(assets[give].decimals, 1), assets[give].decimals),
      assets[give].decimals,
    ).toFixed(),
    floor: floor.toDecimalPlaces(assets[get].decimals, 1).toFixed(),
    now: await world.clock.now(),
    recipient,
  });
}
