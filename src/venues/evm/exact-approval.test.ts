import { decodeFunctionData } from "viem/utils";
import { expect, test } from "vitest";
import { fromUnits } from "../../core/decimal.ts";
import { erc20Abi } from "../../protocols/erc20.ts";
import { exactApproval } from "./exact-approval.ts";

const token = `0x${"70".repeat(20)}` as const;
const spender = `0x${"5e".repeat(20)}` as const;
const taking = { account: "wallet", asset: "base/USDC", token, decimals: 6, spender } as const;

test.each([
  [0n, 0n, []],
  [0n, 5n, [5n]],
  [5n, 5n, []],
  [7n, 5n, [0n, 5n]],
  [7n, 0n, [0n]],
])("where %s stands and %s is wanted, what is approved is %s", (stands, wanted, approved) => {
  const { account, asset } = taking;
  const allowances = [{ account, asset, spender, amount: fromUnits(stands, 6) }];
  const calls = exactApproval({ allowances }, taking, wanted);
  expect(calls.map(({ data }) => decodeFunctionData({ abi: erc20Abi, data }).args?.[1])).toEqual(approved);
});
