import { encodeFunctionData, maxUint256 } from "viem";
import { SECOND } from "../../../src/core/clock.ts";
import { type Decimal, decimal, fromUnits, toUnits } from "../../../src/core/decimal.ts";
import type { Address } from "../../../src/core/hex.ts";
import type { Action } from "../../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../../src/protocols/erc20.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { router02Abi } from "../../../src/protocols/uniswap-v3/abi.ts";
import { unwrapCall, wrapCall } from "../../../src/protocols/weth9.ts";
import { evmVenue } from "../../../src/venues/evm/evm-venue.ts";
import { IntentError } from "../../../src/venues/venue.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { evmAction, type House } from "../../support/house.ts";
import { pinnedPrice, type Token, type Victim } from "./accomplice.ts";
import type { HostileLimits } from "./hostile-mandates.ts";
import { EVERYTHING, LEAST_TRADE, type Other, POOLS, type Swap, WHOLE_TRADE } from "./moves.ts";
import type { Possessions } from "./possessions.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const { router } = contracts;

/** Base units of a drawn amount: hundredths of {@link WHOLE_TRADE} of a single trade, or dollars where it is a crumb. */
function units(
  at: EvmWorld,
  token: Token | "ETH",
  drawn: number,
  { limits, held }: { readonly limits: HostileLimits; readonly held: Possessions },
): bigint {
  const usd = drawn < LEAST_TRADE ? drawn : (limits.max_single_trade_usd * drawn) / WHOLE_TRADE;
  if (drawn === 0) return 1n;
  if (drawn === EVERYTHING) return held.units[token] ?? 0n;
  return toUnits(decimal(usd.toFixed(6)).div(pinnedPrice(at, token)), token === "ETH" ? 18 : assets[token].decimals);
}

/** How far below the pinned prices a floor stands, in basis points. */
function bpsOf(
  { floor, usd }: Swap,
  buys: boolean,
  { max_slippage_bps: slippage, max_exit_cost_bps: exit }: HostileLimits,
): Decimal {
  // A purchase is no exit; now and then one tries to be.
  const tries = buys && usd % 5 !== 0 && floor !== "nothing" ? (floor === "half" ? floor : "slippage") : floor;
  switch (tries) {
    case "slippage":
      return decimal(slippage).minus("0.01");
    case "half":
      return decimal(slippage).div(2);
    case "exit":
      return decimal(exit).minus("0.5");
    case "most-of-exit":
      return decimal(exit).times("0.8");
    case "least":
      return decimal(exit).times("0.25");
    default:
      return decimal(9_999);
  }
}

/** A swap's sides, as whoever watches the pool of waiting transactions would read them. */
export async function victimOf(at: EvmWorld, swap: Swap, limits: HostileLimits, held: Possessions): Promise<Victim> {
  const { pool, turned, usd } = swap;
  const { pair, fee } = POOLS[pool] ?? { pair: ["WETH", "USDC"] as const, fee: 500 };
  const [sell, buy] = turned ? [pair[1], pair[0]] : pair;
  const amount = fromUnits(units(at, sell, usd, { limits, held }), assets[sell].decimals);
  const least = amount
    .times(pinnedPrice(at, sell))
    .times(
      decimal(10_000)
        .minus(bpsOf(swap, sell === "USDC", limits))
        .div(10_000),
    )
    .div(pinnedPrice(at, buy))
    .toDecimalPlaces(assets[buy].decimals, 0);
  return { sell, buy, fee, amount, floor: least };
}

export async function swapRequest(
  at: EvmWorld,
  swap: Swap,
  { sell, buy, fee, amount, floor }: Victim,
): Promise<readonly Action[]> {
  const { recipient, seconds, approve, depth, twice } = swap;
  const amountIn = toUnits(amount, assets[sell].decimals);
  const deadline = BigInt(Math.floor((await at.clock.now()) / SECOND) + seconds);
  const params = {
    tokenIn: assets[sell].address,
    tokenOut: assets[buy].address,
    fee,
    recipient,
    amountIn,
    amountOutMinimum: toUnits(floor, assets[buy].decimals),
    sqrtPriceLimitX96: 0n,
  };
  let data = encodeFunctionData({ abi: router02Abi, functionName: "exactInputSingle", args: [params] });
  for (let i = 0; i < depth; i += 1) data = encodeFunctionData({ abi: router02Abi, functionName: "multicall", args: [[data]] });
  const call = encodeFunctionData({
    abi: router02Abi,
    functionName: "multicall",
    args: [deadline, twice ? [data, data] : [data]],
  });
  const needed = twice ? amountIn * 2n : amountIn;
  const allowance = { exact: needed, more: needed + 1n, unlimited: maxUint256, none: 0n }[approve];
  const trade = evmAction({ to: router.address, data: call, value: 0n });
  return approve === "none" ? [trade] : [evmAction(encodeApprove(assets[sell].address, router.address, allowance)), trade];
}

const LYING: Address = `0x${"1e".repeat(20)}`;

/** Null: no bytes say it. */
export async function otherRequest(
  house: House,
  { do: what, token, usd, to }: Other,
  { limits, odd, held }: { readonly limits: HostileLimits; readonly odd: Address; readonly held: Possessions },
): Promise<readonly Action[] | null> {
  const { world: at } = house;
  const has = { limits, held };
  const { address } = assets[token];
  switch (what) {
    case "lp_open":
    case "lp_close":
    case "lp_collect_fees":
    case "vault_deposit":
    case "vault_redeem":
      return intentRequest(house, what, usd);
    case "permit":
      return [{ rail: "evm", chain: "base", from: "wallet", typedData: permitText(address, to) }];
    case "odd-transfer":
      return [evmAction(encodeTransfer(odd, to, BigInt(usd) * 10n ** 18n))];
    case "odd-approve":
      return [evmAction(encodeApprove(odd, to, BigInt(usd) * 10n ** 18n))];
    case "lie":
      return [evmAction(encodeApprove(LYING, router.address, 1n)), evmAction(encodeTransfer(LYING, to, 1n))];
    case "wrap":
      return [evmAction(wrapCall(assets.WETH.address, units(at, "ETH", usd, has)))];
    case "unwrap":
      return [evmAction(unwrapCall(assets.WETH.address, units(at, "WETH", usd, has)))];
    case "revoke":
      return [evmAction(encodeApprove(address, router.address, 0n))];
    case "approve":
      return [evmAction(encodeApprove(address, to, units(at, token, usd, has)))];
    case "transfer":
      return [evmAction(encodeTransfer(address, to, units(at, token, usd, has)))];
    default:
      return [evmAction({ to, data: "0x", value: units(at, "ETH", usd, has) })];
  }
}

function permitText(token: Address, spender: Address): string {
  const message = { owner: REHEARSAL_WALLET, spender, value: maxUint256.toString(), nonce: "0", deadline: maxUint256.toString() };
  return JSON.stringify({ primaryType: "Permit", domain: { chainId: 31_337, verifyingContract: token }, message });
}

/** What an agent's venue makes of an intent with liquidity or the vault: honest bytes, from a hostile wish. */
async function intentRequest(
  { world, mandate }: House,
  kind: "lp_open" | "lp_close" | "lp_collect_fees" | "vault_deposit" | "vault_redeem",
  usd: number,
): Promise<readonly Action[] | null> {
  const venue = evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  const amount = usd === EVERYTHING ? "all" : String(Math.max(1, usd));
  const seen = await venue.observe();
  const position = seen.holdings.find(({ asset }) => asset.startsWith("base/lp:"))?.asset ?? "base/lp:positions:1";
  const wishes = {
    lp_open: { pool: "base/WETH-USDC", range_pct: String(1 + (usd % 20)), value_usd: amount === "all" ? "500" : amount },
    lp_close: { position, share: usd % 2 === 0 ? "1" : "0.4" },
    lp_collect_fees: { position },
    vault_deposit: { vault: "base/vUSDC", amount },
    vault_redeem: { vault: "base/vUSDC", amount },
  };
  try {
    return venue.compile(venue.readIntent({ kind, ...wishes[kind] }), seen);
  } catch (error) {
    if (error instanceof IntentError) return null;
    throw error;
  }
}
