import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import type { ScenarioStep } from "../../src/worlds/market.ts";
import { DEFAULT_FUNDS } from "../../src/worlds/rehearsal/default-funds.ts";
import { rehearse } from "../../src/worlds/rehearsal/rehearse.ts";
import { livingChildren } from "./support/children.ts";
import { scratch } from "./support/scratch.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

/** Rehearses a shipped mandate in a market that only the scenario moves: what was decided, and what is held then. */
async function rehearsed(name: string, cycles: number, scenario: readonly ScenarioStep[] = []) {
  using place = scratch();
  const fund = { [REHEARSAL_WALLET]: DEFAULT_FUNDS };
  const world = await startEvmWorld({ seed: 1, fund, volatility: { WETH: 0, GOV: 0 }, scenario });
  try {
    const file = join(import.meta.dirname, "..", "..", "mandates", name, "MANDATE.md");
    const decided: string[] = [];
    const report = await rehearse({
      file,
      home: join(place.folder, "home"),
      seed: 1,
      cycles,
      version: "0.1.0",
      world,
      on: (event) => {
        if (event.kind === "done" && event.outcome.kind === "confirmed") decided.push(event.intent.kind);
      },
    });
    const mandate = readMandate(file, { worldWallet: REHEARSAL_WALLET });
    const seen = await evmVenue({ mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock }).observe();
    return { report, decided, seen };
  } finally {
    await world.stop();
  }
}

test("the liquidity mandate opens a position, and moves it when the price has left the range", async () => {
  const scenario = [{ at: 150_000, asset: "WETH", change: "+0.08" }];
  const { report, decided, seen } = await rehearsed("weth-usdc-lp", 8, scenario);
  expect(report).toMatchObject({ refusals: [], journal_verified: true });
  expect(decided).toEqual(["lp_open", "lp_close", "lp_open"]);
  expect(seen.positions).toMatchObject([{ pool: "WETH-USDC", in_range: true }]);
  expect(seen.positions[0]?.lower.gt(2_950)).toBe(true);
  expect(seen.allowances).toEqual([]);
});

test("the vault mandate puts idle cash into the vault beside its position", async () => {
  const { report, decided, seen } = await rehearsed("vault-lp", 4);
  expect(report).toMatchObject({ refusals: [], journal_verified: true });
  expect(decided).toEqual(["lp_open", "vault_deposit"]);
  expect(seen.holdings.find(({ asset }) => asset === "base/vUSDC")?.amount.gt(80)).toBe(true);
  expect(seen.value_usd?.minus(report.value_before_usd).abs().lt(3)).toBe(true);
});
