import { expect, test } from "vitest";
import { LIMIT_NAMES } from "./limits-schema.ts";
import { suggest } from "./suggest.ts";

test.each([
  ["max_slippage", "max_slippage_bps"],
  ["max_slippage_pct", "max_slippage_bps"],
  ["cooldown", "cooldown_seconds"],
  ["stop_loss", "stop_loss_pct"],
  ["max_gas_usd", "max_gas_usd_per_day"],
  ["Max-Daily-Loss-USD", "max_daily_loss_usd"],
  ["max_dayly_spend_usd", "max_daily_spend_usd"],
  ["alowed_tokens", "allowed_tokens"],
])("%s is taken for %s first", (written, meant) => {
  expect(suggest(written, LIMIT_NAMES)[0]).toBe(meant);
});

test("what is like nothing is taken for nothing", () => {
  expect(suggest("leverage", LIMIT_NAMES)).toEqual([]);
});
