import { expect, test } from "vitest";
import type { RpcClient } from "../../protocols/json-rpc.ts";
import { getLogs, MOST_BLOCKS, MOST_LOGS } from "./get-logs.ts";

/** A node that has so many logs, and says what it was asked. */
function nodeWith(logs: number): { readonly rpc: RpcClient; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const request = async <T>(method: string, params: readonly unknown[]) => {
    asked.push([method, ...params]);
    return Array.from({ length: logs }, () => ({})) as T;
  };
  return { rpc: { url: "http://node.invalid", request }, asked };
}

test("a filter spans a thousand blocks, and not one more", async () => {
  const { rpc, asked } = nodeWith(1);
  expect(await getLogs(rpc, [{ fromBlock: 5n, toBlock: 5n + MOST_BLOCKS - 1n }])).toHaveLength(1);
  expect(asked).toEqual([["eth_getLogs", { fromBlock: "0x5", toBlock: "0x3ec" }]]);
  await expect(getLogs(rpc, [{ fromBlock: 5n, toBlock: 5n + MOST_BLOCKS }])).rejects.toMatchObject({ code: "TOO_MANY_BLOCKS" });
  expect(asked).toHaveLength(1);
});

test("an answer has two thousand logs at most: more are no answer", async () => {
  const range = [{ fromBlock: 1n, toBlock: 1n }] as const;
  expect(await getLogs(nodeWith(MOST_LOGS).rpc, [...range])).toHaveLength(MOST_LOGS);
  await expect(getLogs(nodeWith(MOST_LOGS + 1).rpc, [...range])).rejects.toMatchObject({ code: "TOO_MANY_LOGS" });
});
