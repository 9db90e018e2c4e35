import { rpcClient } from "../../protocols/json-rpc.ts";
import type { StartFork } from "../rails/evm/node-simulator.ts";
import { AnvilMissingError, anvilBinary } from "./anvil-binary.ts";
import { startAnvilProcess } from "./anvil-process.ts";

/**
 * How a fork of a chain is started on this machine, where anvil is installed. It has the chain's own id, for what it
 * runs must be what the chain would; it has no keys, and nothing is ever sent to it.
 */
export function localForks(): StartFork | undefined {
  try {
    anvilBinary();
  } catch (error) {
    if (error instanceof AnvilMissingError) return undefined;
    throw error;
  }
  return async (url, block, chainId) => {
    const fork = ["--fork-url", url, "--fork-block-number", String(block), "--chain-id", String(chainId)];
    const { url: local, stop } = await startAnvilProcess([...fork, "--accounts", "0", "--no-storage-caching"]);
    return { rpc: rpcClient(local), stop };
  };
}
