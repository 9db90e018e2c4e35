import { expect, test } from "vitest";
import { decimal } from "../../src/core/decimal.ts";
import type { Outcome } from "../../src/gateway/contract.ts";
import type { LargestNow } from "../../src/mandate/verdict.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { type House, openHouse, swapActions } from "../support/house.ts";

const FUNDS = { ETH: "1", WETH: "0.4", USDC: "1000" };

/** A world whose prices stand still at $3,000, and a gateway in it. */
async function openStill(limits: Readonly<Record<string, unknown>>) {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: FUNDS }, volatility: { WETH: 0, GOV: 0 } });
  try {
    const house = await openHouse({ world, limits });
    const close = house[Symbol.asyncDispose];
    return Object.assign(house, {
      async [Symbol.asyncDispose]() {
        await close();
        await world.stop();
      },
    });
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** A swap of an exact amount, with a floor `bps` below the pinned price, in a cycle of its own. */
async function swap(house: House, sell: "USDC" | "WETH", amount: string, bps = 20): Promise<Outcome> {
  const now = await house.world.clock.now();
  const price = sell === "USDC" ? decimal(1).div(3000) : decimal(3000);
  const buy = sell === "USDC" ? "WETH" : "USDC";
  const floor = decimal(amount)
    .times(price)
    .times(10_000 - bps)
    .div(10_000)
    .toDecimalPlaces(sell === "USDC" ? 18 : 6, 0);
  const [outcome] = await house.act(swapActions({ sell, buy, amount, floor: floor.toFixed(), now }));
  if (!outcome) throw new TypeError("nothing was answered");
  return outcome;
}

function largestIn(outcome: Outcome): LargestNow {
  if (outcome.kind !== "refused" || !outcome.verdict.largest) throw new TypeError(`no largest amount: ${outcome.kind}`);
  return outcome.verdict.largest;
}

/** Asks for too much, then for exactly what it is told, and a step more before that. */
async function takesTheAnswer(house: House, sell: "USDC" | "WETH", amount: string, step: string): Promise<LargestNow> {
  const largest = largestIn(await swap(house, sell, amount));
  const [most] = largest.amounts;
  if (!most) throw new TypeError(`no amount is named: ${largest.message}`);
  expect((await swap(house, sell, most.amount.plus(step).toFixed())).kind).toBe("refused");
  const exactly = await swap(house, sell, most.amount.toFixed());
  expect(exactly).toMatchObject({ kind: "confirmed" });
  return largest;
}

test("whoever asks too much and then for exactly the answer is allowed that, and a cent more is denied", async () => {
  await using house = await openStill({
    max_single_trade_usd: 200,
    max_daily_spend_usd: 250,
    max_slippage_bps: 30,
    max_position_size_usd: 5000,
  });
  const slipping = largestIn(await swap(house, "USDC", "500", 80));
  expect(slipping).toMatchObject({ kind: "none", because: ["SLIPPAGE"] });
  expect(slipping.message).toBe("no smaller amount passes now: slippage is a ratio, which the amount does not change");
  const first = await takesTheAnswer(house, "USDC", "500", "0.01");
  expect(first).toMatchObject({ kind: "passes", amounts: [{ asset: "base/USDC", amount: decimal(200) }] });
  // Nothing was spent before: the whole budget is there, and a single trade is what binds.
  expect(first.message).toBe("largest amount now: 200 USDC");
  const second = await takesTheAnswer(house, "USDC", "500", "0.01");
  expect(second.message).toMatch(/^largest amount now: 50 USDC; full budget at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  const spent = await swap(house, "USDC", "10");
  expect(largestIn(spent)).toMatchObject({ kind: "none", amounts: [], because: ["DAILY_SPEND"] });
  expect(largestIn(spent).message).toMatch(/^no smaller amount passes now: DAILY_SPEND; again at .* UTC; full budget at .* UTC$/);
  // A sale to cash spends nothing: there a single trade is what binds, in the token that is sold.
  const sold = await takesTheAnswer(house, "WETH", "0.3", "0.0000001");
  expect(sold.amounts[0]?.amount.toFixed()).toBe("0.0666666666666");
});

test("the answer holds for a position, whose size only the pool decides, and is given to the same request again", async () => {
  await using house = await openStill({ max_position_size_usd: 4500, max_slippage_bps: 100 });
  const largest = await takesTheAnswer(house, "USDC", "800", "3");
  const amount = largest.amounts[0]?.amount ?? decimal(0);
  expect(amount.gt(296) && amount.lt(304)).toBe(true);
  const { gateway, wallet } = house.opened;
  const { lease, cycle } = await gateway.open(wallet);
  const now = await house.world.clock.now();
  const actions = swapActions({ sell: "USDC", buy: "WETH", amount: "400", floor: "0.133", now });
  const asked = { wallet, lease, cycle, step: 1, actions };
  const refused = await gateway.request(asked);
  expect(largestIn(refused).kind).toBe("passes");
  expect(await gateway.request(asked)).toEqual(refused);
});

test("of more than is held what is held is said, and that only the chain can tell", async () => {
  await using house = await openStill({ max_single_trade_usd: 2000, max_slippage_bps: 100 });
  const largest = largestIn(await swap(house, "USDC", "1500"));
  expect(largest.message).toBe("at most 1000 USDC now; whether so much passes only asking for it tells");
  expect(largest).toMatchObject({ kind: "unsure", amounts: [{ asset: "base/USDC", amount: decimal(1000) }] });
  expect(await swap(house, "USDC", "1000")).toMatchObject({ kind: "confirmed" });
});
