import { type Decimal, fromUnits, sum, ZERO } from "../../../src/core/decimal.ts";
import { InvariantError } from "../../../src/core/errors.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { Prices } from "../../../src/protocols/effects.ts";
import { encodeConvertToAssets } from "../../../src/protocols/erc4626.ts";
import { type RpcClient, rpcClient } from "../../../src/protocols/json-rpc.ts";
import { holdingsOf, type OwnPosition } from "../../../src/protocols/uniswap-v3/position.ts";
import { readPositions } from "../../../src/protocols/uniswap-v3/read-positions.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import type { House } from "../../support/house.ts";
import { NOBODY, probed } from "../../support/standing.ts";
import { DECIMALS, HELD, type Held } from "./accomplice.ts";

/** All that a wallet has: coins and tokens in base units, shares of the vault, liquidity. */
export interface Possessions {
  readonly units: Readonly<Record<string, bigint>>;
  /** USD for a share of the vault, where the book has one. */
  readonly share: Decimal | null;
  readonly positions: readonly OwnPosition[];
  /** What it lets the router take, in base units. */
  readonly allowed: Readonly<Record<string, bigint>>;
}

export const NOTHING: Possessions = { units: {}, share: null, positions: [], allowed: {} };
const WORTH_OF_A_SHARE = encodeConvertToAssets(10n ** 6n);
const ROUTER = EVM_BOOK.chains.base.contracts.router.address;

/** @param reads - what the chain is read by; what is asked of it in one turn travels as one message. */
export async function possessionsOf(
  { world, mandate }: Pick<House, "world" | "mandate">,
  reads: RpcClient = rpcClient(world.url),
): Promise<Possessions> {
  const { book: books, accounts } = mandate.terms;
  const [book, holder] = [books.chains.base, accounts.wallet];
  if (!book || holder === undefined) throw new InvariantError("a wallet holds nothing elsewhere");
  const tokens = Object.entries(book.assets).filter(([symbol]) => symbol === "vUSDC" || symbol in DECIMALS);
  const coins = [["ETH", NOBODY] as const, ...tokens.map(([symbol, { address }]) => [symbol, address] as const)];
  const spender = ROUTER;
  const items = [
    ...coins.map(([, token]) => ({ token, holder, spender: NOBODY })),
    ...tokens.map(([, { address }]) => ({ token: address, holder, spender })),
  ];
  const vault = book.assets.vUSDC?.address;
  const rpc = (method: string, params: readonly unknown[] = []) => reads.request<unknown>(method, params);
  const [answers, share, positions] = await Promise.all([
    probed({ rpc }, items),
    vault === undefined ? null : rpc("eth_call", [{ to: vault, data: WORTH_OF_A_SHARE }, "latest"]),
    vault === undefined ? [] : readPositions(reads, { chain: "base", book, accounts: { wallet: holder }, block: "latest" }),
  ]);
  const found = answers.map((one, i) => {
    if (one === null) throw new InvariantError(`what ${items[i]?.token} says cannot be read`);
    return one;
  });
  const units = Object.fromEntries(coins.map(([symbol], i) => [symbol, found[i] ?? 0n]));
  const allowed = Object.fromEntries(tokens.map(([symbol], i) => [symbol, found[coins.length + i] ?? 0n]));
  return { units, share: share === null ? null : fromUnits(BigInt(share as Hex), 6), positions, allowed };
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
