import { type Abi, encodeDeployData, encodeFunctionData, parseAbi } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import type { Address } from "../../src/core/hex.ts";
import type { ChainBook, FeedChecks } from "../../src/mandate/book.ts";
import type { NoPrice, Price } from "../../src/protocols/effects.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { readPrices } from "../../src/protocols/prices.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import { type EvmWorld, startEvmWorld, type WorldSnapshot } from "../../src/worlds/anvil/evm-world.ts";
import { mandateOf } from "../support/house.ts";
import { malloryDeploys, malloryDoes } from "../support/mallory.ts";
import { FULL_BOOK } from "./support/full-book.ts";

let world: EvmWorld;
let book: ChainBook;
let uptime: Address;
let start: WorldSnapshot;

beforeAll(async () => {
  world = await startEvmWorld({ seed: 3 });
  const full = mandateOf({}, FULL_BOOK).terms.book.chains.base;
  if (!full) throw new TypeError("the book has no chain");
  book = full;
  const { abi, bytecode } = await ownArtifact("PriceFeed");
  uptime = await malloryDeploys(world, encodeDeployData({ abi: abi as Abi, bytecode, args: [0, "L2 Sequencer Uptime"] }));
  await world.advance((await world.clock.now()) + HOUR);
  start = await world.snapshot();
});
beforeEach(async () => {
  await world.revert(start);
});
afterEach(async () => {
  await world.freezeFeeds(false);
});
afterAll(() => world.stop());

async function priceOf(symbol: string, checks: FeedChecks): Promise<Price | NoPrice | undefined> {
  const feed = book.feeds[symbol];
  if (!feed) throw new TypeError(`${symbol} has no feed`);
  const feeds = { ...book.feeds, [symbol]: { ...feed, ...checks } };
  const prices = await readPrices(rpcClient(world.url), "base", { ...book, feeds }, "latest", await world.clock.now());
  return prices[`base/${symbol}`];
}

test("an answer beyond its bounds is no price", async () => {
  expect(await priceOf("WETH", { min: decimal(100), max: decimal(100_000) })).toHaveProperty("usd");
  expect(await priceOf("WETH", { min: decimal(100_000) })).toMatchObject({ missing: "PRICE_UNKNOWN" });
  expect(await priceOf("WETH", { max: decimal(100) })).toMatchObject({ missing: "PRICE_UNKNOWN" });
});

test("an answer that is dated after the block it is read at is no price, however little", async () => {
  await world.freezeFeeds(true);
  const at = await world.clock.now();
  await world.setFeed("WETH", "3000", at + SECOND);
  expect(await priceOf("WETH", {})).toHaveProperty("usd");
  await world.setFeed("WETH", "3000", at + 3 * SECOND);
  expect(await priceOf("WETH", {})).toMatchObject({ missing: "PRICE_UNKNOWN" });
  await world.mine();
  expect(await priceOf("WETH", {})).toHaveProperty("usd");
});

test("an answer exactly at a bound is within it", async () => {
  await world.freezeFeeds(true);
  await world.setFeed("WETH", "3000");
  expect(await priceOf("WETH", { min: decimal(3000), max: decimal(3000) })).toHaveProperty("usd");
});

const twap = { pool: "WETH-USDC", window: 30 * MINUTE, band_bps: decimal(100) };

test("a pool's mean price confirms the feed while the market is calm", async () => {
  expect(await priceOf("WETH", { twap })).toHaveProperty("usd");
  expect(await priceOf("USDC", { twap })).toHaveProperty("usd");
});

test("a feed that its pool's mean does not confirm is no price, and neither is what the pool says", async () => {
  await world.freezeFeeds(true);
  await world.setFeed("WETH", "3300");
  const price = await priceOf("WETH", { twap });
  expect(price).toMatchObject({ missing: "PRICE_DISAGREES" });
  expect(price && "reason" in price ? price.reason : "").toContain("bps apart; 200 is the most");
});

test("where the two do not agree a way home goes by the higher of them, and where nothing confirms it by the feed", async () => {
  await world.freezeFeeds(true);
  await world.setFeed("WETH", "3300");
  expect(await priceOf("WETH", { twap })).toMatchObject({ last_usd: decimal(3300) });
  await world.setFeed("WETH", "2700");
  const low = await priceOf("WETH", { twap });
  expect(Number(low && "last_usd" in low ? low.last_usd : 0)).toBeGreaterThan(2900);
  const forgotten = { ...twap, window: 3 * 365 * 24 * HOUR };
  expect(await priceOf("WETH", { twap: forgotten })).toMatchObject({ missing: "PRICE_UNKNOWN", last_usd: decimal(2700) });
  // A feed that answers beyond its bounds has failed: nobody goes by it.
  expect(await priceOf("WETH", { min: decimal(100_000) })).not.toHaveProperty("last_usd");
});

test("a pool that was moved just now does not change the mean", async () => {
  await world.freezeFeeds(true);
  await world.setTruePrice("WETH", "3300");
  expect(await priceOf("WETH", { twap })).toHaveProperty("usd");
});

test("a pool that does not remember so far back confirms nothing", async () => {
  expect(await priceOf("WETH", { twap: { ...twap, window: 3 * 365 * 24 * HOUR } })).toMatchObject({ missing: "PRICE_UNKNOWN" });
});

test("the native coin and shares stand and fall with the feed that prices them", async () => {
  await world.freezeFeeds(true);
  await world.setFeed("WETH", "3300");
  const weth = book.feeds.WETH;
  const usdc = book.feeds.USDC;
  if (!weth || !usdc) throw new TypeError("no feed");
  const feeds = { ...book.feeds, WETH: { ...weth, twap }, USDC: { ...usdc, min: decimal(2) } };
  const prices = await readPrices(rpcClient(world.url), "base", { ...book, feeds }, "latest", await world.clock.now());
  expect(prices["base/ETH"]).toMatchObject({ missing: "PRICE_UNKNOWN" });
  expect(prices["base/vUSDC"]).toMatchObject({ missing: "PRICE_UNKNOWN" });
});

test("while the sequencer is down, and for a while after, there is no price", async () => {
  const now = await world.clock.now();
  const sequencer = { address: uptime, grace: HOUR };
  const says = async (answer: bigint, since: number) => {
    const args = [answer, BigInt(Math.floor(since / SECOND))] as const;
    const data = encodeFunctionData({ abi: parseAbi(["function set(int256 answer, uint256 updatedAt)"]), args });
    await malloryDoes(world, { to: uptime, data });
    return priceOf("WETH", { sequencer });
  };
  expect(await says(0n, now - 2 * HOUR)).toHaveProperty("usd");
  expect(await says(1n, now - 2 * HOUR)).toMatchObject({ missing: "PRICE_UNKNOWN", last_usd: expect.anything() });
  expect(await says(0n, now - 30 * MINUTE)).toMatchObject({ missing: "PRICE_UNKNOWN" });
  expect(await says(0n, now - HOUR - MINUTE)).toHaveProperty("usd");
  expect(await says(2n, now - 2 * HOUR)).toMatchObject({ missing: "PRICE_UNKNOWN" });
});
