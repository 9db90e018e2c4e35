import { isoTime } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { shortHex } from "../core/hex.ts";
import type { BudgetLeft, LargestNow, Verdict, Violation } from "../mandate/verdict.ts";
import { type AssetId, type DecodedCall, type Effects, type Prices, priceIn, splitAssetId } from "../protocols/effects.ts";
import { outsideText } from "./outside-text.ts";
import type { ToolEffects, ToolLargest, ToolLimit, ToolVerdict, ToolViolation } from "./tool-result.ts";

/** A verdict for a reader, with USD at the prices that are pinned. */
export function renderVerdict(verdict: Verdict, prices: Prices): ToolVerdict {
  const violations = verdict.kind === "allow" ? [] : verdict.kind === "deny" ? verdict.violations : verdict.because;
  return {
    kind: verdict.kind,
    violations: violations.map(renderViolation),
    effects: renderEffects(verdict.effects, prices),
    limits_left: verdict.kind === "allow" ? verdict.left.map(renderLimit) : [],
    permit: verdict.kind === "ask" && verdict.permit ? { id: verdict.permit.id, expires: isoTime(verdict.permit.expires) } : null,
    largest: verdict.kind === "allow" || !verdict.largest ? null : renderLargest(verdict.largest),
  };
}

function renderLargest({ kind, amounts, because, until, full, message }: LargestNow): ToolLargest {
  return {
    kind,
    amounts: amounts.map(({ asset, amount }) => ({ asset, amount: amount.toFixed() })),
    because: [...because],
    ...(until === undefined ? {} : { until: isoTime(until) }),
    ...(full === undefined ? {} : { full: isoTime(full) }),
    message,
  };
}

export function renderViolation({ code, message, limit, value, allowed, unit, until, full }: Violation): ToolViolation {
  return {
    code,
    // A revert's reason is its contract's own words.
    message: outsideText(message),
    ...(limit === undefined ? {} : { limit }),
    ...(value === undefined ? {} : { value }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(unit === undefined ? {} : { unit }),
    ...(until === undefined ? {} : { until: isoTime(until) }),
    ...(full === undefined ? {} : { full: isoTime(full) }),
  };
}

export function renderLimit({ budget, unit, limit, used, left, refills }: BudgetLeft): ToolLimit {
  return {
    budget,
    unit,
    limit: text(limit),
    used: used.toFixed(),
    left: text(left),
    refills: refills === null ? null : isoTime(refills),
  };
}

function renderEffects({ deltas, allowances, payments, calls, gas, unknown, deadline }: Effects, prices: Prices): ToolEffects {
  return {
    changes: deltas.map(({ account, asset, least, most }) => ({
      account,
      asset,
      least: least.toFixed(),
      most: text(most),
      least_usd: usdOf(prices, asset, least),
      most_usd: typeof most === "string" ? null : usdOf(prices, asset, most),
    })),
    allowances: allowances.map(({ asset, spender, before, after }) => ({
      asset,
      spender,
      before: before.toFixed(),
      after: after.toFixed(),
    })),
    payments: payments.map(({ to, asset, amount }) => ({ to, asset, amount: amount.toFixed() })),
    calls: calls.map(describeCall),
    gas: gas.map(({ asset, units, most }) => ({
      asset,
      units: units.toString(),
      most: most.toFixed(),
      most_usd: usdOf(prices, asset, most),
    })),
    unknown: unknown.map(({ code, what }) => `${code}: ${outsideText(what)}`),
    valid_until: deadline === null ? null : isoTime(deadline),
  };
}

/** "router.exactInputSingle": which code is called, by the book's own names. */
function describeCall({ contract, to, function: name }: DecodedCall): string {
  return `${contract ?? shortHex(to)}.${name}`;
}

/** USD to the cent, signed as the amount is. Null: there is no price. */
export function usdOf(prices: Prices, asset: AssetId, amount: Decimal): string | null {
  return priceIn(prices, asset)?.usd.times(amount).toFixed(2) ?? null;
}

function text(value: Decimal | string): string {
  return typeof value === "string" ? value : value.toFixed();
}

/** "-5 USDC, at least 0.0016 WETH": what a request changes, in one line. */
export function changesLine({ changes }: ToolEffects): string {
  return changes
    .map(
      ({ asset, least }) => `${least.startsWith("-") ? "at most" : "at least"} ${least} ${splitAssetId(asset as AssetId).symbol}`,
    )
    .join(", ");
}
