import { DAY, SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, max, sum, ZERO } from "../../../src/core/decimal.ts";
import { worstCase } from "../../../src/mandate/worst-case.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type RpcProxy, startRpcProxy } from "../../support/rpc-proxy.ts";
import { balancesOf } from "../../support/standing.ts";
import { DECIMALS, HELD, type Held, pinnedPrice, startArena, truePrice } from "./accomplice.ts";
import { rob } from "./greedy.ts";
import type { HostileLimits } from "./hostile-mandates.ts";

export interface Scene extends AsyncDisposable {
  readonly house: House;
  readonly proxy: RpcProxy;
  readonly world: EvmWorld;
}

/** A gateway between a wallet and an accomplice who sees all that it sends. */
export async function scene(limits: Readonly<Record<string, unknown>>, funds: Readonly<Record<string, string>>): Promise<Scene> {
  const world = await startArena(7, funds);
  const proxy = await startRpcProxy(world.url);
  const house = await openHouse({ world, endpoint: proxy.url, limits });
  return {
    house,
    proxy,
    world,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await world.stop();
    },
  };
}

/** What the wallet's tokens are worth at some prices, the native coin apart. */
export async function tokensWorth(at: EvmWorld, price: (at: EvmWorld, symbol: Held) => Decimal): Promise<Decimal> {
  const held = await balancesOf(at, REHEARSAL_WALLET);
  return sum(
    HELD.filter((symbol) => symbol !== "ETH").map((symbol) =>
      fromUnits(held[symbol] ?? 0n, DECIMALS[symbol]).times(price(at, symbol)),
    ),
  );
}

/** Shares of a limit in basis points, as floors, from the widest on. */
function floorsOf(limit: number, shares: readonly string[]): readonly string[] {
  return shares.map((share) => decimal(share).times(limit).toFixed());
}

const EXITS = ["0.995", "0.99", "0.98", "0.96", "0.93", "0.9", "0.8", "0.6"];
const TRADES = ["0.9998", "0.998", "0.98", "0.9", "0.6"];

/** Sells and buys in turn as dearly as the gateway lets it, until it lets nothing more. What that lost, at true prices. */
export async function robADay({ house, proxy }: Scene, limits: HostileLimits, most = 40): Promise<Decimal> {
  const usd = decimal(limits.max_single_trade_usd).times("0.998");
  // Of what may be sold as an exit or as a trade, the dearer.
  const exits = [...floorsOf(limits.max_exit_cost_bps, EXITS), ...floorsOf(limits.max_slippage_bps, TRADES)];
  const sales = exits.toSorted((a, b) => decimal(b).comparedTo(a));
  const purchases = floorsOf(limits.max_slippage_bps, TRADES);
  let lost = ZERO;
  for (let trade = 0; trade < most; trade += 1) {
    const sold = await rob(house, proxy, { sell: "WETH", buy: "USDC", usd, floors: sales });
    const bought = await rob(house, proxy, { sell: "USDC", buy: "WETH", usd, floors: purchases });
    lost = lost.plus(sold ?? ZERO).plus(bought ?? ZERO);
    if (sold === null && bought === null) break;
  }
  return lost;
}

/** The dearest single trade of all that pass, its gas included: purchases and sales, at rising base fees. */
export async function robOnce(at: Scene, limits: HostileLimits): Promise<Decimal> {
  const { house, proxy, world } = at;
  const start = await world.snapshot();
  const usd = decimal(limits.max_single_trade_usd).times("0.999");
  const eth = pinnedPrice(world, "ETH");
  let dearest = ZERO;
  for (const share of ["0.9", "0.6", "0"]) {
    // The gateway offers twice the base fee: what the accomplice makes of it is burnt.
    const pot = decimal(limits.max_gas_usd_per_day)
      .times(share)
      .div(eth)
      .times(decimal(10).pow(18))
      .div(2 * GAS_OF_TRADE);
    const baseFee = share === "0" ? {} : { baseFee: BigInt(pot.toFixed(0)) };
    const trades = [
      { sell: "USDC", buy: "WETH", floors: floorsOf(limits.max_slippage_bps, TRADES) },
      { sell: "WETH", buy: "USDC", floors: floorsOf(limits.max_exit_cost_bps, EXITS) },
    ] as const;
    for (const trade of trades) {
      const loss = await rob(house, proxy, { ...trade, usd, ...baseFee });
      dearest = max(dearest, loss ?? ZERO);
      await house.opened.gateway.settle(house.opened.wallet);
      await world.advance((await world.clock.now()) + DAY + SECOND);
    }
  }
  await world.revert(start);
  return dearest;
}

/** What an approval and a swap are reserved for, roughly. */
const GAS_OF_TRADE = 330_000;

/**
 * Turns the same money over at the worst prices day after day, with as much left at risk as there is, until the stop
 * holds; then takes what is held out at the worst. How far it all falls below its high, gas included.
 */
export async function robInAll(at: Scene, limits: HostileLimits, days: number): Promise<Decimal> {
  const { house, proxy, world } = at;
  const usd = decimal(limits.max_single_trade_usd).times("0.998");
  const out = { sell: "WETH", buy: "USDC", usd, floors: floorsOf(limits.max_exit_cost_bps, EXITS) } as const;
  const back = { sell: "USDC", buy: "WETH", usd, floors: floorsOf(limits.max_slippage_bps, TRADES) } as const;
  const native = async () => fromUnits((await balancesOf(world, REHEARSAL_WALLET)).ETH ?? 0n, 18);
  const nextDay = async () => world.advance((await world.clock.now()) + DAY + SECOND);
  const high = await tokensWorth(world, pinnedPrice);
  const stop = high.times(100 - limits.stop_loss_pct).div(100);
  let [gas, stopped] = [ZERO, false];
  for (let day = 0; day < days && !stopped; day += 1) {
    const before = await native();
    for (let trade = 0; trade < limits.max_daily_spend_usd / limits.max_single_trade_usd && !stopped; trade += 1) {
      await rob(house, proxy, out);
      const bought = await rob(house, proxy, back);
      stopped = (await tokensWorth(world, pinnedPrice)).lte(stop);
      if (bought === null) break;
    }
    // The figure has one day's gas in it, and says so.
    gas = max(gas, before.minus(await native()));
    await nextDay();
  }
  const before = await native();
  for (let day = 0; day < 4; day += 1) {
    while ((await rob(house, proxy, out)) !== null);
    await nextDay();
  }
  gas = max(gas, before.minus(await native()));
  return high.minus(await tokensWorth(world, truePrice)).plus(gas.times(pinnedPrice(world, "ETH")));
}

export function printedFor({ house }: Scene, value_usd: Decimal) {
  return worstCase(house.mandate.terms, { value_usd });
}
