import { fromUnits } from "../../../core/decimal.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { type AccountId, assetId, type ChainLabel, type Holding } from "../../../protocols/effects.ts";
import { encodeBalanceOf } from "../../../protocols/erc20.ts";
import { isRevert } from "../../../protocols/is-revert.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";
import { quantity } from "../../../protocols/quantity.ts";
import { positionAsset, unitsHeld } from "../../../protocols/uniswap-v3/position.ts";
import { readPositions } from "../../../protocols/uniswap-v3/read-positions.ts";
import { GatewayError } from "../../gateway-error.ts";

export interface HoldingSource {
  readonly rpc: RpcClient;
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly accounts: Readonly<Record<AccountId, Address>>;
}

/**
 * What the own accounts hold of the native coin and of every asset of the book, and the liquidity of every position, at a
 * block number or tag.
 *
 * @throws {RpcError} something could not be read.
 * @throws {GatewayError} CHAIN_UNREACHABLE: a token itself does not say what is held of it.
 */
export async function readHoldings(source: HoldingSource, block: string): Promise<readonly Holding[]> {
  const { rpc, chain, book, accounts } = source;
  const rows = Object.entries(accounts).flatMap(([account, owner]) => [
    rpc.request("eth_getBalance", [owner, block]).then(
      (wei): Holding => ({
        account,
        asset: assetId(chain, book.native.symbol),
        amount: fromUnits(quantity("eth_getBalance", wei), 18),
      }),
    ),
    ...Object.entries(book.assets).map(([symbol, { address, decimals }]) =>
      rpc.request<Hex>("eth_call", [{ to: address, data: encodeBalanceOf(owner) }, block]).then(
        (units): Holding => {
          if (units.length !== 66) throw silent(symbol, address);
          return { account, asset: assetId(chain, symbol), amount: fromUnits(quantity(symbol, units), decimals) };
        },
        (error) => {
          throw isRevert(error) ? silent(symbol, address, error) : error;
        },
      ),
    ),
  ]);
  const [balances, positions] = await Promise.all([Promise.all(rows), readPositions(rpc, { chain, book, accounts, block })]);
  const liquidity = positions.map(
    (position): Holding => ({
      account: position.owner,
      asset: positionAsset(chain, position),
      amount: fromUnits(unitsHeld(position), 0),
    }),
  );
  return [...balances, ...liquidity];
}

/** Without that nobody knows what a request moves of it: nothing is signed on the chain while it is in the book. */
function silent(symbol: string, address: Address, cause?: unknown): GatewayError {
  return new GatewayError("CHAIN_UNREACHABLE", `${symbol} at ${address} does not answer balanceOf`, {
    cause,
    remedy: `Where the token itself is broken, take ${symbol} and its pools out of the mandate and order that: mandate amend FILE. Everything else can then be taken home.`,
  });
}
