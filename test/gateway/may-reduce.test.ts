import fc from "fast-check";
import { encodeFunctionData } from "viem";
import { expect, test } from "vitest";
import { decimal } from "../../src/core/decimal.ts";
import { lower } from "../../src/core/hex.ts";
import { type KnownOfWallet, mayReduce } from "../../src/gateway/may-reduce.ts";
import { leastReduction } from "../../src/mandate/least-reduction.ts";
import type { Prices } from "../../src/protocols/effects.ts";
import { encodeApprove, encodeTransfer } from "../../src/protocols/erc20.ts";
import { positionsAbi } from "../../src/protocols/uniswap-v3/abi.ts";
import { unwrapCall, wrapCall } from "../../src/protocols/weth9.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { WORLD_ADDRESSES } from "../../src/worlds/anvil/world-addresses.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import { evmAction, mandateOf, swapActions } from "../support/house.ts";
import { SHIPPED_LIMITS } from "../support/shipped-limits.ts";
import { STRANGER } from "../support/standing.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const NOW = Date.UTC(2026, 0, 5);
const { terms } = mandateOf({ ...SHIPPED_LIMITS, allowed_tokens: ["WETH", "USDC", "GOV", "ETH", "vUSDC"] }, FULL_BOOK);

function at(usd: string): Prices[`base/${string}`] {
  return { usd: decimal(usd), error_bps: decimal(50), at: NOW };
}

const prices: Prices = { "base/WETH": at("3000"), "base/ETH": at("3000"), "base/USDC": at("1"), "base/GOV": at("2") };

/** A wallet of 2 WETH, 300 USDC and some gas. */
function known(change: Partial<KnownOfWallet> = {}): KnownOfWallet {
  const holdings = { "wallet base/WETH": decimal(2), "wallet base/USDC": decimal(300), "wallet base/ETH": decimal("0.1") };
  return { terms, holdings, known: {}, prices, ...change };
}

const swap = (sell: "WETH" | "USDC" | "GOV", buy: "WETH" | "USDC" | "GOV", amount: string, floor = "0.0001") =>
  swapActions({ sell, buy, amount, floor, now: NOW, fee: sell === "GOV" || buy === "GOV" ? 3000 : 500 });

test("a sale to cash may be an exit where it is at least half of what counts as one, or all that is held", () => {
  // A twentieth of 6,600 USD, gas counted as exposure, would count: 330 USD. Prices may have halved since.
  expect(mayReduce(swap("WETH", "USDC", "0.11"), known())).toBe(true);
  expect(mayReduce(swap("WETH", "USDC", "0.041"), known())).toBe(false);
  expect(mayReduce(swap("GOV", "USDC", "0.5"), known({ holdings: { "wallet base/GOV": decimal("0.5") } }))).toBe(true);
  expect(mayReduce(swap("GOV", "USDC", "0.5"), known({ holdings: { "wallet base/GOV": decimal(500) } }))).toBe(false);
});

test("what has not been priced yet may be worth anything", () => {
  expect(mayReduce(swap("WETH", "USDC", "0.0001"), known({ prices: {} }))).toBe(true);
});

test.each([
  ["a purchase", swap("USDC", "WETH", "100", "0.03")],
  ["a trade of one risk for another", swap("WETH", "GOV", "1", "1000")],
  ["a payment", [evmAction(encodeTransfer(assets.WETH.address, STRANGER, 10n ** 18n))]],
  ["native coin for a stranger", [evmAction({ to: STRANGER, data: "0x", value: 10n ** 17n })]],
  ["an allowance", [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 10n ** 18n))]],
  ["revoking what nobody was allowed", [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))]],
  ["wrapping", [evmAction(wrapCall(assets.WETH.address, 10n ** 16n))]],
  ["a crumb unwrapped", [evmAction(unwrapCall(assets.WETH.address, 1n))]],
  ["an unknown contract", [evmAction({ to: STRANGER, data: "0x12345678", value: 0n })]],
  ["unknown bytes", [evmAction({ to: contracts.router.address, data: "0x12345678", value: 0n })]],
  ["a message", [{ rail: "evm", chain: "base", from: "wallet", typedData: "{}" } as const]],
  ["an exit with a payment beside it", [...swap("WETH", "USDC", "1"), evmAction({ to: STRANGER, data: "0x", value: 1n })]],
])("%s is no exit by its bytes", (_, actions) => {
  expect(mayReduce(actions, known())).toBe(false);
});

test("taking back an allowance that stands, and liquidity on its way out, may be exits", () => {
  const revoke = [evmAction(encodeApprove(assets.WETH.address, contracts.router.address, 0n))];
  const key = `${REHEARSAL_WALLET} base/WETH ${lower(contracts.router.address)}`;
  expect(mayReduce(revoke, known({ known: { [key]: decimal(1) } }))).toBe(true);
  const { positions } = WORLD_ADDRESSES.contracts;
  const least = { tokenId: 1n, liquidity: 1n, amount0Min: 0n, amount1Min: 0n, deadline: 1n };
  const decrease = encodeFunctionData({ abi: positionsAbi, functionName: "decreaseLiquidity", args: [least] });
  expect(mayReduce([evmAction({ to: positions, data: decrease, value: 0n })], known())).toBe(true);
  const more = { tokenId: 1n, amount0Desired: 1n, amount1Desired: 1n, amount0Min: 0n, amount1Min: 0n, deadline: 1n };
  const increase = encodeFunctionData({ abi: positionsAbi, functionName: "increaseLiquidity", args: [more] });
  expect(mayReduce([evmAction({ to: positions, data: increase, value: 0n })], known())).toBe(false);
});

test("whatever counts as a reduction at the price of the moment may be one by its bytes, though the price has halved or doubled since it was seen", () => {
  const share = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), share, fc.integer({ min: 50, max: 200 }), (hundredths, part, moved) => {
      const held = decimal(hundredths).div(100);
      const sold = held.times(part).div(10_000);
      const usd = decimal(3_000);
      const counts = sold.gte(held) || sold.times(usd).gte(leastReduction(terms.limits, held.times(usd)));
      const seen = { ...prices, "base/WETH": at(usd.times(moved).div(100).toFixed()) };
      const wallet = known({ holdings: { "wallet base/WETH": held }, prices: seen });
      if (counts) expect(mayReduce(swap("WETH", "USDC", sold.toFixed()), wallet)).toBe(true);
    }),
  );
});
