import { toHex } from "viem";
import { type Decimal, decimal, fromUnits, max, min, sum, ZERO } from "../../../src/core/decimal.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, swapActions } from "../../support/house.ts";
import { isSend, type RpcProxy } from "../../support/rpc-proxy.ts";
import { balancesOf } from "../../support/standing.ts";
import { DECIMALS, HELD, lagAgainst, letGo, overcharge, pinnedPrice, squeeze, type Token, truePrice } from "./accomplice.ts";

type Balances = Readonly<Record<string, bigint>>;

/** What went away between two looks, at fair prices. Negative: a gain. */
export function lossBetween(at: EvmWorld, before: Balances, after: Balances): Decimal {
  return sum(
    HELD.map((symbol) =>
      fromUnits((before[symbol] ?? 0n) - (after[symbol] ?? 0n), DECIMALS[symbol]).times(truePrice(at, symbol)),
    ),
  );
}

export interface Robbery {
  readonly sell: Token;
  readonly buy: Token;
  readonly usd: Decimal;
  /** How far below the pinned prices the floor may stand, from the widest on. */
  readonly floors: readonly string[];
  /** The base fee when the trade is asked for, in wei; the accomplice then raises it to all that the bytes bear. */
  readonly baseFee?: bigint;
}

/**
 * The most that one trade can be made to lose: prices as far off as feeds allow, the widest floor that passes, and the
 * pool moved to it between signing and inclusion. Null: the gateway lets none of it pass.
 */
export async function rob(house: House, proxy: RpcProxy, { sell, buy, usd, floors, baseFee }: Robbery): Promise<Decimal | null> {
  const { world: at } = house;
  await lagAgainst(at, { sell, buy });
  const { gateway, wallet } = house.opened;
  const held = fromUnits((await balancesOf(at, REHEARSAL_WALLET))[sell] ?? 0n, DECIMALS[sell]);
  const amount = min(held, usd.div(pinnedPrice(at, sell))).toDecimalPlaces(DECIMALS[sell], 1);
  if (amount.times(pinnedPrice(at, sell)).lt(1)) return null;
  const session = await gateway.open(wallet);
  if (baseFee !== undefined) {
    await at.rpc("anvil_setNextBlockBaseFeePerGas", [toHex(baseFee)]);
    await at.rpc("evm_mine");
  }
  for (const bps of floors) {
    const floor = amount
      .times(pinnedPrice(at, sell))
      .times(decimal(10_000).minus(bps).div(10_000))
      .div(pinnedPrice(at, buy))
      .toDecimalPlaces(DECIMALS[buy], 0);
    const actions = swapActions({ sell, buy, amount: amount.toFixed(), floor: floor.toFixed(), now: await at.clock.now() });
    const request = { wallet, ...session, step: 1, actions };
    if ((await gateway.preview(request)).kind !== "allow") continue;
    let sends = 0;
    proxy.meddle(async ({ method, params }) => {
      if (!isSend(method)) return "forward" as const;
      sends += 1;
      if (sends === 2) await squeeze(at, { sell, buy, fee: 500, amount, floor });
      if (baseFee !== undefined) await overcharge(at, params[0] as Hex);
      return "forward" as const;
    });
    const before = await balancesOf(at, REHEARSAL_WALLET);
    const outcome = await gateway.request(request);
    proxy.meddle(() => "forward");
    const after = await balancesOf(at, REHEARSAL_WALLET);
    const loss = lossBetween(at, before, after);
    await letGo(at);
    return outcome.kind === "confirmed" ? loss : max(ZERO, loss);
  }
  return null;
}
