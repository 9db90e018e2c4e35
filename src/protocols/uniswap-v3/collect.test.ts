import { encodeFunctionData } from "viem/utils";
import { expect, test } from "vitest";
import { FULL_BOOK } from "../../../test/effects/support/full-book.ts";
import { mandateOf } from "../../../test/support/house.ts";
import { decodeCall } from "../decode-call.ts";
import { positionsAbi as abi } from "./abi.ts";
import { collectData } from "./encode-positions.ts";
import type { OwnPosition } from "./position.ts";

const { assets, contracts } = FULL_BOOK.chains.base;
const { terms } = mandateOf({ allowed_tokens: ["WETH", "USDC", "vUSDC"] }, FULL_BOOK);
const [token0, token1] = [assets.WETH.address, assets.USDC.address].toSorted();
const OWN = terms.accounts.wallet ?? "0x";
const MOST = (1n << 128n) - 1n;

function decoded(data: `0x${string}`) {
  const book = terms.book.chains.base;
  if (!book || !token0 || !token1) return expect.unreachable();
  const position: OwnPosition = {
    ...{ id: 7n, manager: "positions", owner: "wallet", token0, token1, fee: 500, tickLower: -600, tickUpper: 600 },
    ...{ liquidity: 0n, owed0: 5_000n, owed1: 9_000n },
  };
  const context = {
    chain: "base",
    book,
    accounts: terms.accounts,
    from: "wallet",
    liquidity: { prices: {}, positions: [position] },
  };
  return decodeCall(context, { to: contracts.positions.address, data, value: 0n });
}

const moved = (data: `0x${string}`) => {
  const { gives, gets, unknown } = decoded(data);
  expect(unknown).toEqual([]);
  expect(gives.map(({ asset, amount }) => [asset, amount.toFixed()])).toEqual(
    gets.map(({ asset, amount }) => [asset, amount.toFixed()]),
  );
  return gets.map(({ account, asset }) => `${account} ${asset}`);
};

test("a collect of one token pays that one to the own account, and what is owed of the other stays where it is owed", () => {
  const both = moved(collectData(7n, OWN));
  expect(both).toHaveLength(2);
  expect([...moved(collectData(7n, OWN, 0)), ...moved(collectData(7n, OWN, 1))]).toEqual(both);
  const args = ([0, 1] as const).map((side) => decoded(collectData(7n, OWN, side)).call.args?.only);
  expect(args.map((only) => `wallet ${only}`)).toEqual(both);
});

test.each([
  [0n, 0n],
  [MOST, 1n],
  [8_999n, MOST],
])("a collect of at most %s and %s is refused: all of a token or nothing", (amount0Max, amount1Max) => {
  const params = { tokenId: 7n, recipient: OWN, amount0Max, amount1Max };
  const data = encodeFunctionData({ abi, functionName: "collect", args: [params] });
  expect(decoded(data).unknown.map(({ code }) => code)).toEqual(["MALFORMED_CALL"]);
});
