import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InvariantError } from "../../core/errors.ts";

/** A mandate to start from. */
export interface Template {
  readonly summary: string;
  /** Whether its money is at an exchange. */
  readonly exchange: boolean;
  /** The whole file. */
  text(): string;
}

const MANDATES = join(import.meta.dirname, "..", "..", "..", "mandates");
const BALANCED = join(MANDATES, "weth-usdc-balanced", "MANDATE.md");
const PORTFOLIO = join(MANDATES, "balanced-growth", "MANDATE.md");

const CAUTIOUS = `---
id: weth-usdc-cautious
title: Mostly USDC, a little WETH
venue: evm
network: rehearsal            # the one line that changes: rehearsal | base-fork
numeraire: USDC
every: 5m
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5, max_tokens: 1500 }

wake: { drift_points: 5, price_pct: 3, at_least_every: 12h }
plan: { threshold_points: 4, min_trade_usd: 10, slippage_bps: 30 }

limits:
  allowed_tokens: [WETH, USDC]
  max_single_trade_usd: 100
  max_daily_spend_usd: 300
  max_daily_loss_usd: 10
  max_position_size_usd: 1000
  max_slippage_bps: 30
  max_exit_cost_bps: 60
  max_trades_per_hour: 2
  cooldown_seconds: 900
  max_consecutive_failures: 2
  max_actions_per_plan: 4
  stop_loss_pct: 4
  max_gas_usd_per_day: 2
  exit_gas_usd_per_day: 2
  max_llm_usd_per_day: 0.50

`;

const CAUTIOUS_PROSE = `Keep four fifths in USDC and one fifth in WETH, by value.

Between 15 % and 25 % in WETH, hold. Beyond that, return to 20 %.

If WETH has fallen more than 3 % within an hour, wait a day before you buy. In doubt, hold.
`;

/** The templates of `mandate init`, the default first. */
export const TEMPLATES = {
  balanced: { summary: "half WETH, half USDC, back to half when it drifts ten points", exchange: false, text: balanced },
  cautious: {
    summary: "a fifth in WETH, small trades, tight limits",
    exchange: false,
    text: () => `${CAUTIOUS}${networks()}---\n${CAUTIOUS_PROSE}`,
  },
  portfolio: {
    summary: "perpetuals and spot at Hyperliquid, with cash beside them",
    exchange: true,
    text: () => readFileSync(PORTFOLIO, "utf8"),
  },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

function balanced(): string {
  return readFileSync(BALANCED, "utf8");
}

/** The books of the balanced mandate: those of the worlds. */
function networks(): string {
  const found = /^networks:\n(?: .*\n)+/m.exec(balanced())?.[0];
  if (found === undefined) throw new InvariantError("the balanced mandate has no networks");
  return found;
}
