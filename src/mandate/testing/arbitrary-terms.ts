import fc from "fast-check";
import { type Decimal, decimal } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import { ALWAYS } from "../hours.ts";
import type { CallRules, FleetTerms, Limit, Limits, Terms, UnitLimits } from "../terms.ts";
import { parseSample } from "./sample-mandate.ts";

/** Amounts from 0 with up to 18 decimal places, small and very large. */
export const arbitraryAmount: fc.Arbitrary<Decimal> = fc
  .tuple(fc.oneof(fc.bigInt({ min: 0n, max: 10_000n }), fc.bigInt({ min: 0n, max: 10n ** 30n })), fc.nat(18))
  .map(([units, places]) => decimal(units).div(decimal(10).pow(places)));

/** Up to a whole: basis points, percentages. */
const arbitraryUpTo = (most: number) => fc.nat(most * 100).map((hundredths) => decimal(hundredths).div(100));

const orUnlimited = (amount: fc.Arbitrary<Decimal>): fc.Arbitrary<Limit> =>
  fc.oneof({ weight: 9, arbitrary: amount }, { weight: 1, arbitrary: fc.constant("unlimited" as const) });

const units: fc.Arbitrary<UnitLimits> = fc.dictionary(fc.constantFrom("WETH", "GOV"), arbitraryAmount, { maxKeys: 2 });
const recipient = fc.bigInt({ min: 2n ** 100n, max: 2n ** 159n }).map((n): Address => `0x${n.toString(16).padStart(40, "0")}`);

const limits = (limit: (amount: fc.Arbitrary<Decimal>) => fc.Arbitrary<Limit>): fc.Arbitrary<Limits> =>
  fc.record({
    allowed_tokens: fc.constantFrom(["USDC"], ["WETH", "USDC"], ["WETH", "GOV", "USDC"]),
    allowed_contracts: fc.constantFrom([], ["router"]),
    allowed_recipients: fc.array(recipient, { maxLength: 2 }),
    allow_unfloored: fc.constantFrom([], ["vUSDC"]),
    allowed_protocols: fc.constantFrom("all" as const, ["uniswap-v3-router02"]),
    allowed_signatures: fc.constantFrom([], ["PermitTransferFrom" as const]),
    allowed_calls: fc.constantFrom<CallRules[]>(
      {},
      { router: { exactInputSingle: { "params.fee": { one_of: ["500"] }, "params.recipient": { own: true } } } },
      { USDC: { approve: { amount: { min: "-1", max: "5" } } } },
    ),
    allowed_hours: fc.constantFrom([ALWAYS], ["mon-fri 08:00-20:00", "sat 22:00-02:00"]),
    max_single_trade_usd: limit(arbitraryAmount),
    max_hourly_spend_usd: limit(arbitraryAmount),
    max_daily_spend_usd: limit(arbitraryAmount),
    max_weekly_spend_usd: limit(arbitraryAmount),
    max_total_spend_usd: limit(arbitraryAmount),
    min_cash_usd: arbitraryAmount,
    max_daily_loss_usd: limit(arbitraryAmount),
    max_position_size_usd: limit(arbitraryAmount),
    max_single_trade: units,
    max_daily_spend: units,
    max_position_size: units,
    max_slippage_bps: limit(arbitraryUpTo(10_000)),
    max_price_impact_bps: limit(arbitraryUpTo(10_000)),
    max_exit_cost_bps: limit(arbitraryUpTo(10_000)),
    stop_loss_pct: limit(arbitraryUpTo(100)),
    max_trades_per_hour: limit(fc.nat(100).map(decimal)),
    cooldown_seconds: limit(fc.nat(4000).map(decimal)),
    max_consecutive_failures: limit(fc.nat(10).map(decimal)),
    max_actions_per_plan: limit(fc.nat(20).map(decimal)),
    max_gas_usd_per_day: limit(arbitraryAmount),
    exit_gas_usd_per_day: limit(arbitraryAmount),
    max_llm_usd_per_day: limit(arbitraryAmount),
    require_human_approval_above_usd: limit(arbitraryAmount),
    require_human_approval_for: fc.constantFrom([], ["router.exactInputSingle"]),
    require_human_approval_for_new_addresses: fc.boolean(),
    max_deadline_seconds: fc.integer({ min: 1, max: 300 }).map(decimal),
    two_rpcs_above_usd: limit(arbitraryAmount),
    allowed_tools: fc.constantFrom("all" as const, [], ["quote"]),
    max_tool_calls_per_minute: limit(fc.nat(100).map(decimal)),
    allowed_deciders: fc.constantFrom("all" as const, ["structured"]),
    allowed_markets: fc.constantFrom([], ["BTC:perp"], ["BTC:perp", "HYPE:spot"]),
    max_leverage: limit(fc.integer({ min: 1, max: 50 }).map(decimal)),
    margin_mode: fc.constantFrom("isolated" as const, "cross" as const),
    max_margin_at_risk_usd: limit(arbitraryAmount),
    max_unhedged_usd: limit(arbitraryAmount),
    max_open_orders: limit(fc.nat(50).map(decimal)),
    min_liquidation_distance_pct: limit(arbitraryUpTo(100)),
    order_expiry_seconds: fc.integer({ min: 1, max: 86_400 }).map(decimal),
    allow_schedule_cancel: fc.boolean(),
  });

const fleet: fc.Arbitrary<FleetTerms> = fc.record({
  id: fc.constantFrom("desk", "house"),
  max_hourly_spend_usd: orUnlimited(arbitraryAmount),
  max_daily_spend_usd: orUnlimited(arbitraryAmount),
  max_weekly_spend_usd: orUnlimited(arbitraryAmount),
  max_total_spend_usd: orUnlimited(arbitraryAmount),
  max_daily_loss_usd: orUnlimited(arbitraryAmount),
});

const withLimits = (made: fc.Arbitrary<Limits>): fc.Arbitrary<Terms> =>
  fc
    .tuple(made, fc.option(fleet, { nil: undefined }))
    .map(([all, shared]): Terms => ({ ...parseSample().terms, limits: all, ...(shared ? { fleet: shared } : {}) }));

/** Terms of the sample's book with any limits, some of them unlimited. */
export const arbitraryTerms: fc.Arbitrary<Terms> = withLimits(limits(orUnlimited));

/** Terms of the sample's book with any limits, all of them numbers. */
export const arbitraryFiniteTerms: fc.Arbitrary<Terms> = withLimits(limits((amount) => amount));
