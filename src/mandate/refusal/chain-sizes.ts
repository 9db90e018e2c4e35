import { BPS, type Decimal, decimal, fromUnits, max, min, ONE, roundDown, roundUp, toUnits } from "../../core/decimal.ts";
import {
  type AccountId,
  type AllowanceChange,
  type AssetId,
  type DecodedCall,
  type Delta,
  type Effects,
  type RawArgument,
  splitAssetId,
} from "../../protocols/effects.ts";
import { isPositionSymbol } from "../../protocols/uniswap-v3/position.ts";
import type { Terms } from "../terms.ts";
import type { Sizes } from "./smaller.ts";

/** An asset that leaves an account, or that somebody would be allowed to take from it. */
interface Given {
  readonly account: AccountId;
  readonly asset: AssetId;
  readonly amount: Decimal;
  readonly decimals: number;
}

/** Beyond any token's decimals: what a division leaves there is nothing, and short figures are judged faster. */
const FINE = 30;

/**
 * A chain's request by how much it gives, from what was read for the whole of it: the same calls for less, with floors that
 * stand as near to the pinned prices. Null: it gives nothing, or sends something to another chain.
 */
export function chainSizes(terms: Terms, effects: Effects): Sizes | null {
  // Less of a token that goes to another chain needs as much for its message: what it comes to is no share of the whole.
  if (effects.calls.some(({ kind }) => kind === "hyperlane-warp-route")) return null;
  const gives = givenBy(terms, effects);
  const [first] = gives;
  if (first === undefined) return null;
  const whole = toUnits(first.amount, first.decimals);
  if (whole <= 0n) return null;
  const better = bestRate(effects);
  const conditions = Object.keys(terms.limits.allowed_calls).length > 0;
  return {
    whole,
    at(units) {
      const part = { to: decimal(units), of: decimal(whole) };
      const given = gives.map((one, i) => ({
        ...one,
        amount: i === 0 ? fromUnits(units, one.decimals) : roundDown(one.amount.times(part.to).div(part.of), one.decimals),
      }));
      if (given.some(({ amount }) => amount.isZero())) return null;
      const amounts = given.map(({ asset, amount }) => ({ asset, amount }));
      const raw = conditions ? unitsBefore(terms, effects, gives, given, part) : null;
      return { amounts, effects: shrink(effects, given, part, better, raw) };
    },
  };
}

/** What leaves; where nothing does, what would be allowed to somebody. */
function givenBy({ book }: Terms, { deltas, allowances }: Effects): readonly Given[] {
  const decimalsOf = (asset: AssetId) => {
    const { chain, symbol } = splitAssetId(asset);
    return isPositionSymbol(symbol) ? 0 : (book.chains[chain]?.assets[symbol]?.decimals ?? 18);
  };
  const leaves = deltas.flatMap(({ account, asset, least }) =>
    least.isNegative() && !least.isZero() ? [{ account, asset, amount: least.negated(), decimals: decimalsOf(asset) }] : [],
  );
  if (leaves.length > 0) return leaves;
  return allowances.flatMap(({ owner, asset, before, after }) =>
    after.gt(before) ? [{ account: owner, asset, amount: after, decimals: decimalsOf(asset) }] : [],
  );
}

interface Part {
  readonly to: Decimal;
  readonly of: Decimal;
}

function shrink(
  effects: Effects,
  given: readonly Given[],
  part: Part,
  better: Decimal,
  raw: ReadonlyMap<string, string> | null,
): Effects {
  const share = (amount: Decimal) => roundUp(amount.times(part.to).div(part.of), FINE);
  const of = (account: AccountId, asset: AssetId) => given.find((one) => one.account === account && one.asset === asset)?.amount;
  return {
    ...effects,
    deltas: effects.deltas.map((delta): Delta => {
      const { account, asset, least, most } = delta;
      const gives = least.isNegative() ? of(account, asset) : undefined;
      return {
        ...delta,
        least: gives?.negated() ?? share(least),
        most: most === "unbounded" ? most : most.isNegative() ? share(most) : mostOf(most, part, better),
      };
    }),
    allowances: effects.allowances.map((change): AllowanceChange => {
      const { before, after } = change;
      return { ...change, after: after.gt(before) ? share(after) : before.minus(share(before.minus(after))) };
    }),
    payments: effects.payments.map((payment) => ({ ...payment, amount: share(payment.amount) })),
    unfloored: effects.unfloored.map((one) => ({ ...one, amount: share(one.amount) })),
    calls: raw === null ? effects.calls : effects.calls.map((call) => withUnits(call, raw)),
  };
}

/**
 * The most that a smaller trade can bring in: a pool gives less for each further token, so less of them get a better rate,
 * but no better than `better` times the mean one; and what the last of them brought is not brought.
 */
function mostOf(most: Decimal, { to, of }: Part, better: Decimal): Decimal {
  const part = roundUp(to.div(of), FINE);
  const share = min(part.times(better), ONE.minus(roundDown(ONE.minus(part).div(better), FINE)));
  return roundUp(most.times(share), FINE);
}

/** How much better than at its mean a trade's first token can be exchanged: by where it moves the pools that it goes through. */
function bestRate({ impacts = [] }: Effects): Decimal {
  const best = impacts.reduce((rate, { before_bps: before, after_bps: after }) => {
    if (before === null || after === null || after.lte(BPS.negated()) || before.lte(BPS.negated())) return rate;
    const moved = BPS.plus(before).div(BPS.plus(after));
    return rate.times(max(moved, ONE.div(moved)));
  }, ONE);
  return roundUp(best, FINE);
}

/** Whole numbers among the arguments that are amounts given or floors, and what they would be instead. */
function unitsBefore(
  { book }: Terms,
  { deltas }: Effects,
  gives: readonly Given[],
  given: readonly Given[],
  { to, of }: Part,
): ReadonlyMap<string, string> {
  const floors = deltas.flatMap(({ asset, least }): [string, string][] => {
    const { chain, symbol } = splitAssetId(asset);
    if (!least.isPositive() || least.isZero()) return [];
    const units = (amount: Decimal) => String(toUnits(amount, book.chains[chain]?.assets[symbol]?.decimals ?? 18, "up"));
    return [[units(least), units(least.times(to).div(of))]];
  });
  const amounts = gives.map(({ amount, decimals }, i): [string, string] => [
    String(toUnits(amount, decimals)),
    String(toUnits(given[i]?.amount ?? amount, decimals)),
  ]);
  return new Map([...floors, ...amounts]);
}

function withUnits(call: DecodedCall, units: ReadonlyMap<string, string>): DecodedCall {
  return {
    ...call,
    ...(call.raw === undefined
      ? {}
      : { raw: Object.fromEntries(Object.entries(call.raw).map(([name, value]) => [name, replaced(value, units)])) }),
    inner: call.inner.map((inner) => withUnits(inner, units)),
  };
}

function replaced(value: RawArgument, units: ReadonlyMap<string, string>): RawArgument {
  if (typeof value === "string") return units.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one: RawArgument) => replaced(one, units));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, units)]));
}
