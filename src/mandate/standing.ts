import { atLeast0, type Decimal, max, min, plus, ZERO } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import type { Budgets } from "../journal/fold-budgets.ts";
import { allowanceKey } from "../journal/live-allowances.ts";
import { pullsOnlyFromCaller } from "../protocols/decode-call.ts";
import { type AllowanceChange, type AssetId, type Effects, type Prices, priceIn, splitAssetId } from "../protocols/effects.ts";
import type { ChainBook } from "./book.ts";
import type { Terms } from "./terms.ts";

/** An amount of live allowances: before the request, what stays of that whatever happens, and what it adds at most. */
export interface StandingAmount {
  readonly before: Decimal;
  readonly kept: Decimal;
  readonly raised: Decimal;
}

/** What others may take of the accounts until it is used or revoked: spend for as long as it is live. */
export interface Standing {
  readonly usd: StandingAmount;
  /** Whole tokens, by symbol. */
  readonly units: Readonly<Record<string, StandingAmount>>;
  /** Of which assets an allowance is live or would be. */
  readonly assets: readonly AssetId[];
}

const NONE: StandingAmount = { before: ZERO, kept: ZERO, raised: ZERO };
const NOTHING: Standing = { usd: NONE, units: {}, assets: [] };

/** Live allowances before and after a request, at pinned prices. */
export function standingOf(terms: Terms, effects: Effects, prices: Prices, budgets: Budgets): Standing {
  if (effects.allowances.length === 0 && Object.keys(budgets.allowances).length === 0) return NOTHING;
  const { accounts } = terms;
  const live = new Map<string, { readonly asset: AssetId; before: Decimal; after: Decimal }>();
  for (const [key, { amount }] of Object.entries(budgets.allowances)) {
    live.set(key, { asset: (key.split(" ")[1] ?? "") as AssetId, before: amount, after: amount });
  }
  for (const change of effects.allowances) {
    const { owner, asset, spender, before, after } = change;
    // What may not stand is denied as that; how much it would have been is no question.
    if (after.gt(before) && !mayStand(terms, effects, change)) continue;
    const key = allowanceKey({ owner: lower(accounts[owner] ?? (owner as Address)), asset, spender: lower(spender) });
    const known = live.get(key);
    if (known) known.after = after;
    else if (after.gt(before)) live.set(key, { asset, before: ZERO, after });
  }
  if (live.size === 0) return NOTHING;
  let usd = NONE;
  const units: Record<string, StandingAmount> = {};
  for (const { asset, before, after } of live.values()) {
    const amount = { before, kept: min(before, after), raised: atLeast0(after.minus(before)) };
    const { symbol } = splitAssetId(asset);
    const price = priceIn(prices, asset)?.usd ?? ZERO;
    units[symbol] = added(units[symbol] ?? NONE, amount);
    usd = added(usd, { before: before.times(price), kept: amount.kept.times(price), raised: amount.raised.times(price) });
  }
  return { usd, units, assets: [...new Set([...live.values()].map(({ asset }) => asset))] };
}

function added(one: StandingAmount, other: StandingAmount): StandingAmount {
  return { before: one.before.plus(other.before), kept: one.kept.plus(other.kept), raised: one.raised.plus(other.raised) };
}

/**
 * How much of a window live allowances and a request take together: an allowance that the request uses is counted by
 * what the request gives up, or by itself where the request comes to nothing, whichever is more.
 *
 * @param outflow - what the request gives up beside what it allows, at least 0.
 */
export function takenWith(standing: StandingAmount, outflow: Decimal): Decimal {
  if (standing === NONE) return outflow;
  const { before, kept, raised } = standing;
  return max(plus(before, raised), plus(plus(kept, raised), outflow));
}

/** Whether an allowance may stay when the request is over: an allowed token, no more than is held, to allowed code that takes it from its caller alone. */
export function mayStand({ book, limits }: Terms, { before }: Pick<Effects, "before">, change: AllowanceChange): boolean {
  const { chain, symbol } = splitAssetId(change.asset);
  const entry = book.chains[chain];
  const held = before.find(({ account, asset }) => account === change.owner && asset === change.asset)?.amount ?? ZERO;
  return (
    entry !== undefined &&
    limits.allowed_tokens.includes(symbol) &&
    change.after.lte(held) &&
    trustedSpender(entry, limits, lower(change.spender))
  );
}

function trustedSpender({ contracts, assets }: ChainBook, limits: Terms["limits"], spender: Address): boolean {
  const called = Object.entries(contracts).some(
    ([label, { address, kind }]) =>
      lower(address) === spender && limits.allowed_contracts.includes(label) && pullsOnlyFromCaller(kind),
  );
  const vault = Object.entries(assets).some(
    ([label, { address, kind }]) =>
      lower(address) === spender && limits.allowed_tokens.includes(label) && pullsOnlyFromCaller(kind),
  );
  return called || vault;
}
