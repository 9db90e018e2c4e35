import { type Instant, MINUTE } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import { type Budgets, budgetsAt } from "../../journal/fold-budgets.ts";
import { emptyWallet } from "../../journal/fold-wallet.ts";
import type { AssetId, DecodedCall, Delta, Effects, Holding, Prices } from "../../protocols/effects.ts";
import type { Limits, Terms } from "../terms.ts";
import { parseSample } from "./sample-mandate.ts";

export const NOW: Instant = Date.UTC(2026, 0, 5, 12);

/** Every limit off: cases that are about one limit turn that one on. */
const OPEN: Partial<Limits> = {
  max_single_trade_usd: "unlimited",
  max_hourly_spend_usd: "unlimited",
  max_daily_spend_usd: "unlimited",
  max_weekly_spend_usd: "unlimited",
  max_total_spend_usd: "unlimited",
  max_daily_loss_usd: "unlimited",
  max_position_size_usd: "unlimited",
  max_slippage_bps: "unlimited",
  max_exit_cost_bps: decimal(0),
  stop_loss_pct: "unlimited",
  max_trades_per_hour: "unlimited",
  cooldown_seconds: decimal(0),
  max_consecutive_failures: "unlimited",
  max_actions_per_plan: "unlimited",
  max_gas_usd_per_day: "unlimited",
  exit_gas_usd_per_day: "unlimited",
  require_human_approval_above_usd: "unlimited",
};

/** The sample's terms with all limits off but these. Nothing counts as an exit, for exits may cost nothing. */
export function termsWith(limits: Partial<Limits> = {}): Terms {
  const { terms } = parseSample();
  return { ...terms, limits: { ...terms.limits, ...OPEN, ...limits } };
}

export function budgetsWith(change: Partial<Budgets> = {}): Budgets {
  return { ...budgetsAt(emptyWallet, NOW, 1), ...change };
}

export const PRICES: Prices = {
  "base/WETH": { usd: decimal(2500), error_bps: decimal(50), at: NOW - MINUTE },
  "base/ETH": { usd: decimal(2500), error_bps: decimal(50), at: NOW - MINUTE },
  "base/USDC": { usd: decimal(1), error_bps: decimal(50), at: NOW - MINUTE },
};

export function delta(asset: AssetId, least: string | number, most: string | number | "unbounded" = least): Delta {
  return { account: "wallet", asset, least: decimal(least), most: most === "unbounded" ? most : decimal(most) };
}

export function held(asset: AssetId, amount: string | number): Holding {
  return { account: "wallet", asset, amount: decimal(amount) };
}

export function swapCall(change: Partial<DecodedCall> = {}): DecodedCall {
  return {
    chain: "base",
    from: "wallet",
    to: "0x4444444444444444444444444444444444444444",
    contract: "router",
    kind: "uniswap-v3-router02",
    function: "exactInputSingle",
    args: {},
    value: decimal(0),
    inner: [],
    ...change,
  };
}

/** A wallet of 2 WETH and 6,000 USDC, and nothing that happens to it. */
export function effectsWith(change: Partial<Effects> = {}): Effects {
  return {
    deltas: [],
    allowances: [],
    payments: [],
    unfloored: [],
    pools: [],
    calls: [swapCall()],
    gas: [],
    deadline: NOW + 4 * MINUTE,
    unknown: [],
    before: [held("base/ETH", 0), held("base/WETH", 2), held("base/USDC", 6000), held("base/GOV", 100)],
    block: { chain: "base", number: "1", at: NOW },
    evidence: "0".repeat(64),
    ...change,
  };
}

/** Pays exactly `usd` in USDC for WETH at the pinned price, with a floor `bps` below it. */
export function buying(usd: string | number, bps = 0): Effects {
  const weth = decimal(usd).div(2500);
  return effectsWith({
    deltas: [
      delta("base/USDC", decimal(usd).negated().toFixed()),
      delta(
        "base/WETH",
        weth
          .times(10_000 - bps)
          .div(10_000)
          .toFixed(),
        weth.toFixed(),
      ),
    ],
  });
}

/** Sells WETH worth exactly `usd` at the pinned price, with a floor `bps` below it. */
export function selling(usd: string | number, bps = 0): Effects {
  return effectsWith({
    deltas: [
      delta("base/WETH", decimal(usd).div(2500).negated().toFixed()),
      delta(
        "base/USDC",
        decimal(usd)
          .times(10_000 - bps)
          .div(10_000)
          .toFixed(),
        String(usd),
      ),
    ],
  });
}
