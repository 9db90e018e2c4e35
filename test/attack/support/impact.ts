import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from "viem";
import { type Decimal, decimal } from "../../../src/core/decimal.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { pinnedPrice } from "./accomplice.ts";

const { assets, pools } = EVM_BOOK.chains.base;
const ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 index, uint16 cardinality, uint16 next, uint8 fee, bool unlocked)",
]);
const POOL_OF = { WETH: pools["WETH-USDC"].address, GOV: pools["GOV-USDC"].address } as const;

/** How far above its pinned price a token stands in the pool that it is bought from, in basis points. Negative: below. */
export async function aboveInBps(at: EvmWorld, token: "WETH" | "GOV"): Promise<Decimal> {
  const data = encodeFunctionData({ abi: ABI, functionName: "slot0" });
  const said = (await at.rpc("eth_call", [{ to: POOL_OF[token], data }, "latest"])) as Hex;
  const [sqrt] = decodeFunctionResult({ abi: ABI, functionName: "slot0", data: said });
  const ratio = decimal(sqrt.toString()).div(decimal(2).pow(96)).pow(2);
  const first = BigInt(assets[token].address) < BigInt(assets.USDC.address);
  const price = (first ? ratio : ratio.pow(-1)).times(decimal(10).pow(assets[token].decimals - assets.USDC.decimals));
  return price.div(pinnedPrice(at, token)).minus(1).times(10_000);
}
