import { SECOND } from "../core/clock.ts";
import { BPS, type Decimal, decimal, max, roundDown, roundUp, ZERO } from "../core/decimal.ts";
import { lower, shortHex } from "../core/hex.ts";
import { KILLED } from "../journal/fold-wallet.ts";
import { splitAssetId } from "../protocols/effects.ts";
import { type Facts, rises } from "./facts.ts";
import type { Limit } from "./terms.ts";
import type { Violation, ViolationCode } from "./verdict.ts";

/** One question about a request; no answer means that it holds. */
export type Rule = (facts: Facts) => readonly Violation[];

const HUNDRED = decimal(100);

/** "$1,234.50": what people read. Rounded against the reader: what is used up, what is left down. */
export function dollars(amount: Decimal, rounding: "down" | "up" = "up"): string {
  const [whole = "0", cents] = (rounding === "up" ? roundUp(amount, 2) : roundDown(amount, 2)).toFixed(2).split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${cents === "00" ? "" : `.${cents}`}`;
}

function over(limit: Limit, value: Decimal): limit is Decimal {
  return limit !== "unlimited" && value.gt(limit);
}

/** A figure that is over a limit in USD, said with what would still fit. */
function tooMuch(
  code: ViolationCode,
  name: string,
  limit: Decimal,
  used: Decimal,
  wanted: Decimal,
  what: string,
  until?: number,
): Violation {
  const left = max(ZERO, limit.minus(used));
  return {
    code,
    limit: name,
    value: roundUp(used.plus(wanted), 6).toFixed(),
    allowed: roundDown(left, 6).toFixed(),
    message: `${dollars(wanted)} ${what}; ${dollars(left, "down")} of ${dollars(limit)} is left`,
    ...(until === undefined ? {} : { until }),
  };
}

const unknowns: Rule = ({ effects }) => effects.unknown.map(({ code, what }) => ({ code, message: what }));

const prices: Rule = ({ unpriced, prices: known, effects }) => {
  const gasAssets = effects.gas.filter(({ most }) => !most.isZero()).map(({ asset }) => asset);
  return [...new Set([...unpriced, ...gasAssets])].flatMap((asset) => {
    const price = known[asset];
    if (price && "usd" in price) return [];
    if (!price) return [{ code: "PRICE_UNKNOWN" as const, message: `there is no price for ${asset}` }];
    return [{ code: price.missing, message: price.reason }];
  });
};

const tokens: Rule = ({ terms, effects, atWorst }) =>
  effects.deltas.flatMap(({ asset, least, most }) => {
    const { symbol } = splitAssetId(asset);
    const untouched = least.isZero() && most !== "unbounded" && most.isZero();
    // Native coin that is not allowed is gas: it is no position that could be left over to sell.
    const isGas = terms.book.chains[splitAssetId(asset).chain]?.native.symbol === symbol;
    const exitOnly = atWorst.class !== "spend" && !isGas && most !== "unbounded" && !most.isPositive();
    if (untouched || exitOnly || terms.limits.allowed_tokens.includes(symbol)) return [];
    return [
      {
        code: "TOKEN_NOT_ALLOWED" as const,
        limit: "allowed_tokens",
        value: symbol,
        message: `${symbol} is not among allowed_tokens`,
      },
    ];
  });

const contracts: Rule = ({ terms, effects }) =>
  effects.calls.flatMap(({ contract, kind, function: name }) => {
    if (contract === null || isToken(kind) || terms.limits.allowed_contracts.includes(contract)) return [];
    const message = `${contract}.${name} is not among allowed_contracts`;
    return [{ code: "CONTRACT_NOT_ALLOWED" as const, limit: "allowed_contracts", value: contract, message }];
  });

/** Calls of a token are held to allowed_tokens instead. */
function isToken(kind: string | null): boolean {
  return kind === "erc20" || kind === "weth9" || kind === "erc4626";
}

const unfloored: Rule = ({ terms, effects }) =>
  effects.unfloored
    .filter(({ contract }) => !terms.limits.allow_unfloored.includes(contract))
    .map(({ contract, asset, amount }) => ({
      code: "NO_FLOOR" as const,
      limit: "allow_unfloored",
      value: contract,
      message: `${contract} takes ${amount.toFixed()} ${splitAssetId(asset).symbol} and the bytes guarantee nothing in return`,
    }));

const suppliedPools: Rule = ({ terms, effects }) =>
  effects.pools.flatMap(({ pool, bps }): Violation[] => {
    const limit = terms.limits.max_slippage_bps;
    if (limit === "unlimited" || bps?.lte(limit)) return [];
    const value = bps === null ? "unknown" : roundUp(bps, 2).toFixed();
    const message = `${pool} stands ${value} bps off the pinned price; liquidity goes in at ${limit.toFixed()} bps or less`;
    return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value, allowed: limit.toFixed(), message }];
  });

const recipients: Rule = ({ terms, effects }) =>
  effects.payments
    .filter(({ to }) => !terms.limits.allowed_recipients.some((allowed) => lower(allowed) === lower(to)))
    .map(({ to }) => ({
      code: "RECIPIENT_NOT_ALLOWED" as const,
      limit: "allowed_recipients",
      value: lower(to),
      message: `${shortHex(lower(to))} may not be paid`,
    }));

const allowances: Rule = ({ effects }) =>
  effects.allowances
    .filter(({ before, after }) => after.gt(before))
    .map(({ asset, spender, after }) => ({
      code: "ALLOWANCE_LEFT" as const,
      value: after.toFixed(),
      allowed: "0",
      message: `the request would leave ${shortHex(spender)} an allowance over ${splitAssetId(asset).symbol}; approve the exact amount in the request that uses it`,
    }));

const deadline: Rule = ({ terms, effects, now }) => {
  if (effects.deadline === null) return [];
  const seconds = decimal(Math.ceil((effects.deadline - now) / SECOND));
  const longest = terms.limits.max_deadline_seconds;
  if (seconds.lte(longest)) return [];
  const message = `the bytes stay valid for ${seconds.toFixed()} s, more than ${longest.toFixed()} s`;
  return [
    { code: "DEADLINE_TOO_FAR", limit: "max_deadline_seconds", value: seconds.toFixed(), allowed: longest.toFixed(), message },
  ];
};

const singleTrade: Rule = ({ terms, budgets, atWorst, effects }) => {
  const limit = terms.limits.max_single_trade_usd;
  const found: Violation[] = [];
  const buys = budgets.cycle_buys_usd.plus(atWorst.buys_usd);
  const sells = budgets.cycle_sells_usd.plus(atWorst.sells_usd);
  const sums = [
    { wanted: atWorst.buys_usd, used: budgets.cycle_buys_usd, total: buys },
    { wanted: atWorst.sells_usd, used: budgets.cycle_sells_usd, total: sells },
  ];
  for (const { wanted, used, total } of sums) {
    if (wanted.gt(0) && over(limit, total))
      found.push(tooMuch("TRADE_TOO_LARGE", "max_single_trade_usd", limit, used, wanted, "in one trade"));
  }
  for (const { asset, least } of effects.deltas) {
    const { symbol } = splitAssetId(asset);
    const units = terms.limits.max_single_trade[symbol];
    if (units === undefined || !least.isNegative() || least.negated().lte(units)) continue;
    const value = least.negated().toFixed();
    const message = `${value} ${symbol} in one trade; ${units.toFixed()} is the most`;
    found.push({ code: "TRADE_TOO_LARGE", limit: "max_single_trade", value, allowed: units.toFixed(), message });
  }
  return found;
};

const dailySpend: Rule = ({ terms, budgets, atWorst }) => {
  const limit = terms.limits.max_daily_spend_usd;
  const found: Violation[] = [];
  if (atWorst.spend_usd.gt(0) && over(limit, budgets.spend_usd.plus(atWorst.spend_usd))) {
    const until = budgets.refills.max_daily_spend_usd;
    found.push(tooMuch("DAILY_SPEND", "max_daily_spend_usd", limit, budgets.spend_usd, atWorst.spend_usd, "to spend", until));
  }
  for (const [token, wanted] of Object.entries(atWorst.spend_units)) {
    const units = terms.limits.max_daily_spend[token];
    const used = budgets.spend_units[token] ?? ZERO;
    if (units === undefined || used.plus(wanted).lte(units)) continue;
    const allowed = max(ZERO, units.minus(used)).toFixed();
    const message = `${wanted.toFixed()} ${token} to spend; ${allowed} of ${units.toFixed()} is left`;
    found.push({ code: "DAILY_SPEND", limit: "max_daily_spend", value: used.plus(wanted).toFixed(), allowed, message });
  }
  return found;
};

const dailyLoss: Rule = ({ terms, budgets, atWorst }) => {
  const limit = terms.limits.max_daily_loss_usd;
  if (atWorst.loss_usd.isZero() || !over(limit, budgets.loss_usd.plus(atWorst.loss_usd))) return [];
  const until = budgets.refills.max_daily_loss_usd;
  return [tooMuch("DAILY_LOSS", "max_daily_loss_usd", limit, budgets.loss_usd, atWorst.loss_usd, "can be lost", until)];
};

const slippage: Rule = ({ terms, atWorst, loss_usd, traded_usd }) => {
  const limit = terms.limits.max_slippage_bps;
  if (atWorst.class === "reduce" || limit === "unlimited" || traded_usd.isZero()) return [];
  if (loss_usd.times(BPS).lte(traded_usd.times(limit))) return [];
  const bps = roundUp(loss_usd.times(BPS).div(traded_usd), 2).toFixed();
  const message = `the bytes guarantee ${bps} bps less than they give at pinned prices; ${limit.toFixed()} bps is the most`;
  return [{ code: "SLIPPAGE", limit: "max_slippage_bps", value: bps, allowed: limit.toFixed(), message }];
};

const position: Rule = ({ terms, exposures }) =>
  exposures.filter(rises).flatMap(({ symbol, before, most, usd }): Violation[] => {
    const found: Violation[] = [];
    const limit = terms.limits.max_position_size_usd;
    const units = terms.limits.max_position_size[symbol];
    const after = most === "unbounded" ? undefined : before.plus(most);
    if (limit !== "unlimited" && (after === undefined || after.times(usd).gt(limit))) {
      const room = max(ZERO, limit.minus(before.times(usd)));
      const size = after === undefined ? "without bound" : dollars(after.times(usd));
      found.push({
        code: "POSITION_TOO_LARGE",
        limit: "max_position_size_usd",
        ...(after === undefined ? {} : { value: roundUp(after.times(usd), 6).toFixed() }),
        allowed: roundDown(room, 6).toFixed(),
        message: `${symbol} would be ${size}; ${dollars(limit)} is the most, ${dollars(room, "down")} can be added`,
      });
    }
    if (units !== undefined && (after === undefined || after.gt(units))) {
      const message = `${symbol} would be ${after?.toFixed() ?? "without bound"} ${symbol}; ${units.toFixed()} is the most`;
      found.push({ code: "POSITION_TOO_LARGE", limit: "max_position_size", allowed: units.toFixed(), message });
    }
    return found;
  });

const gas: Rule = ({ terms, budgets, atWorst }) => {
  const { max_gas_usd_per_day: pot, exit_gas_usd_per_day: exitPot } = terms.limits;
  if (atWorst.exit_gas_usd.gt(0) && over(exitPot, budgets.exit_gas_usd.plus(atWorst.exit_gas_usd))) {
    return [tooMuch("GAS_BUDGET", "exit_gas_usd_per_day", exitPot, budgets.exit_gas_usd, atWorst.exit_gas_usd, "of exit gas")];
  }
  if (atWorst.gas_usd.gt(0) && over(pot, budgets.gas_usd.plus(atWorst.gas_usd))) {
    const until = budgets.refills.max_gas_usd_per_day;
    return [tooMuch("GAS_BUDGET", "max_gas_usd_per_day", pot, budgets.gas_usd, atWorst.gas_usd, "of gas", until)];
  }
  return [];
};

/** Native coin that is worth what exits may burn in a day stays where it is: without gas nobody gets home. */
const gasReserve: Rule = ({ terms, effects, prices: known }) => {
  const pot = terms.limits.exit_gas_usd_per_day;
  if (pot === "unlimited") return [];
  return effects.deltas.flatMap(({ account, asset, least }) => {
    const { chain, symbol } = splitAssetId(asset);
    const price = known[asset];
    if (terms.book.chains[chain]?.native.symbol !== symbol || !least.isNegative() || !price || !("usd" in price)) return [];
    const held = effects.before.find((holding) => holding.account === account && holding.asset === asset)?.amount ?? ZERO;
    const gasMost = effects.gas.reduce((total, bound) => (bound.asset === asset ? total.plus(bound.most) : total), ZERO);
    const left = held.plus(least).minus(gasMost).times(price.usd);
    if (left.gte(pot)) return [];
    const message = `${dollars(max(ZERO, left), "down")} of ${symbol} would be left for gas; ${dollars(pot)} is kept for getting home`;
    return [
      {
        code: "GAS_RESERVE" as const,
        limit: "exit_gas_usd_per_day",
        value: roundDown(left, 6).toFixed(),
        allowed: pot.toFixed(),
        message,
      },
    ];
  });
};

const drawdown: Rule = ({ terms, budgets, value_usd, effects }) => {
  const limit = terms.limits.stop_loss_pct;
  const peak = budgets.high_water_usd;
  if (effects.before.length === 0) return [];
  if (limit === "unlimited" || peak === null || peak.isZero()) return [];
  if (value_usd === null)
    return [
      { code: "DRAWDOWN", limit: "stop_loss_pct", message: "something that is held has no price, so the drawdown is unknown" },
    ];
  const fallen = peak.minus(value_usd).times(HUNDRED);
  if (fallen.lt(peak.times(limit))) return [];
  const value = roundUp(fallen.div(peak), 4).toFixed();
  const message = `the portfolio is ${value} % below its high of ${dollars(peak)}; at ${limit.toFixed()} % it may only reduce`;
  return [{ code: "DRAWDOWN", limit: "stop_loss_pct", value, allowed: limit.toFixed(), message }];
};

const rate: Rule = ({ terms, budgets }) => {
  const limit = terms.limits.max_trades_per_hour;
  if (limit === "unlimited" || budgets.cycle_spent || decimal(budgets.trades_last_hour).lt(limit)) return [];
  const until = budgets.refills.max_trades_per_hour;
  const message = `${budgets.trades_last_hour} cycles traded within the hour; ${limit.toFixed()} is the most`;
  return [
    {
      code: "TRADES_PER_HOUR",
      limit: "max_trades_per_hour",
      value: String(budgets.trades_last_hour + 1),
      allowed: "0",
      message,
      ...(until === undefined ? {} : { until }),
    },
  ];
};

const cooldown: Rule = ({ terms, budgets, now }) => {
  const limit = terms.limits.cooldown_seconds;
  if (limit === "unlimited" || budgets.cycle_spent || budgets.last_trade_at === null) return [];
  const until = budgets.last_trade_at + limit.toNumber() * SECOND;
  if (now >= until) return [];
  const passed = Math.floor((now - budgets.last_trade_at) / SECOND);
  return [
    {
      code: "COOLDOWN",
      limit: "cooldown_seconds",
      value: String(passed),
      allowed: limit.toFixed(),
      message: `${passed} s since the last trade; ${limit.toFixed()} s must pass`,
      until,
    },
  ];
};

const breaker: Rule = ({ terms, budgets }) => {
  const limit = terms.limits.max_consecutive_failures;
  if (limit === "unlimited" || decimal(budgets.consecutive_failures).lt(limit)) return [];
  const message = `${budgets.consecutive_failures} failures in a row; at ${limit.toFixed()} it may only reduce`;
  return [
    {
      code: "BREAKER",
      limit: "max_consecutive_failures",
      value: String(budgets.consecutive_failures),
      allowed: limit.toFixed(),
      message,
    },
  ];
};

const frozen: Rule = ({ budgets }) =>
  budgets.frozen === null
    ? []
    : [{ code: "FROZEN", message: `stopped (${budgets.frozen.code}): ${budgets.frozen.reason}; it may only reduce` }];

/** A kill holds for everybody but the operator, getting safer included. */
const killed: Rule = ({ budgets, operator }) =>
  budgets.frozen?.code !== KILLED || operator
    ? []
    : [{ code: "KILLED", message: `killed by the operator: ${budgets.frozen.reason}; only the operator's flatten passes` }];

/** The operator's credential gets money home and is no second way to trade. */
const wayHome: Rule = ({ operator, atWorst, terms }) => {
  const limit = terms.limits.max_exit_cost_bps;
  if (!operator || atWorst.class === "reduce") return [];
  const message = `flatten only reduces, at a cost of at most ${limit === "unlimited" ? "anything" : `${limit.toFixed()} bps`} of what it removes`;
  return [{ code: "EXIT_ONLY", limit: "max_exit_cost_bps", message }];
};

const actions: Rule = ({ terms, budgets, effects }) => {
  const limit = terms.limits.max_actions_per_plan;
  const count = budgets.cycle_actions + effects.calls.length;
  if (!over(limit, decimal(count))) return [];
  const allowed = String(Math.max(0, limit.toNumber() - budgets.cycle_actions));
  const message = `${count} actions in this cycle; ${limit.toFixed()} is the most`;
  return [{ code: "ACTIONS_PER_PLAN", limit: "max_actions_per_plan", value: String(count), allowed, message }];
};

/** A rule that getting safer passes. */
function unlessReducing(rule: Rule): Rule {
  return (facts) => (facts.atWorst.class === "reduce" ? [] : rule(facts));
}

/** Every rule, in the order in which people read a refusal: what it does, how much, how often. */
export const RULES: readonly Rule[] = [
  unknowns,
  tokens,
  contracts,
  unfloored,
  suppliedPools,
  recipients,
  allowances,
  deadline,
  prices,
  slippage,
  singleTrade,
  dailySpend,
  dailyLoss,
  position,
  gas,
  gasReserve,
  unlessReducing(drawdown),
  unlessReducing(rate),
  unlessReducing(cooldown),
  unlessReducing(breaker),
  unlessReducing(frozen),
  unlessReducing(actions),
  killed,
  wayHome,
];

/** Whether a person has to agree first. Asked only of requests that nothing denies. */
export function needsApproval({ terms, budgets, atWorst }: Facts): readonly Violation[] {
  const limit = terms.limits.require_human_approval_above_usd;
  if (atWorst.class === "reduce") return [];
  const size = max(budgets.cycle_buys_usd.plus(atWorst.buys_usd), budgets.cycle_sells_usd.plus(atWorst.sells_usd));
  if (!over(limit, size)) return [];
  return [
    {
      code: "NEEDS_APPROVAL",
      limit: "require_human_approval_above_usd",
      value: roundUp(size, 6).toFixed(),
      allowed: limit.toFixed(),
      message: `${dollars(size)} in this cycle is above ${dollars(limit)} and needs a person's approval`,
    },
  ];
}
