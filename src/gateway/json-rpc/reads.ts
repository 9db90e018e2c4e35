import { z } from "zod";
import type { Address } from "../../core/hex.ts";
import type { RpcClient } from "../../protocols/json-rpc.ts";
import { getLogs, logsParams } from "./get-logs.ts";
import { invalidParams } from "./json-rpc-error.ts";
import { address, asQuantity, block, quantity, readParams, type TransactionParams, transaction, word } from "./params.ts";
import { ask } from "./upstream.ts";

/** Most gas that a simulated call may burn. */
const GAS_CAP = 10_000_000n;
const NOBODY: Address = `0x${"0".repeat(40)}`;

/** What the reads of one chain are answered from. */
export interface ReadContext {
  readonly rpc: RpcClient;
  readonly chainId: number;
  readonly accounts: readonly Address[];
}

export type Read = (context: ReadContext, params: readonly unknown[]) => Promise<unknown>;

/** A read that is passed on under its own name, its params read by a schema and written anew. */
function passes<T extends readonly unknown[]>(method: string, schema: z.ZodType<T>): Read {
  return async ({ rpc }, params) => ask(rpc, method, readParams(schema, params));
}

/** A read that this side answers. */
function answers(answer: (context: ReadContext) => unknown): Read {
  return async (context, params) => {
    readParams(z.tuple([]), params);
    return answer(context);
  };
}

const none = z.tuple([]);
const at = block.default("latest");
const hash = z.tuple([word]);
const percentiles = z.array(z.number().min(0).max(100)).max(20);
const blockCount = z
  .union([quantity, z.number().int().nonnegative().transform(BigInt)])
  .refine((count) => count >= 1n && count <= 128n, "1 to 128 blocks")
  .transform(asQuantity);
const slot = quantity.transform((value): string => `0x${value.toString(16).padStart(64, "0")}`);
export const callParams = z.tuple([transaction, at]);

/** Every method that is answered without judging anything. No other is. */
export const READS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["eth_chainId", answers(({ chainId }) => asQuantity(BigInt(chainId)))],
  ["net_version", answers(({ chainId }) => String(chainId))],
  ["eth_accounts", answers(({ accounts }) => accounts)],
  ["web3_clientVersion", answers(() => "mandate/gateway")],
  ["eth_blockNumber", passes("eth_blockNumber", none)],
  ["eth_gasPrice", passes("eth_gasPrice", none)],
  ["eth_maxPriorityFeePerGas", passes("eth_maxPriorityFeePerGas", none)],
  ["eth_feeHistory", passes("eth_feeHistory", z.tuple([blockCount, block, percentiles.default([])]))],
  ["eth_getBalance", passes("eth_getBalance", z.tuple([address, at]))],
  ["eth_getCode", passes("eth_getCode", z.tuple([address, at]))],
  ["eth_getStorageAt", passes("eth_getStorageAt", z.tuple([address, slot, at]))],
  ["eth_getTransactionCount", passes("eth_getTransactionCount", z.tuple([address, at]))],
  ["eth_getTransactionReceipt", passes("eth_getTransactionReceipt", hash)],
  ["eth_getTransactionByHash", passes("eth_getTransactionByHash", hash)],
  ["eth_getBlockByNumber", passes("eth_getBlockByNumber", z.tuple([block, z.boolean().default(false)]))],
  ["eth_getBlockByHash", passes("eth_getBlockByHash", z.tuple([word, z.boolean().default(false)]))],
  ["eth_getLogs", async ({ rpc }, params) => getLogs(rpc, readParams(logsParams, params))],
  [
    "eth_call",
    async (context, params) => {
      const [call, when] = readParams(callParams, params);
      return ask(context.rpc, "eth_call", [simulated(context, call), when]);
    },
  ],
]);

/** eth_estimateGas as the chain answers it. @throws {JsonRpcError} the chain's error when the call reverts. */
export async function estimateGas(context: ReadContext, [call, when]: z.output<typeof callParams>): Promise<unknown> {
  return ask(context.rpc, "eth_estimateGas", [simulated(context, call), when]);
}

/** A call to simulate: who, what and how much, with the gas capped and without fees. */
function simulated(
  { accounts, chainId }: ReadContext,
  { from, to, data, input, value, gas, chainId: wanted }: TransactionParams,
) {
  checkChain(chainId, wanted);
  if (from !== undefined && from !== NOBODY && !accounts.includes(from)) throw notOwn(from);
  if (to === undefined || to === null) throw invalidParams("a call needs `to`: creating contracts is not simulated");
  return {
    ...(from === undefined ? {} : { from }),
    to,
    data: data ?? input ?? "0x",
    ...(value === undefined ? {} : { value: asQuantity(value) }),
    gas: asQuantity(gas !== undefined && gas < GAS_CAP ? gas : GAS_CAP),
  };
}

export function checkChain(chainId: number, wanted: bigint | undefined): void {
  if (wanted !== undefined && wanted !== BigInt(chainId)) throw invalidParams(`this is chain ${chainId}, not ${wanted}`);
}

export function notOwn(from: Address) {
  return invalidParams(`${from} is no account of this mandate; eth_accounts lists them`);
}
