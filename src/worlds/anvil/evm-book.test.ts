import { expect, test } from "vitest";
import { EVM_ADDRESSES } from "./evm-addresses.ts";
import { EVM_BOOK } from "./evm-book.ts";
import { TOKENS } from "./world-spec.ts";

test("the book holds every token, its feed, and every pool but the one that is there to be refused", () => {
  const { assets, pools, feeds } = EVM_BOOK.chains.base;
  expect(Object.keys(assets).sort()).toEqual(Object.keys(EVM_ADDRESSES.tokens).sort());
  expect(Object.keys(feeds).sort()).toEqual(Object.keys(EVM_ADDRESSES.feeds).sort());
  expect(Object.keys(EVM_ADDRESSES.pools).filter((name) => !(name in pools))).toEqual(["GOV-WETH"]);
});

test("feeds answer often enough for the ages that the book allows", () => {
  const { feeds } = EVM_BOOK.chains.base;
  expect(feeds.WETH.max_age).toBe("1h");
  expect(TOKENS.WETH.feed.heartbeat + 60).toBeLessThan(3600);
  expect(TOKENS.GOV.feed.heartbeat + 60).toBeLessThan(3600);
  expect(feeds.USDC.max_age).toBe("25h");
  expect(TOKENS.USDC.feed.heartbeat + 60).toBeLessThan(25 * 3600);
});
