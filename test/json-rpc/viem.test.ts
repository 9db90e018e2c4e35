import { createPublicClient, createWalletClient, http, parseAbi, TransactionRejectedRpcError } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { STRANGER } from "../support/standing.ts";
import { type Endpoint, openEndpoint } from "./support/endpoint.ts";

const WETH = EVM_BOOK.chains.base.assets.WETH.address;
const abi = parseAbi(["function deposit() payable", "function balanceOf(address) view returns (uint256)"]);

let endpoint: Endpoint;
beforeAll(async () => {
  endpoint = await openEndpoint();
});
afterAll(() => endpoint[Symbol.asyncDispose]());

test("viem's wallet client with an account of the endpoint sends, waits and reads; its batches are answered", async () => {
  const transport = http(`http://127.0.0.1:${endpoint.port}/rpc/base`, {
    batch: true,
    fetchOptions: { headers: { authorization: `Bearer ${endpoint.token}` } },
  });
  const reader = createPublicClient({ transport, pollingInterval: 20 });
  const [account] = await createWalletClient({ transport }).getAddresses();
  expect(account?.toLowerCase()).toBe(REHEARSAL_WALLET);
  const writer = createWalletClient({ transport, account: REHEARSAL_WALLET });

  const hash = await writer.writeContract({ address: WETH, abi, functionName: "deposit", value: 1_000n, chain: null });
  expect(await reader.waitForTransactionReceipt({ hash })).toMatchObject({ status: "success", transactionHash: hash });
  const reads = [REHEARSAL_WALLET, STRANGER].map((owner) =>
    reader.readContract({ address: WETH, abi, functionName: "balanceOf", args: [owner] }),
  );
  expect(await Promise.all(reads)).toEqual([400_000_000_000_001_000n, 0n]);

  const refused = await writer.sendTransaction({ to: STRANGER, value: 1n, chain: null }).catch((error: unknown) => error);
  const cause = (refused as { walk(find: (error: unknown) => boolean): unknown }).walk(
    (error) => error instanceof TransactionRejectedRpcError,
  );
  expect(cause).toMatchObject({ code: -32003, details: expect.stringContaining("denied by mandate: ") });
});
