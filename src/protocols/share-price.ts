import { fromUnits } from "../core/decimal.ts";
import { messageOf } from "../core/errors.ts";
import type { Address, Hex } from "../core/hex.ts";
import type { NoPrice, Price } from "./effects.ts";
import { encodeConvertToAssets, rateShares } from "./erc4626.ts";
import type { RpcClient } from "./json-rpc.ts";

/** Asks what a share redeems at a block. The answer may be waited for later: that there is none is told then. */
export function askRedeemed(
  rpc: RpcClient,
  { address, decimals }: { readonly address: Address; readonly decimals: number },
  block: string,
): Promise<Hex> {
  const answer = rpc.request<Hex>("eth_call", [{ to: address, data: encodeConvertToAssets(rateShares(decimals)) }, block]);
  answer.catch(() => undefined);
  return answer;
}

/**
 * A share's price: what it redeems, at the underlying's price.
 *
 * @param redeemed - of {@link askRedeemed}.
 */
export async function sharePrice(
  symbol: string,
  { decimals, redeemed }: { readonly decimals: number; readonly redeemed: Promise<Hex> },
  within: { readonly decimals: number; readonly price: Price | NoPrice },
): Promise<Price | NoPrice> {
  const { price } = within;
  if ("missing" in price && price.last_usd === undefined) return price;
  const shares = rateShares(decimals);
  try {
    const answer = await redeemed;
    if (answer.length !== 66 || BigInt(answer) === 0n) return none(`${symbol} does not say what it redeems`);
    const each = fromUnits(BigInt(answer), within.decimals).div(fromUnits(shares, decimals));
    if ("usd" in price) return { ...price, usd: price.usd.times(each) };
    return price.last_usd === undefined ? price : { ...price, last_usd: price.last_usd.times(each) };
  } catch (error) {
    return none(`what ${symbol} redeems cannot be read: ${messageOf(error)}`);
  }
}

function none(reason: string): NoPrice {
  return { missing: "PRICE_UNKNOWN", reason };
}
