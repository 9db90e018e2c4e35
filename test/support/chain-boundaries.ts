import { HOUR, SECOND } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import type { Address } from "../../src/core/hex.ts";
import type { Budgets } from "../../src/journal/fold-budgets.ts";
import { emptyFleet, fleetBudgetsAt } from "../../src/journal/fold-fleet.ts";
import type { FleetTerms, Limits } from "../../src/mandate/terms.ts";
import { buying, delta, effectsWith, held, NOW, selling, swapCall } from "../../src/mandate/testing/judging.ts";
import type { DecodedCall, Effects } from "../../src/protocols/effects.ts";
import { signatureTypeOf } from "../../src/protocols/signatures/signature-types.ts";
import { type Boundary, usd } from "./limit-boundaries.ts";

const PAYEE: Address = "0x00000000000000000000000000000000000ccccc";
const OWN: Address = "0x00000000000000000000000000000000000aaaaa";

/** Exits may cost 1 %, so that there are any. Every boundary has it. */
export const CHAIN_LIMITS: Partial<Limits> = { max_exit_cost_bps: usd(100) };

const exit: Effects = selling(1000);
const paying = (amount: string, to: Address = PAYEE): Effects =>
  effectsWith({
    calls: [swapCall({ contract: "USDC", kind: "erc20", function: "transfer" })],
    deltas: [delta("base/USDC", `-${amount}`)],
    payments: [{ to, asset: "base/USDC", amount: decimal(amount) }],
  });
const called = (change: Partial<DecodedCall>, effects: Effects = buying(100)): Effects => ({
  ...effects,
  calls: [swapCall(change)],
});
const amountIn = (units: string, effects?: Effects) => called({ raw: { params: { amountIn: units } } }, effects);
const impact = (after: string) => [{ pool: "WETH-USDC", before_bps: usd(0), after_bps: usd(after) }];
const gasOf = (most: string) => [
  { chain: "base", asset: "base/ETH" as const, units: 100_000n, maxFeePerGas: 1n, most: decimal(most) },
];
const unfloored = (contract: string): Effects => ({
  ...effectsWith({ deltas: [delta("base/USDC", "-100")] }),
  unfloored: [{ contract, account: "wallet", asset: "base/USDC", amount: usd(100) }],
});
/** 2 ETH beside what is held else, so that gas can be paid. */
const funded = (effects: Effects): Effects => ({ ...effects, before: [held("base/ETH", 2), ...effects.before.slice(1)] });
const signing = (signs: DecodedCall["signs"]): Effects => ({
  ...paying("100"),
  ...(signs === undefined
    ? {}
    : { calls: [swapCall({ contract: "permit2", kind: "permit2", function: "PermitTransferFrom", signs })] }),
});

/** A budget that is used up to so much, and the request that takes 100 of it, or a millionth more. */
function window(limit: keyof Limits, used: keyof Budgets, code: Boundary["code"]): Boundary {
  const budgets = { [used]: usd(1900) };
  return {
    what: "what is taken with this request",
    limits: { [limit]: usd(2000) },
    at: { effects: buying(100), budgets },
    past: { effects: buying("100.000001"), budgets },
    code,
    exit: { effects: exit, budgets: { [used]: usd(99_000) } },
    binds: false,
  };
}

const UNITS = {
  max_single_trade: { WETH: usd(2) },
  max_daily_spend: { WETH: usd(5) },
  max_position_size: { WETH: usd(3) },
};

/** The boundaries of every limit of a mandate of chains that `judge` holds, by its name. */
export const CHAIN_BOUNDARIES: Partial<Readonly<Record<keyof Limits, readonly Boundary[]>>> = {
  allowed_tokens: [
    {
      what: "a token that comes in is listed",
      limits: { allowed_tokens: ["WETH", "USDC"] },
      at: { effects: buying(100) },
      past: { effects: buying(100), limits: { allowed_tokens: ["USDC"] } },
      code: "TOKEN_NOT_ALLOWED",
      exit: { effects: exit, limits: { allowed_tokens: ["USDC"] } },
      binds: false,
    },
  ],
  allowed_contracts: [
    {
      what: "the contract that is called is listed",
      limits: { allowed_contracts: ["router"] },
      at: { effects: buying(100) },
      past: { effects: called({ contract: "factory" }) },
      code: "CONTRACT_NOT_ALLOWED",
      exit: { effects: called({ contract: "factory" }, exit) },
      binds: true,
    },
  ],
  allowed_recipients: [
    {
      what: "who is paid is listed",
      limits: { allowed_recipients: [PAYEE] },
      at: { effects: paying("100") },
      past: { effects: paying("100", "0x00000000000000000000000000000000000cccc0") },
      code: "RECIPIENT_NOT_ALLOWED",
      // A payment is no way to safety: there is no exit that pays.
      exit: { effects: exit, limits: { allowed_recipients: [] } },
      binds: false,
    },
  ],
  allow_unfloored: [
    {
      what: "the vault that is given money without a floor is listed",
      limits: { allow_unfloored: ["vUSDC"] },
      at: { effects: unfloored("vUSDC") },
      past: { effects: unfloored("vDAI") },
      code: "NO_FLOOR",
      exit: { effects: exit, limits: { allow_unfloored: [] } },
      binds: false,
    },
  ],
  allowed_protocols: [
    {
      what: "the kind of the contract is listed",
      limits: { allowed_protocols: ["uniswap-v3-router02"] },
      at: { effects: buying(100) },
      past: { effects: called({ kind: "uniswap-v3-positions" }) },
      code: "PROTOCOL_NOT_ALLOWED",
      exit: { effects: called({ kind: "uniswap-v3-positions" }, exit) },
      binds: true,
    },
  ],
  allowed_signatures: [
    {
      what: "the type of the message is listed",
      limits: {
        allowed_signatures: ["PermitTransferFrom"],
        allowed_contracts: ["permit2", "router"],
        allowed_recipients: [PAYEE],
      },
      at: { effects: signing(signatureTypeOf("PermitTransferFrom")?.hash) },
      past: { effects: signing(signatureTypeOf("PermitBatchTransferFrom")?.hash) },
      code: "SIGNING_NOT_ALLOWED",
      exit: { effects: exit, limits: { allowed_signatures: [] } },
      binds: false,
    },
  ],
  allowed_calls: [
    {
      what: "an argument is at most",
      limits: { allowed_calls: { router: { exactInputSingle: { "params.amountIn": { max: "1000" } } } } },
      at: { effects: amountIn("1000") },
      past: { effects: amountIn("1001") },
      code: "ARGUMENT_NOT_ALLOWED",
      exit: { effects: amountIn("1001", exit) },
      binds: true,
    },
    {
      what: "an argument is at least",
      limits: { allowed_calls: { router: { exactInputSingle: { "params.amountIn": { min: "1000" } } } } },
      at: { effects: amountIn("1000") },
      past: { effects: amountIn("999") },
      code: "ARGUMENT_NOT_ALLOWED",
      exit: { effects: amountIn("999", exit) },
      binds: true,
    },
    {
      what: "an address is an own one",
      limits: { allowed_calls: { router: { exactInputSingle: { "params.recipient": { own: true } } } } },
      at: { effects: called({ raw: { params: { recipient: OWN } } }) },
      past: { effects: called({ raw: { params: { recipient: PAYEE } } }) },
      code: "ARGUMENT_NOT_ALLOWED",
      exit: { effects: called({ raw: { params: { recipient: PAYEE } } }, exit) },
      binds: true,
    },
  ],
  // NOW is a Monday, 12:00 UTC.
  allowed_hours: [
    {
      what: "the last instant of a time that is open",
      limits: { allowed_hours: ["mon 11:00-12:00"] },
      at: { effects: buying(100), now: NOW - 1 },
      past: { effects: buying(100), now: NOW },
      code: "OUTSIDE_HOURS",
      exit: { effects: exit, now: NOW },
      binds: false,
    },
    {
      what: "the first instant of a time that is open",
      limits: { allowed_hours: ["mon 12:00-13:00"] },
      at: { effects: buying(100), now: NOW },
      past: { effects: buying(100), now: NOW - 1 },
      code: "OUTSIDE_HOURS",
      exit: { effects: exit, now: NOW - 1 },
      binds: false,
    },
  ],
  max_single_trade_usd: [
    {
      what: "a purchase",
      limits: { max_single_trade_usd: usd(500) },
      at: { effects: buying(500) },
      past: { effects: buying("500.000001") },
      code: "TRADE_TOO_LARGE",
      exit: { effects: exit },
      binds: true,
    },
    {
      what: "a cycle's purchases",
      limits: { max_single_trade_usd: usd(500) },
      at: { effects: buying(100), budgets: { cycle_buys_usd: usd(400), cycle_sells_usd: usd(500) } },
      past: { effects: buying("100.000001"), budgets: { cycle_buys_usd: usd(400) } },
      code: "TRADE_TOO_LARGE",
      exit: { effects: selling(300), budgets: { cycle_sells_usd: usd("200.000001") } },
      binds: true,
    },
    {
      what: "a cycle's sales",
      limits: { max_single_trade_usd: usd(500), max_exit_cost_bps: usd(0) },
      at: { effects: selling(100, 1), budgets: { cycle_sells_usd: usd(400), cycle_buys_usd: usd(500) } },
      past: { effects: selling("100.000001", 1), budgets: { cycle_sells_usd: usd(400) } },
      code: "TRADE_TOO_LARGE",
      exit: { effects: selling(300), budgets: { cycle_sells_usd: usd("200.000001") } },
      binds: true,
    },
  ],
  max_hourly_spend_usd: [window("max_hourly_spend_usd", "spend_hour_usd", "HOURLY_SPEND")],
  max_daily_spend_usd: [window("max_daily_spend_usd", "spend_usd", "DAILY_SPEND")],
  max_weekly_spend_usd: [window("max_weekly_spend_usd", "spend_week_usd", "WEEKLY_SPEND")],
  max_total_spend_usd: [window("max_total_spend_usd", "spend_total_usd", "TOTAL_SPEND")],
  min_cash_usd: [
    {
      what: "what is left of 6,000",
      limits: { min_cash_usd: usd(5900) },
      at: { effects: buying(100) },
      past: { effects: buying("100.000001") },
      code: "MIN_CASH",
      exit: { effects: exit, limits: { min_cash_usd: usd(99_000) } },
      binds: false,
    },
  ],
  max_daily_loss_usd: [
    {
      what: "what the bytes do not guarantee, beside what was lost",
      limits: { max_daily_loss_usd: usd(60) },
      at: { effects: buying(1000, 10), budgets: { loss_usd: usd(59) } },
      past: { effects: buying(1000, 10), budgets: { loss_usd: usd("59.000001") } },
      code: "DAILY_LOSS",
      exit: { effects: selling(1000, 100), budgets: { loss_usd: usd(99_000) } },
      binds: false,
    },
  ],
  max_position_size_usd: [
    {
      what: "2 WETH that are held and what comes, at pinned prices",
      limits: { max_position_size_usd: usd(5500) },
      at: { effects: buying(500) },
      past: { effects: buying("500.000001") },
      code: "POSITION_TOO_LARGE",
      exit: { effects: exit, limits: { max_position_size_usd: usd(1) } },
      binds: false,
    },
  ],
  max_single_trade: [
    {
      what: "one request's",
      limits: UNITS,
      at: { effects: selling(2 * 2500) },
      past: { effects: selling("5000.0025") },
      code: "TRADE_TOO_LARGE",
      exit: { effects: selling("5000.0025"), limits: { ...UNITS } },
      binds: true,
    },
    {
      what: "a cycle's, like the limit in USD",
      limits: UNITS,
      at: { effects: selling(2500), budgets: { cycle_units: { WETH: usd(1) } } },
      past: { effects: selling("2500.0025"), budgets: { cycle_units: { WETH: usd(1) } } },
      code: "TRADE_TOO_LARGE",
      exit: { effects: exit, budgets: { cycle_units: { WETH: usd("1.7") } } },
      binds: true,
    },
  ],
  max_daily_spend: [
    {
      what: "what is given for something else, beside the day's",
      limits: { max_daily_spend: { WETH: usd(5) }, allowed_tokens: ["WETH", "USDC", "GOV"], ...govUnits() },
      at: { effects: swapped("1"), budgets: { spend_units: { WETH: usd(4) } } },
      past: { effects: swapped("1.000001"), budgets: { spend_units: { WETH: usd(4) } } },
      code: "DAILY_SPEND",
      exit: { effects: exit, budgets: { spend_units: { WETH: usd(99) } } },
      binds: false,
    },
  ],
  max_position_size: [
    {
      what: "2 WETH that are held and what comes",
      limits: { max_position_size: { WETH: usd(3) } },
      at: { effects: buying(2500) },
      past: { effects: buying("2500.0025") },
      code: "POSITION_TOO_LARGE",
      exit: { effects: exit, limits: { max_position_size: { WETH: usd(0) } } },
      binds: false,
    },
  ],
  max_slippage_bps: [
    {
      what: "a purchase",
      limits: { max_slippage_bps: usd(50) },
      at: { effects: buying(1000, 50) },
      past: { effects: buying(1000, 50.01) },
      code: "SLIPPAGE",
      exit: { effects: selling(1000, 100) },
      binds: false,
    },
    {
      what: "a sale that is no exit",
      limits: { max_slippage_bps: usd(50), max_exit_cost_bps: usd(10) },
      at: { effects: selling(1000, 50) },
      past: { effects: selling(1000, 50.01) },
      code: "SLIPPAGE",
      exit: { effects: selling(1000, 10), limits: { max_slippage_bps: usd(5) } },
      binds: false,
    },
    {
      what: "a pool that liquidity goes into",
      limits: { max_slippage_bps: usd(50) },
      at: { effects: { ...buying(100), pools: [{ pool: "WETH-USDC", bps: usd(50) }] } },
      past: { effects: { ...buying(100), pools: [{ pool: "WETH-USDC", bps: usd("50.01") }] } },
      code: "SLIPPAGE",
      exit: { effects: exit, limits: { max_slippage_bps: usd(0) } },
      binds: false,
    },
  ],
  max_price_impact_bps: [
    {
      what: "where the pool is left",
      limits: { max_price_impact_bps: usd(50) },
      at: { effects: { ...buying(100), impacts: impact("50") } },
      past: { effects: { ...buying(100), impacts: impact("50.01") } },
      code: "PRICE_IMPACT",
      exit: { effects: { ...exit, impacts: impact("900") } },
      binds: false,
    },
  ],
  // What costs more is no exit: a freeze tells them apart.
  max_exit_cost_bps: [
    {
      what: "loss of what is removed",
      limits: { max_exit_cost_bps: usd(100) },
      at: { effects: selling(1000, 100), budgets: { frozen: FROZEN() } },
      past: { effects: selling(1000, 100.01), budgets: { frozen: FROZEN() } },
      code: "FROZEN",
      exit: { effects: selling(1000, 100), budgets: { frozen: FROZEN() } },
      binds: false,
    },
    {
      what: "loss and gas of what is removed",
      limits: { max_exit_cost_bps: usd(100) },
      at: { effects: funded({ ...selling(1000, 99), gas: gasOf("0.00004") }), budgets: { frozen: FROZEN() } },
      past: { effects: funded({ ...selling(1000, 99), gas: gasOf("0.0000400004") }), budgets: { frozen: FROZEN() } },
      code: "FROZEN",
      exit: { effects: selling(1000, 100), budgets: { frozen: FROZEN() } },
      binds: false,
    },
  ],
  // Held: 2 WETH and 6,000 USDC, $11,000. It acts when it is reached.
  stop_loss_pct: [
    {
      what: "the fall from the high",
      limits: { stop_loss_pct: usd(8) },
      at: { effects: buying(100), budgets: { high_water_usd: usd("11956.521739") } },
      past: { effects: buying(100), budgets: { high_water_usd: usd("11956.52174") } },
      code: "DRAWDOWN",
      exit: { effects: exit, budgets: { high_water_usd: usd(99_000) } },
      binds: false,
    },
    {
      what: "a fall of exactly so much",
      limits: { stop_loss_pct: usd(45) },
      at: { effects: buying(100), budgets: { high_water_usd: usd("19999.999999") } },
      past: { effects: buying(100), budgets: { high_water_usd: usd(20_000) } },
      code: "DRAWDOWN",
      exit: { effects: exit, budgets: { high_water_usd: usd(20_000) } },
      binds: false,
    },
  ],
  max_trades_per_hour: [
    {
      what: "cycles before this one",
      limits: { max_trades_per_hour: usd(3) },
      at: { effects: buying(100), budgets: { trades_last_hour: 2 } },
      past: { effects: buying(100), budgets: { trades_last_hour: 3 } },
      code: "TRADES_PER_HOUR",
      exit: { effects: exit, budgets: { trades_last_hour: 99 } },
      binds: false,
    },
  ],
  cooldown_seconds: [
    {
      what: "the time since the last trade",
      limits: { cooldown_seconds: usd(60) },
      at: { effects: buying(100), budgets: { last_trade_at: NOW - 60 * SECOND } },
      past: { effects: buying(100), budgets: { last_trade_at: NOW - 60 * SECOND + 1 } },
      code: "COOLDOWN",
      exit: { effects: exit, budgets: { last_trade_at: NOW } },
      binds: false,
    },
  ],
  max_consecutive_failures: [
    {
      what: "failures in a row",
      limits: { max_consecutive_failures: usd(3) },
      at: { effects: buying(100), budgets: { consecutive_failures: 2 } },
      past: { effects: buying(100), budgets: { consecutive_failures: 3 } },
      code: "BREAKER",
      exit: { effects: exit, budgets: { consecutive_failures: 99 } },
      binds: false,
    },
  ],
  max_actions_per_plan: [
    {
      what: "calls of a cycle",
      limits: { max_actions_per_plan: usd(3) },
      at: { effects: buying(100), budgets: { cycle_actions: 2 } },
      past: { effects: buying(100), budgets: { cycle_actions: 3 } },
      code: "ACTIONS_PER_PLAN",
      exit: { effects: exit, budgets: { cycle_actions: 99 } },
      binds: false,
    },
  ],
  max_gas_usd_per_day: [
    {
      what: "what the transactions can burn, beside the day's",
      limits: { max_gas_usd_per_day: usd(5), exit_gas_usd_per_day: usd(0) },
      at: { effects: funded({ ...buying(100), gas: gasOf("0.001") }), budgets: { gas_usd: usd("2.5") } },
      past: { effects: funded({ ...buying(100), gas: gasOf("0.001") }), budgets: { gas_usd: usd("2.500001") } },
      code: "GAS_BUDGET",
      exit: {
        effects: funded({ ...exit, gas: gasOf("0.001") }),
        budgets: { gas_usd: usd(5) },
        limits: { exit_gas_usd_per_day: usd(10) },
      },
      binds: false,
    },
  ],
  exit_gas_usd_per_day: [
    {
      // Half of the pot is the operator's; the agent's last exit is one that leaves nothing.
      what: "what exits can burn, beside the half that is the operator's",
      limits: { max_gas_usd_per_day: usd(0), exit_gas_usd_per_day: usd(10) },
      at: { effects: funded({ ...selling(1000), gas: gasOf("0.0008") }), budgets: { exit_gas_usd: usd(1) } },
      past: { effects: funded({ ...selling(1000), gas: gasOf("0.0008") }), budgets: { exit_gas_usd: usd("1.000001") } },
      code: "GAS_BUDGET",
      exit: { effects: funded({ ...selling(1000), gas: gasOf("0.0008") }), budgets: { exit_gas_usd: usd(9) } },
      binds: true,
    },
    {
      // At $2,500 a coin.
      what: "native coin that stays for gas",
      limits: { exit_gas_usd_per_day: usd(10), allowed_tokens: ["ETH", "WETH", "USDC"] },
      at: { effects: funded(effectsWith({ deltas: [delta("base/ETH", "-1.996"), delta("base/USDC", 4990)] })) },
      past: { effects: funded(effectsWith({ deltas: [delta("base/ETH", "-1.996000001"), delta("base/USDC", 4991)] })) },
      code: "GAS_RESERVE",
      exit: { effects: funded(effectsWith({ deltas: [delta("base/ETH", "-1.999"), delta("base/USDC", 4998)] })) },
      binds: true,
    },
  ],
  require_human_approval_above_usd: [
    {
      what: "a cycle's purchases",
      limits: { require_human_approval_above_usd: usd(400) },
      at: { effects: buying(100), budgets: { cycle_buys_usd: usd(300) } },
      past: { effects: buying("100.000001"), budgets: { cycle_buys_usd: usd(300) } },
      code: "NEEDS_APPROVAL",
      exit: { effects: exit, budgets: { cycle_sells_usd: usd(99_000) } },
      binds: false,
      asks: true,
    },
    {
      what: "a cycle's sales",
      limits: { require_human_approval_above_usd: usd(400), max_exit_cost_bps: usd(0) },
      at: { effects: selling(100, 1), budgets: { cycle_sells_usd: usd(300) } },
      past: { effects: selling("100.000001", 1), budgets: { cycle_sells_usd: usd(300) } },
      code: "NEEDS_APPROVAL",
      exit: { effects: exit, budgets: { cycle_sells_usd: usd(99_000) } },
      binds: false,
      asks: true,
    },
  ],
  require_human_approval_for: [
    {
      what: "a function within a multicall",
      limits: { require_human_approval_for: ["router.exactInput"] },
      at: { effects: buying(100) },
      past: { effects: called({ function: "multicall", inner: [swapCall({ function: "exactInput" })] }) },
      code: "NEEDS_APPROVAL",
      exit: { effects: called({ function: "exactInput" }, exit) },
      binds: false,
      asks: true,
    },
  ],
  require_human_approval_for_new_addresses: [
    {
      what: "an address that was met before",
      limits: { require_human_approval_for_new_addresses: true },
      at: { effects: buying(100), budgets: { met: [`base ${swapCall().to}`] } },
      past: { effects: buying(100), budgets: { met: [`arb ${swapCall().to}`] } },
      code: "NEEDS_APPROVAL",
      exit: { effects: exit },
      binds: false,
      asks: true,
    },
  ],
  max_deadline_seconds: [
    {
      what: "how long the bytes are valid",
      limits: { max_deadline_seconds: usd(240) },
      at: { effects: { ...buying(100), deadline: NOW + 240 * SECOND } },
      past: { effects: { ...buying(100), deadline: NOW + 240 * SECOND + 1 } },
      code: "DEADLINE_TOO_FAR",
      exit: { effects: { ...exit, deadline: NOW + HOUR } },
      binds: true,
    },
  ],
};

function FROZEN(): Budgets["frozen"] {
  return { code: "FROZEN_BY_OPERATOR", reason: "enough" };
}

/** GOV has no feed; limits in its own units stand in for a price. */
function govUnits(): Partial<Limits> {
  const most = { GOV: usd(1_000_000) };
  return {
    max_single_trade: most,
    max_daily_spend: { ...most, WETH: usd(5) },
    max_position_size: most,
  };
}

/** WETH for GOV: no coming back to cash. */
function swapped(weth: string): Effects {
  return effectsWith({ deltas: [delta("base/WETH", `-${weth}`), delta("base/GOV", "10")] });
}

const FLEET: FleetTerms = {
  id: "desk",
  max_hourly_spend_usd: "unlimited",
  max_daily_spend_usd: "unlimited",
  max_weekly_spend_usd: "unlimited",
  max_total_spend_usd: "unlimited",
  max_daily_loss_usd: "unlimited",
};

function shared(name: keyof FleetTerms, used: string, code: Boundary["code"], bps = 0): Boundary {
  const fleet = { ...FLEET, [name]: usd(2000) };
  const taken = (amount: string): Partial<Budgets> => ({
    fleet: { ...fleetBudgetsAt(emptyFleet, NOW, "wallet:0x1"), [used]: usd(amount) },
  });
  const before = bps === 0 ? "1900" : "1999";
  return {
    what: "what all wallets took, with this request",
    limits: {},
    at: { effects: buying(100, bps), fleet, budgets: taken(before) },
    past: { effects: buying(100, bps), fleet, budgets: taken(`${before}.000001`) },
    code,
    exit: { effects: selling(1000, bps), fleet, budgets: taken("99000") },
    binds: false,
  };
}

/** The boundaries of a budget that wallets share, by its name in `fleet`. */
export const FLEET_BOUNDARIES: Readonly<Record<Exclude<keyof FleetTerms, "id">, Boundary>> = {
  max_hourly_spend_usd: shared("max_hourly_spend_usd", "spend_hour_usd", "FLEET_SPEND"),
  max_daily_spend_usd: shared("max_daily_spend_usd", "spend_usd", "FLEET_SPEND"),
  max_weekly_spend_usd: shared("max_weekly_spend_usd", "spend_week_usd", "FLEET_SPEND"),
  max_total_spend_usd: shared("max_total_spend_usd", "spend_total_usd", "FLEET_SPEND"),
  max_daily_loss_usd: shared("max_daily_loss_usd", "loss_usd", "FLEET_LOSS", 100),
};
