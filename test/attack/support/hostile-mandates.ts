import fc from "fast-check";
import { SHIPPED_LIMITS } from "../../support/shipped-limits.ts";
import { ODD_UNITS } from "./odd-token.ts";
import { SIGNING } from "./signing-arena.ts";

/** The limits of one sequence, as a mandate's frontmatter has them. */
export interface HostileLimits {
  readonly require_human_approval_above_usd?: number;
  readonly require_human_approval_for?: readonly string[];
  readonly require_human_approval_for_new_addresses?: "yes";
  readonly min_cash_usd?: number;
  readonly max_price_impact_bps?: number;
  readonly allowed_recipients?: readonly string[];
  readonly allowed_signatures?: readonly string[];
  readonly max_trades_per_hour?: number;
  readonly allowed_tokens: readonly string[];
  readonly max_single_trade_usd: number;
  readonly max_hourly_spend_usd?: number;
  readonly max_daily_spend_usd: number;
  readonly max_weekly_spend_usd?: number;
  readonly max_total_spend_usd?: number;
  readonly max_daily_loss_usd: number;
  readonly max_position_size_usd: number;
  readonly max_slippage_bps: number;
  readonly max_exit_cost_bps: number;
  readonly stop_loss_pct: number;
  readonly max_consecutive_failures: number;
  readonly max_gas_usd_per_day: number;
  readonly exit_gas_usd_per_day: number;
}

export const WITH_NATIVE: HostileLimits = {
  allowed_tokens: ["WETH", "USDC", "GOV", "ETH"],
  max_single_trade_usd: 500,
  max_daily_spend_usd: 1500,
  max_daily_loss_usd: 12,
  max_position_size_usd: 5000,
  max_slippage_bps: 50,
  max_exit_cost_bps: 100,
  stop_loss_pct: 30,
  max_consecutive_failures: 3,
  max_gas_usd_per_day: 8,
  exit_gas_usd_per_day: 3,
};

const drawn: fc.Arbitrary<HostileLimits> = fc
  .record({
    tokens: fc.constantFrom(["WETH", "USDC"], ["WETH", "USDC", "GOV"], ["WETH", "USDC", "GOV", "ETH"]),
    trade: fc.integer({ min: 50, max: 1000 }),
    days: fc.integer({ min: 1, max: 5 }),
    windows: fc.constantFrom("none", "hour", "week", "total"),
    loss: fc.integer({ min: 2, max: 80 }),
    position: fc.integer({ min: 1000, max: 8000 }),
    slippage: fc.integer({ min: 10, max: 200 }),
    more: fc.integer({ min: 0, max: 150 }),
    stop: fc.integer({ min: 2, max: 40 }),
    failures: fc.integer({ min: 1, max: 5 }),
    gas: fc.integer({ min: 2, max: 10 }),
    exitGas: fc.integer({ min: 2, max: 8 }),
  })
  .map(({ tokens, trade, days, windows, loss, position, slippage, more, stop, failures, gas, exitGas }) => ({
    allowed_tokens: tokens,
    max_single_trade_usd: trade,
    max_daily_spend_usd: trade * days,
    // Smaller than a day's, so that they are the ones that bind.
    ...(windows === "hour" ? { max_hourly_spend_usd: trade } : {}),
    ...(windows === "week" ? { max_weekly_spend_usd: trade * Math.max(1, days - 1) } : {}),
    ...(windows === "total" ? { max_total_spend_usd: trade * 2 } : {}),
    max_daily_loss_usd: loss,
    max_position_size_usd: position,
    max_slippage_bps: slippage,
    // Less than the fee of the dearest pool and some leaves no way out.
    max_exit_cost_bps: Math.max(60, slippage + more),
    stop_loss_pct: stop,
    max_consecutive_failures: failures,
    max_gas_usd_per_day: gas,
    exit_gas_usd_per_day: exitGas,
  }));

/** What a fleet shares, as a mandate's frontmatter has it. */
export interface SharedLimits {
  readonly id: string;
  readonly max_daily_spend_usd: number;
  readonly max_daily_loss_usd: number;
}

/** One sequence's mandate. */
export interface HostileMandate {
  readonly limits: HostileLimits;
  /** Whether its book has the position manager and the vault. */
  readonly full: boolean;
  /** Whether its book pins a token that turns against its holders. */
  readonly odd: boolean;
  /** Whether its book has Permit2 and a token that takes signatures, and messages may be signed. */
  readonly signs: boolean;
  /** What it shares with another wallet. */
  readonly fleet: SharedLimits | null;
}

const often = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
const seldom = <T>(weight: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: fc.constant({}) }, { weight: 1, arbitrary });

/** Limits that ask a person, or that bind beside those of {@link HostileLimits} that every mandate has. */
const more = fc
  .tuple(
    seldom(
      3,
      fc.constantFrom<Partial<HostileLimits>>(
        ...[50, 150].map((usd) => ({ require_human_approval_above_usd: usd })),
        { require_human_approval_for: ["router.exactInputSingle"] },
        { require_human_approval_for_new_addresses: "yes" },
      ),
    ),
    seldom(4, fc.constantFrom<Partial<HostileLimits>>({ min_cash_usd: 400 }, { min_cash_usd: 1_200 }, { min_cash_usd: 1_700 })),
    seldom(2, fc.constantFrom<Partial<HostileLimits>>({ max_price_impact_bps: 5 }, { max_price_impact_bps: 20 })),
  )
  .map(([asks, cash, impact]): Partial<HostileLimits> => ({ ...asks, ...cash, ...impact }));

export const hostileMandate: fc.Arbitrary<HostileMandate> = fc
  .record({
    limits: fc.oneof(fc.constant<HostileLimits>(SHIPPED_LIMITS), fc.constant(WITH_NATIVE), drawn, drawn),
    full: often(6),
    odd: often(5),
    signs: often(1),
    fleet: often(4),
    more,
  })
  .map(({ limits: base, full, odd: turns, signs, fleet, more: others }) => {
    // What has no price is no part of a fleet's budget.
    const odd = turns && !fleet;
    const limits: HostileLimits = {
      ...base,
      ...others,
      ...(odd ? ODD_UNITS : {}),
      ...(full ? { max_trades_per_hour: 6 } : {}),
      ...(signs ? SIGNING : {}),
      allowed_tokens: [...base.allowed_tokens, ...(full ? ["vUSDC"] : []), ...(odd ? ["ODD"] : []), ...(signs ? ["PUSD"] : [])],
    };
    return { full, odd, signs, limits, fleet: fleet ? shared(limits) : null };
  });

/** So little that two wallets which trade at once want more than is there. */
function shared({ max_single_trade_usd: trade, max_daily_loss_usd: loss }: HostileLimits): SharedLimits {
  return { id: "desk", max_daily_spend_usd: Math.ceil(trade * 1.3), max_daily_loss_usd: loss };
}
