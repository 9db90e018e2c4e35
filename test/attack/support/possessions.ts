import { type Decimal, fromUnits, sum, ZERO } from "../../../src/core/decimal.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { Prices } from "../../../src/protocols/effects.ts";
import { encodeConvertToAssets } from "../../../src/protocols/erc4626.ts";
import { rpcClient } from "../../../src/protocols/json-rpc.ts";
import { holdingsOf, type OwnPosition } from "../../../src/protocols/uniswap-v3/position.ts";
import { readPositions } from "../../../src/protocols/uniswap-v3/read-positions.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import type { House } from "../../support/house.ts";
import { balancesOf, unitsOf } from "../../support/standing.ts";
import { DECIMALS, HELD, type Held } from "./accomplice.ts";

/** All that a wallet has: coins and tokens in base units, shares of the vault, liquidity. */
export interface Possessions {
  readonly units: Readonly<Record<string, bigint>>;
  /** USD for a share of the vault, where the book has one. */
  readonly share: Decimal | null;
  readonly positions: readonly OwnPosition[];
}

const SHARE = 10n ** 6n;

export async function possessionsOf({ world, mandate }: Pick<House, "world" | "mandate">): Promise<Possessions> {
  const book = mandate.terms.book.chains.base;
  const vault = book?.assets.vUSDC?.address;
  if (!book || vault === undefined) return { units: await balancesOf(world, REHEARSAL_WALLET), share: null, positions: [] };
  const tokens = Object.fromEntries(Object.entries(book.assets).map(([symbol, { address }]) => [symbol, address]));
  const data = encodeConvertToAssets(SHARE);
  // One client for all: they travel as one message.
  const client = rpcClient(world.url);
  const rpc = (method: string, params: readonly unknown[] = []) => client.request<unknown>(method, params);
  const [units, share, positions] = await Promise.all([
    unitsOf({ rpc }, REHEARSAL_WALLET, tokens),
    rpc("eth_call", [{ to: vault, data }, "latest"]),
    readPositions(client, { book, accounts: { wallet: REHEARSAL_WALLET }, block: "latest" }),
  ]);
  return { units, share: fromUnits(BigInt(share as Hex), 6), positions };
}

type PriceIn = (at: EvmWorld, symbol: Held) => Decimal;

/** What it is all worth at prices: the feeds', or the true ones. Liquidity is what it would hold at them. */
export function worthOf(
  { world, mandate }: Pick<House, "world" | "mandate">,
  { units, share, positions }: Possessions,
  price: PriceIn,
) {
  const coins = sum(HELD.map((symbol) => fromUnits(units[symbol] ?? 0n, DECIMALS[symbol]).times(price(world, symbol))));
  const shares =
    share === null
      ? ZERO
      : fromUnits(units.vUSDC ?? 0n, 6)
          .times(share)
          .times(price(world, "USDC"));
  const book = mandate.terms.book.chains.base;
  if (!book || positions.length === 0) return coins.plus(shares);
  const at = { error_bps: ZERO, at: 0 };
  const prices: Prices = Object.fromEntries(HELD.map((symbol) => [`base/${symbol}`, { usd: price(world, symbol), ...at }]));
  const inside = holdingsOf("base", book, prices, positions);
  return sum([
    coins,
    shares,
    ...inside.map(({ asset, amount }) => amount.times(price(world, asset.slice("base/".length) as Held))),
  ]);
}

/** What went away between two looks, at prices of now. Negative: a gain. */
export function lostBetween(
  house: Pick<House, "world" | "mandate">,
  before: Possessions,
  after: Possessions,
  price: PriceIn,
): Decimal {
  return worthOf(house, before, price).minus(worthOf(house, after, price));
}
