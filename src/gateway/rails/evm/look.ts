import { type Decimal, fromUnits } from "../../../core/decimal.ts";
import { type Hex, lower } from "../../../core/hex.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";
import type { Log } from "../../../protocols/own-logs.ts";
import { count, quantity } from "../../../protocols/quantity.ts";

export type Sighting =
  | {
      readonly kind: "included";
      readonly block: number;
      readonly blockHash: Hex;
      readonly depth: number;
      readonly ok: boolean;
      readonly gas: Decimal;
      readonly logs: readonly Log[];
    }
  /** The node's pool has it. */
  | { readonly kind: "pending" }
  /** The node has never heard of it. */
  | { readonly kind: "unseen" };

interface RawReceipt {
  readonly transactionHash: Hex;
  readonly status: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly logs?: readonly Log[];
}

const RECEIPT = "eth_getTransactionReceipt";

/**
 * What a node knows of a transaction. A receipt from a block that the node has not come to tells nothing yet: once settled
 * there, the journal would wait for that block for ever.
 *
 * @throws {RpcError} the node cannot tell, or its receipt is none of this transaction.
 */
export async function lookFor(rpc: RpcClient, hash: Hex): Promise<Sighting> {
  const [receipt, transaction, told] = await Promise.all([
    rpc.request<RawReceipt | null>(RECEIPT, [hash]),
    rpc.request<object | null>("eth_getTransactionByHash", [hash]),
    rpc.request<Hex>("eth_blockNumber", []),
  ]);
  if (!receipt) return { kind: transaction ? "pending" : "unseen" };
  const head = count("eth_blockNumber", told);
  const block = count(`${RECEIPT}.blockNumber`, receipt.blockNumber);
  const gas = quantity(`${RECEIPT}.gasUsed`, receipt.gasUsed) * quantity(`${RECEIPT}.gasPrice`, receipt.effectiveGasPrice);
  const ok = quantity(`${RECEIPT}.status`, receipt.status);
  if (
    ok > 1n ||
    !isHash(receipt.blockHash) ||
    !isHash(receipt.transactionHash) ||
    lower(receipt.transactionHash) !== lower(hash)
  ) {
    throw new RpcError(RECEIPT, new Error(`the answer is no receipt of ${hash}`));
  }
  if (block > head) return { kind: "pending" };
  return {
    kind: "included",
    block,
    blockHash: receipt.blockHash,
    depth: head - block + 1,
    ok: ok === 1n,
    gas: fromUnits(gas, 18),
    logs: (receipt.logs ?? []).map(({ address, topics, data }) => ({ address: lower(address), topics, data })),
  };
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value);
}
