import { expect, test } from "vitest";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { codesOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { governedHouse, sale } from "./support/governed-house.ts";

const { base } = EVM_BOOK.chains;
/** WETH is held against the mean of its pool too. */
const BOOK = {
  ...EVM_BOOK,
  chains: {
    base: {
      ...base,
      feeds: { ...base.feeds, WETH: { ...base.feeds.WETH, twap: { pool: "WETH-USDC", window: "1m", band_bps: 1 } } },
    },
  },
};
const LIMITS = {
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 150,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

test.each([
  ["is above what its pool says", "WETH", "3035", "PRICE_DISAGREES"],
  ["is below what its pool says", "WETH", "2960", "PRICE_DISAGREES"],
  ["cannot be checked, for its partner stands off its peg", "USDC", "0.994", "PRICE_UNKNOWN"],
] as const)("while a price %s nobody trades by it, and the operator still gets home", async (_, symbol, says, code) => {
  await using governed = await governedHouse({ limits: LIMITS, book: BOOK, funds: { ETH: "1", WETH: "0.1", USDC: "100" } });
  const { house } = governed;
  await house.world.freezeFeeds(true);
  await house.world.setFeed(symbol, says);
  const [outcome] = await house.act(await sale(house, "0.1", "297.2"));
  expect(codesOf(outcome)).toContain(code);
  expect(await walkHome(governed)).toMatchObject({ home: true, left: [] });
});

test("a feed below what its pool says is no reason to sell for less", async () => {
  await using governed = await governedHouse({ limits: LIMITS, book: BOOK, funds: { ETH: "1", WETH: "0.1", USDC: "100" } });
  const { house, operator } = governed;
  await house.world.freezeFeeds(true);
  await house.world.setFeed("WETH", "1500");
  expect(codesOf(await operator.exit(await sale(house, "0.1", "295")))).toContain("EXIT_ONLY");
  expect((await operator.exit(await sale(house, "0.1", "298"))).kind).toBe("confirmed");
});
