import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";

const abi = parseAbi([
  "function factory() view returns (address)",
  "function getPool(address a, address b, uint24 fee) view returns (address)",
]);

/**
 * Pools of the book that its routers would not trade against, one sentence each: a router finds a pool by factory, tokens and
 * fee, so what is pinned at another address says nothing of where the money goes.
 *
 * @throws {RpcError} the chain cannot be reached.
 */
export async function poolProblems(rpc: RpcClient, book: ChainBook): Promise<readonly string[]> {
  const routers = Object.entries(book.contracts).filter(([, { kind }]) => kind === "uniswap-v3-router02");
  const found = await Promise.all(routers.map(([label, { address }]) => problemsOf(rpc, book, label, address)));
  return found.flat();
}

async function problemsOf(rpc: RpcClient, book: ChainBook, router: string, address: Address): Promise<readonly string[]> {
  const factory = await ask(rpc, address, "factory", encodeFunctionData({ abi, functionName: "factory" }));
  if (!factory) return [`${router} names no factory`];
  const checked = await Promise.all(
    Object.entries(book.pools).map(async ([label, pool]) => {
      const [one, other] = pool.tokens.map((symbol) => book.assets[symbol]?.address);
      if (one === undefined || other === undefined) return [];
      const data = encodeFunctionData({ abi, functionName: "getPool", args: [one, other, pool.fee] });
      const actual = await ask(rpc, factory, "getPool", data);
      return actual === lower(pool.address)
        ? []
        : [`${label} is not the pool that ${router} trades against (${actual ?? "none"})`];
    }),
  );
  return checked.flat();
}

async function ask(rpc: RpcClient, to: Address, functionName: "factory" | "getPool", data: Hex): Promise<Address | undefined> {
  try {
    return lower(decodeFunctionResult({ abi, functionName, data: await rpc.request<Hex>("eth_call", [{ to, data }, "latest"]) }));
  } catch (error) {
    // What reverts or answers nothing is no router or factory; silence of the chain itself is another matter.
    if (error instanceof RpcError && error.rpcCode === null) throw error;
    return undefined;
  }
}
