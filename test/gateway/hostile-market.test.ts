import { toHex } from "viem";
import { expect, test } from "vitest";
import { HOUR, MINUTE, SECOND } from "../../src/core/clock.ts";
import type { Hex } from "../../src/core/hex.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { WORLD_ADDRESSES } from "../../src/worlds/anvil/world-addresses.ts";
import { openHouse, START_FUNDS, swapActions } from "../support/house.ts";
import { HOSTILE_LIMITS as LIMITS, refusal } from "../support/refusal.ts";

const { assets, contracts, pools } = EVM_BOOK.chains.base;
const { router } = contracts;

test.each([
  ["is zero", "0", 0, "PRICE_UNKNOWN"],
  ["is negative", "-3000", 0, "PRICE_UNKNOWN"],
  ["is of the future", "3000", 10 * MINUTE, "PRICE_UNKNOWN"],
  ["is older than an hour", "3000", -HOUR - SECOND, "PRICE_STALE"],
] as const)("nothing is signed while the feed %s", async (_, price, off, code) => {
  await using own = await openHouse({ limits: LIMITS });
  await own.world.freezeFeeds(true);
  await own.world.setFeed("WETH", price, (await own.world.clock.now()) + off);
  const now = await own.world.clock.now();
  expect(await refusal(own, swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now }))).toContain(code);
  expect(await refusal(own, swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.00995", now }))).toContain(code);
});

test("nothing is signed while the feed has no code, or other code", async () => {
  await using own = await openHouse({ limits: LIMITS });
  await own.world.rpc("anvil_setCode", [WORLD_ADDRESSES.feeds.WETH, "0x"]);
  const now = await own.world.clock.now();
  const codes = await refusal(own, swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now }));
  expect(codes).toEqual(expect.arrayContaining(["CODE_CHANGED", "PRICE_UNKNOWN"]));
});

test("a feed that stands still grows old by itself", async () => {
  await using own = await openHouse({ limits: LIMITS });
  await own.world.freezeFeeds(true);
  await own.world.advance((await own.world.clock.now()) + 2 * HOUR);
  const now = await own.world.clock.now();
  expect(await refusal(own, swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now }))).toContain(
    "PRICE_STALE",
  );
});

test("a limit in units does not stand in for a feed that is named and stale", async () => {
  const limits = {
    ...LIMITS,
    allowed_tokens: ["WETH", "USDC", "GOV"],
    max_single_trade: { GOV: 10 },
    max_daily_spend: { GOV: 10 },
    max_position_size: { GOV: 100 },
  };
  await using own = await openHouse({ limits, funds: { ETH: "1", GOV: "20" } });
  await own.world.setFeed("GOV", "12.5", (await own.world.clock.now()) - 2 * HOUR);
  const now = await own.world.clock.now();
  const codes = await refusal(own, swapActions({ sell: "GOV", buy: "USDC", amount: "5", floor: "0.000001", now, fee: 3_000 }));
  expect(codes).toContain("PRICE_STALE");
});

test("nothing is signed while the peg is broken", async () => {
  await using own = await openHouse({ limits: LIMITS });
  await own.world.breakPeg("USDC", "0.98");
  const now = await own.world.clock.now();
  expect(await refusal(own, swapActions({ sell: "USDC", buy: "WETH", amount: "30", floor: "0.0096", now }))).toContain(
    "PEG_BROKEN",
  );
});

test.each(["assets/USDC", "contracts/router", "pools/WETH-USDC"] as const)(
  "other code at %s than was pinned stops everything",
  async (label) => {
    await using own = await openHouse({ limits: LIMITS });
    const at = { "assets/USDC": assets.USDC, "contracts/router": router, "pools/WETH-USDC": pools["WETH-USDC"] }[label].address;
    const code = (await own.world.rpc("eth_getCode", [at, "latest"])) as Hex;
    await own.world.rpc("anvil_setCode", [at, `${code}00`]);
    const now = await own.world.clock.now();
    expect(await refusal(own, swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now }))).toContain(
      "CODE_CHANGED",
    );
  },
);

test("another implementation behind a pinned proxy is other code", async () => {
  await using own = await openHouse({ limits: LIMITS });
  const slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
  await own.world.rpc("anvil_setStorageAt", [assets.USDC.address, slot, toHex(7n, { size: 32 })]);
  const now = await own.world.clock.now();
  expect(await refusal(own, swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "299", now }))).toContain(
    "CODE_CHANGED",
  );
});

/** Says what it has in its first slot, whatever it is asked. */
const BEACON = { address: `0x${"be".repeat(20)}`, code: "0x5f545f5260205ff3" } as const;
const word = (value: bigint | Hex) => toHex(BigInt(value), { size: 32 });

test.each([
  ["EIP-1822", "0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7", "itself"],
  ["OpenZeppelin's old slot, as USDC's", "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3", "itself"],
  ["a beacon", "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50", "itself"],
  ["what a beacon names", "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50", "beacon"],
] as const)("code that a proxy has by %s is pinned with it", async (_, slot, changes) => {
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: START_FUNDS } });
  try {
    const { address } = assets.USDC;
    const code = (await world.rpc("eth_getCode", [address, "latest"])) as Hex;
    // Code that names the slot: as far as these bytes go it does not read it.
    await world.rpc("anvil_setCode", [address, `${code}7f${slot.slice(2)}`]);
    await world.rpc("anvil_setCode", [BEACON.address, BEACON.code]);
    await world.rpc("anvil_setStorageAt", [address, slot, word(BEACON.address)]);
    await using own = await openHouse({ world, limits: LIMITS });
    const sell = async () =>
      swapActions({ sell: "WETH", buy: "USDC", amount: "0.1", floor: "298", now: await world.clock.now() });
    expect((await own.act(await sell()))[0]?.kind).toBe("confirmed");
    if (changes === "beacon") await world.rpc("anvil_setStorageAt", [BEACON.address, word(0n), word(7n)]);
    else await world.rpc("anvil_setStorageAt", [address, slot, word(7n)]);
    expect(await refusal(own, await sell())).toContain("CODE_CHANGED");
  } finally {
    await world.stop();
  }
});
