import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { bringHome, type HomeEvent, type HomeReport } from "../../src/agent/bring-home.ts";
import { openWithoutJournal } from "../../src/cli/operator/open-without-journal.ts";
import { HOUR, SECOND } from "../../src/core/clock.ts";
import { type Decimal, decimal } from "../../src/core/decimal.ts";
import type { Operator } from "../../src/gateway/operator/operator.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { type EvmIntent, readEvmIntent } from "../../src/venues/evm/intents.ts";
import type { EvmObservation } from "../../src/venues/evm/observation.ts";
import { REHEARSAL_KEY } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { FULL_BOOK } from "../effects/support/full-book.ts";
import type { House } from "../support/house.ts";
import { codesOf, standingOf } from "../support/standing.ts";
import { type GovernedHouse, governedHouse, purchase } from "./support/governed-house.ts";

const LIMITS = {
  allowed_tokens: ["WETH", "USDC", "vUSDC"],
  max_single_trade_usd: 700,
  max_daily_spend_usd: 2500,
  max_daily_loss_usd: 20,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};
const FUNDS = { ETH: "1", WETH: "0.4", USDC: "1800" };
const OPEN = { kind: "LP_OPEN", pool: "base/WETH-USDC", range_pct: "6", value_usd: "600" };
const DEPOSIT = { kind: "VAULT_DEPOSIT", vault: "base/vUSDC", amount: "500" };

const house = (limits: Readonly<Record<string, unknown>> = {}, funds = FUNDS) =>
  governedHouse({ limits: { ...LIMITS, ...limits }, book: FULL_BOOK, funds });

function venueOf({ world, mandate }: House) {
  return evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
}

/** What an agent does with intents of its own: each from what is seen then, in a cycle of its own. */
async function does(at: House, ...wishes: readonly object[]): Promise<readonly (readonly string[])[]> {
  const { gateway, wallet } = at.opened;
  const venue = venueOf(at);
  const codes: (readonly string[])[] = [];
  for (const wish of wishes) {
    const { lease, cycle } = await gateway.open(wallet);
    const intent: EvmIntent = readEvmIntent(wish);
    const actions = venue.compile(intent, await venue.observe());
    const outcome = await gateway.request({ wallet, lease, cycle, step: 1, actions });
    codes.push(outcome.kind === "confirmed" ? [] : outcome.kind === "refused" ? codesOf(outcome) : [outcome.kind]);
  }
  return codes;
}

function flatten({ house: at, operator }: GovernedHouse, events: HomeEvent[] = [], by: Operator = operator): Promise<HomeReport> {
  return bringHome({
    mandate: at.mandate,
    venue: venueOf(at),
    clock: at.world.clock,
    exit: (actions) => by.exit(actions),
    settle: () => by.settle(),
    on: (event) => events.push(event),
  });
}

const share = (seen: EvmObservation): Decimal => seen.holdings.find(({ role }) => role === "numeraire")?.weight ?? decimal(0);

test("a position and a deposit are opened by intents, count in the value, and are one multicall and one withdrawal away from cash", async () => {
  await using governed = await house();
  const { house: at } = governed;
  const before = await venueOf(at).observe();
  expect(await does(at, OPEN, DEPOSIT)).toEqual([[], []]);
  const held = await venueOf(at).observe();
  expect(held.allowances).toEqual([]);
  expect(held.positions).toMatchObject([{ asset: "base/lp:positions:9", pool: "WETH-USDC", in_range: true }]);
  expect(
    held.value_usd
      ?.minus(before.value_usd ?? 0)
      .abs()
      .lt(2),
  ).toBe(true);
  const [position, shares] = ["base/lp:positions:9", "base/vUSDC"].map((asset) =>
    held.holdings.find((one) => one.asset === asset),
  );
  expect(position?.value_usd?.minus(600).abs().lt(2)).toBe(true);
  expect(shares?.value_usd?.minus(500).abs().lt("0.2")).toBe(true);
  const events: HomeEvent[] = [];
  expect(await flatten(governed, events)).toMatchObject({ home: true, left: [] });
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["unwound", "sold"]));
  const home = await venueOf(at).observe();
  expect(home.positions).toEqual([]);
  expect(share(home).gte("0.99")).toBe(true);
  expect(held.value_usd?.minus(home.value_usd ?? 0).lte(held.value_usd.times("0.01"))).toBe(true);
  expect(await standingOf(at)).toMatchObject({ journalHolds: true, signed: 0 });
});

test("a killed wallet comes home out of a position that is larger than a single trade, lot by lot", async () => {
  await using governed = await house();
  const { house: at, operator } = governed;
  const more = { kind: "lp_increase", position: "base/lp:positions:9", value_usd: "500" };
  expect(await does(at, OPEN, more, DEPOSIT)).toEqual([[], [], []]);
  await operator.kill("enough");
  expect((await does(at, { kind: "lp_close", position: "base/lp:positions:9" }))[0]).toContain("KILLED");
  const events: HomeEvent[] = [];
  expect(await flatten(governed, events)).toMatchObject({ home: true, left: [] });
  expect(events.filter(({ kind, asset }) => kind === "unwound" && asset === "base/lp:positions:9").length).toBeGreaterThan(1);
  expect((await venueOf(at).observe()).positions).toEqual([]);
});

test("frozen, with the day's trades, spend and gas used up, liquidity and shares still come home within the exit cost", async () => {
  await using governed = await house({ max_daily_spend_usd: 700, max_gas_usd_per_day: 4 });
  const { house: at, operator } = governed;
  expect(await does(at, OPEN, DEPOSIT)).toEqual([[], []]);
  const refused = new Set<string>();
  for (let i = 0; i < 30; i += 1) {
    const [outcome] = await at.act(await purchase(at, "20", "0.00664"));
    for (const code of codesOf(outcome)) refused.add(code);
  }
  for (const code of codesOf((await at.act(await purchase(at, "690", "0.2291")))[0])) refused.add(code);
  expect([...refused].sort()).toEqual(["DAILY_SPEND", "GAS_BUDGET"]);
  const held = await venueOf(at).observe();
  await operator.freeze("something is wrong");
  expect(await flatten(governed)).toMatchObject({ home: true, left: [] });
  const home = await venueOf(at).observe();
  expect(share(home).gte("0.99")).toBe(true);
  expect(held.value_usd?.minus(home.value_usd ?? 0).lte(held.value_usd.times("0.01"))).toBe(true);
});

test("a position whose price has left the range comes home too", async () => {
  await using governed = await house({ max_slippage_bps: 100, stop_loss_pct: "unlimited" });
  const { house: at } = governed;
  expect(await does(at, { ...OPEN, range_pct: "1.5" })).toEqual([[]]);
  await at.world.setTruePrice("WETH", "2900");
  await at.world.advance((await at.world.clock.now()) + 60 * SECOND);
  const [position] = (await venueOf(at).observe()).positions;
  expect(position?.in_range).toBe(false);
  expect(await flatten(governed)).toMatchObject({ home: true, left: [] });
});

test("at prices too old for any trade the operator still unwinds, and nobody else does", async () => {
  await using governed = await house();
  const { house: at } = governed;
  expect(await does(at, OPEN, DEPOSIT)).toEqual([[], []]);
  at.world.freezeFeeds(true);
  await at.world.advance((await at.world.clock.now()) + 2 * HOUR);
  await at.world.setTruePrice("WETH", "2995");
  expect((await does(at, { kind: "lp_close", position: "base/lp:positions:9" }))[0]).toContain("PRICE_STALE");
  expect(await flatten(governed)).toMatchObject({ home: true, left: [] });
});

test("without its journal a wallet with a position and shares is taken home on the pinned scope", async () => {
  await using governed = await house();
  const { house: at } = governed;
  expect(await does(at, OPEN, DEPOSIT)).toEqual([[], []]);
  await at.opened.close();
  const opened = await openWithoutJournal({
    lost: at.home,
    home: join(at.home, "anew"),
    terms: at.mandate.terms,
    scopeFromFile: false,
    key: governed.key,
    signer: privateKeyToAccount(REHEARSAL_KEY),
    keyFile: join(at.home, "key.json"),
    clock: at.world.clock,
    endpoints: { base: at.world.url },
  });
  try {
    expect(await flatten(governed, [], opened.operator)).toMatchObject({ home: true, left: [] });
  } finally {
    await opened.close();
  }
});

test("the operator brings home what is too small to be worth its gas to an agent", async () => {
  await using governed = await house({}, { ETH: "1", WETH: "0.012", USDC: "60" });
  const { house: at } = governed;
  expect(await does(at, { ...OPEN, value_usd: "40" }, { ...DEPOSIT, amount: "20" })).toEqual([[], []]);
  expect(await flatten(governed)).toMatchObject({ home: true, left: [] });
  expect((await venueOf(at).observe()).positions).toEqual([]);
});
