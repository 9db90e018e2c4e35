import { expect, test } from "vitest";
import { rpcClient } from "../../src/protocols/json-rpc.ts";
import { evmVenue } from "../../src/venues/evm/evm-venue.ts";
import { readEvmIntent } from "../../src/venues/evm/intents.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import { startEvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { balancesOf, codesOf, standingOf } from "../support/standing.ts";
import { walkHome } from "../support/walk-home.ts";
import { governedHouse } from "./support/governed-house.ts";

const { assets, contracts } = EVM_BOOK.chains.base;
const LIMITS = {
  allowed_tokens: ["WETH", "USDC", "GOV"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

test("a token that answers nothing and wants an allowance ended before another is bought, sold past what was left allowed, revoked and taken home", async () => {
  await using stack = new AsyncDisposableStack();
  const world = await startEvmWorld({ seed: 1, fund: { [REHEARSAL_WALLET]: { ETH: "1", USDC: "300", GOV: "20" } } });
  stack.defer(() => world.stop());
  await world.rpc("anvil_setCode", [assets.GOV.address, (await ownArtifact("TetherLike")).deployedBytecode]);
  const governed = stack.use(await governedHouse({ limits: LIMITS, world }));
  const { house, operator } = governed;
  const venue = evmVenue({ mandate: house.mandate, rpcs: { base: rpcClient(world.url) }, clock: world.clock });
  const does = async (...wishes: readonly object[]) => {
    const codes: (readonly string[])[] = [];
    for (const wish of wishes) {
      const [outcome] = await house.act(venue.compile(readEvmIntent(wish), await venue.observe()));
      codes.push(outcome?.kind === "confirmed" ? [] : [outcome?.kind ?? "", ...codesOf(outcome)]);
    }
    return codes;
  };
  const buy = { kind: "swap", sell: "base/USDC", buy: "base/GOV", amount: "50" };
  const sell = { kind: "swap", sell: "base/GOV", buy: "base/USDC", amount: "10" };
  const leave = { kind: "approve", asset: "base/GOV", spender: contracts.router.address, amount: "3" };
  expect(await does(buy, sell, leave, sell, leave)).toEqual([[], [], [], [], []]);
  await operator.freeze("home");
  expect(await walkHome(governed)).toMatchObject({ home: true, left: [] });
  expect((await venue.observe()).allowances.filter(({ amount }) => amount.gt(0))).toEqual([]);
  expect((await balancesOf(world, REHEARSAL_WALLET)).GOV).toBe(0n);
  expect(await standingOf(house)).toMatchObject({ journalHolds: true, signed: 0 });
});
