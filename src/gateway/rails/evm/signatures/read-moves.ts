import { pad, toHex } from "viem/utils";
import { type Decimal, fromUnits } from "../../../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../../../core/hex.ts";
import type { ChainBook } from "../../../../mandate/book.ts";
import { type AssetId, assetId, type ChainLabel } from "../../../../protocols/effects.ts";
import { type RpcClient, RpcError } from "../../../../protocols/json-rpc.ts";
import { RpcRequestError } from "../../../../protocols/request-errors.ts";

/** A token that went out of an own account, in whole tokens, and the log that says so. */
export interface Move {
  readonly asset: AssetId;
  readonly to: Address;
  readonly amount: Decimal;
  readonly transaction: Hex;
  readonly log: number;
  readonly block: number;
  readonly blockHash: Hex;
}

interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly transactionHash: Hex;
  readonly logIndex: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
}

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/** Blocks whose logs are asked for at once: nodes refuse many. */
export const LOGS_AT_ONCE = 500;
/** Blocks that are looked through at most: a node that tells of a block far away must not keep a wallet reading for days. */
const MOST_BLOCKS = 100 * LOGS_AT_ONCE;
/** What nodes say of too many themselves. */
const LIMIT_EXCEEDED = -32005;

/**
 * What left `owner` in tokens of the book from block `from` to block `to`, both included, oldest first. What came to
 * `owner` again in the same transfer has not left.
 *
 * @throws {RpcError} the node does not tell, or the blocks are too many.
 */
export async function readMoves(
  { rpc, chain, book }: { readonly rpc: RpcClient; readonly chain: ChainLabel; readonly book: ChainBook },
  { owner, from, to }: { readonly owner: Address; readonly from: number; readonly to: number },
): Promise<readonly Move[]> {
  const assets = Object.entries(book.assets);
  const address = assets.map(([, asset]) => asset.address);
  if (to - from >= MOST_BLOCKS) {
    const message = `more than ${MOST_BLOCKS} blocks, from ${from} to ${to}`;
    throw new RpcError("eth_getLogs", new RpcRequestError({ code: LIMIT_EXCEEDED, message }));
  }
  const logs: RawLog[] = [];
  for (let first = from; first <= to; first += LOGS_AT_ONCE) {
    const last = Math.min(to, first + LOGS_AT_ONCE - 1);
    const filter = { address, topics: [TRANSFER, pad(owner)], fromBlock: toHex(first), toBlock: toHex(last) };
    logs.push(...(await rpc.request<readonly RawLog[]>("eth_getLogs", [filter])));
  }
  return logs.flatMap((log): readonly Move[] => {
    const asset = assets.find(([, one]) => lower(one.address) === lower(log.address));
    const [, , topic] = log.topics;
    if (!asset || topic === undefined || !/^0x[0-9a-f]{64}$/i.test(log.data)) return [];
    const payee = lower(`0x${topic.slice(-40)}` as const);
    if (payee === lower(owner)) return [];
    const [symbol, { decimals }] = asset;
    return [
      {
        asset: assetId(chain, symbol),
        to: payee,
        amount: fromUnits(BigInt(log.data), decimals),
        transaction: lower(log.transactionHash),
        log: Number(log.logIndex),
        block: Number(log.blockNumber),
        blockHash: log.blockHash,
      },
    ];
  });
}
