import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem/utils";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { assetCall, readAsset } from "../../../protocols/erc4626.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";

const abi = parseAbi([
  "function factory() view returns (address)",
  "function getPool(address a, address b, uint24 fee) view returns (address)",
]);

/**
 * Pools of the book that its routers and position managers would not use, and vaults that hold something else, one sentence
 * each: a router finds a pool by factory, tokens and fee, so what is pinned at another address says nothing of where the
 * money goes.
 *
 * @throws {RpcError} the chain cannot be reached.
 */
export async function poolProblems(rpc: RpcClient, book: ChainBook): Promise<readonly string[]> {
  const routers = Object.entries(book.contracts).filter(([, { kind }]) => FINDS_POOLS.includes(kind));
  const found = await Promise.all(routers.map(([label, { address }]) => problemsOf(rpc, book, label, address)));
  const vaults = await Promise.all(
    Object.entries(book.assets).map(async ([label, { address, kind, of = "" }]) => {
      if (kind !== "erc4626") return [];
      const within = await ask(rpc, address, readAsset, assetCall);
      return within !== undefined && within === book.assets[of]?.address
        ? []
        : [`${label} is no vault of ${of}: it holds ${within ?? "nothing that it names"}`];
    }),
  );
  return [...found.flat(), ...vaults.flat()];
}

/** Kinds that find a pool by factory, tokens and fee. */
const FINDS_POOLS = ["uniswap-v3-router02", "uniswap-v3-positions"];

async function problemsOf(rpc: RpcClient, book: ChainBook, router: string, address: Address): Promise<readonly string[]> {
  const factory = await ask(rpc, address, factoryOf, encodeFunctionData({ abi, functionName: "factory" }));
  if (!factory) return [`${router} names no factory`];
  const checked = await Promise.all(
    Object.entries(book.pools).map(async ([label, pool]) => {
      const [one, other] = pool.tokens.map((symbol) => book.assets[symbol]?.address);
      if (one === undefined || other === undefined) return [];
      const data = encodeFunctionData({ abi, functionName: "getPool", args: [one, other, pool.fee] });
      const actual = await ask(rpc, factory, poolAt, data);
      return actual === lower(pool.address)
        ? []
        : [`${label} is not the pool that ${router} trades against (${actual ?? "none"})`];
    }),
  );
  return checked.flat();
}

const factoryOf = (data: Hex) => lower(decodeFunctionResult({ abi, functionName: "factory", data }));
const poolAt = (data: Hex) => lower(decodeFunctionResult({ abi, functionName: "getPool", data }));

async function ask(
  rpc: RpcClient,
  to: Address,
  read: (data: Hex) => Address | undefined,
  data: Hex,
): Promise<Address | undefined> {
  try {
    return read(await rpc.request<Hex>("eth_call", [{ to, data }, "latest"]));
  } catch (error) {
    // What reverts or answers nothing is no router or factory; silence of the chain itself is another matter.
    if (error instanceof RpcError && error.rpcCode === null) throw error;
    return undefined;
  }
}
