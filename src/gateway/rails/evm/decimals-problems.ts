import { decodeFunctionResult, encodeFunctionData } from "viem/utils";
import type { Hex } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { erc20Abi } from "../../../protocols/erc20.ts";
import type { RpcClient } from "../../../protocols/json-rpc.ts";

/**
 * Tokens whose own `decimals()` are not the book's, one sentence each: a wrong number there makes every limit wrong by
 * powers of ten.
 *
 * @throws {RpcError} the chain cannot be reached, or a token has no `decimals()`.
 */
export async function decimalsProblems(rpc: RpcClient, book: ChainBook): Promise<readonly string[]> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "decimals" });
  const found = await Promise.all(
    Object.entries(book.assets).map(async ([symbol, { address, decimals }]) => {
      const answer = await rpc.request<Hex>("eth_call", [{ to: address, data }, "latest"]);
      const own = answer === "0x" ? undefined : decodeFunctionResult({ abi: erc20Abi, functionName: "decimals", data: answer });
      return own === decimals ? [] : [`${symbol} has ${own ?? "no"} decimals, the book says ${decimals}`];
    }),
  );
  return found.flat();
}
