import { expect } from "vitest";
import type { Action } from "../../src/protocols/effects.ts";
import type { House } from "./house.ts";
import { codesOf, standingOf } from "./standing.ts";

/** Limits under which an honest swap of 0.1 WETH is allowed. */
export const HOSTILE_LIMITS = {
  allowed_tokens: ["WETH", "USDC"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 2000,
  max_daily_loss_usd: 60,
  max_position_size_usd: 6000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  max_gas_usd_per_day: 50,
};

/** Requests the actions in a cycle of their own, and holds that nothing at all came of it. */
export async function refusal(at: House, actions: readonly Action[]): Promise<readonly string[]> {
  const before = await standingOf(at);
  const [outcome] = await at.act(actions);
  expect(outcome?.kind).toBe("refused");
  const after = await standingOf(at);
  expect(after).toEqual(before);
  expect(after).toMatchObject({ journalHolds: true, signed: 0 });
  return codesOf(outcome);
}
