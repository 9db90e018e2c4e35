import { atLeast0, type Decimal, decimal, max, min, plus, roundDown, sum, ZERO } from "../../core/decimal.ts";
import { type AccountId, type AssetId, assetId, splitAssetId } from "../../protocols/effects.ts";
import { dollars } from "../dollars.ts";
import { type Facts, priceOf } from "../facts.ts";
import { takenWith } from "../standing.ts";
import type { Limit } from "../terms.ts";
import type { Violation, ViolationCode } from "../verdict.ts";
import { over, type Rule, tooMuch } from "./rule.ts";

/** A window of spend: its limit, what is taken of it, and when some of that comes back. */
interface Window {
  readonly code: ViolationCode;
  readonly name: string;
  readonly limit: Limit;
  readonly used: Decimal;
  readonly until: number | undefined;
  readonly what: string;
}

type SpendLimit = "max_hourly_spend_usd" | "max_daily_spend_usd" | "max_weekly_spend_usd" | "max_total_spend_usd";

/** What the request spends, its new allowances apart. */
function outflowOf({ atWorst, standing }: Facts): Decimal {
  const { raised } = standing.usd;
  return raised.isZero() ? atWorst.spend_usd : atLeast0(atWorst.spend_usd.minus(raised));
}

/** Windows that the request would take more of than is left, what is allowed and what `others` hold counted as taken. */
function overspent(facts: Facts, windows: readonly Window[], others: Decimal = ZERO): readonly Violation[] {
  const { atWorst, standing } = facts;
  if (atWorst.spend_usd.isZero()) return [];
  const wanted = plus(takenWith(standing.usd, outflowOf(facts)), others);
  return windows.flatMap(({ code, name, limit, used, until, what }) =>
    limit !== "unlimited" && plus(used, wanted).gt(limit)
      ? [tooMuch(code, name, limit, used.plus(wanted).minus(atWorst.spend_usd), atWorst.spend_usd, what, until)]
      : [],
  );
}

export const spendWindows: Rule = (facts) => {
  const { terms, budgets } = facts;
  const { limits } = terms;
  const { refills } = budgets;
  const window = (name: SpendLimit, code: ViolationCode, used: Decimal, what: string): Window => ({
    code,
    name,
    limit: limits[name],
    used,
    until: refills[name],
    what,
  });
  return overspent(facts, [
    window("max_hourly_spend_usd", "HOURLY_SPEND", budgets.spend_hour_usd, "to spend in an hour"),
    window("max_daily_spend_usd", "DAILY_SPEND", budgets.spend_usd, "to spend"),
    window("max_weekly_spend_usd", "WEEKLY_SPEND", budgets.spend_week_usd, "to spend in a week"),
    window("max_total_spend_usd", "TOTAL_SPEND", budgets.spend_total_usd, "to spend in all"),
  ]);
};

export const fleetSpend: Rule = (facts) => {
  const { fleet } = facts.terms;
  const taken = facts.budgets.fleet;
  if (!fleet || facts.atWorst.spend_usd.isZero()) return [];
  if (!taken) return [fleetUnknown("FLEET_SPEND", fleet.id)];
  const window = (name: SpendLimit, used: Decimal): Window => ({
    code: "FLEET_SPEND",
    name: `fleet.${name}`,
    limit: fleet[name],
    used,
    until: taken.refills[name],
    what: `to spend with the wallets of ${fleet.id}`,
  });
  return overspent(
    facts,
    [
      window("max_hourly_spend_usd", taken.spend_hour_usd),
      window("max_daily_spend_usd", taken.spend_usd),
      window("max_weekly_spend_usd", taken.spend_week_usd),
      window("max_total_spend_usd", taken.spend_total_usd),
    ],
    taken.allowed_usd,
  );
};

export const fleetLoss: Rule = ({ terms: { fleet }, budgets: { fleet: taken }, atWorst }) => {
  if (!fleet || atWorst.loss_usd.isZero()) return [];
  if (!taken) return [fleetUnknown("FLEET_LOSS", fleet.id)];
  const limit = fleet.max_daily_loss_usd;
  if (!over(limit, taken.loss_usd.plus(atWorst.loss_usd))) return [];
  const until = taken.refills.max_daily_loss_usd;
  const what = `can be lost with the wallets of ${fleet.id}`;
  return [tooMuch("FLEET_LOSS", "fleet.max_daily_loss_usd", limit, taken.loss_usd, atWorst.loss_usd, what, until)];
};

function fleetUnknown(code: ViolationCode, id: string): Violation {
  return { code, limit: "fleet", message: `what the wallets of ${id} have taken of their budget is not known` };
}

export const unitSpend: Rule = ({ terms, budgets, atWorst, standing }) =>
  Object.entries(atWorst.spend_units).flatMap(([token, wanted]): Violation[] => {
    const units = terms.limits.max_daily_spend[token];
    const live = standing.units[token];
    const others = live === undefined ? ZERO : takenWith(live, wanted.minus(live.raised)).minus(wanted);
    const used = (budgets.spend_units[token] ?? ZERO).plus(others);
    if (units === undefined || used.plus(wanted).lte(units)) return [];
    const allowed = max(ZERO, units.minus(used)).toFixed();
    const message = `${wanted.toFixed()} ${token} to spend; ${allowed} of ${units.toFixed()} is left`;
    return [{ code: "DAILY_SPEND", limit: "max_daily_spend", value: used.plus(wanted).toFixed(), allowed, message }];
  });

/** Cash of all own accounts on all chains, without what live messages let others take: what lies in positions or vaults is none. */
export const minCash: Rule = (facts) => {
  const { terms, effects, prices, atWorst } = facts;
  const kept = terms.limits.min_cash_usd;
  if (kept.isZero() || atWorst.class === "reduce") return [];
  const cash = (account: AccountId, asset: AssetId, amount: Decimal) =>
    Object.hasOwn(terms.accounts, account) && splitAssetId(asset).symbol === terms.numeraire
      ? amount.times(priceOf(prices, asset)?.usd ?? ZERO)
      : ZERO;
  const here = sum(effects.before.map(({ account, asset, amount }) => cash(account, asset, amount)));
  const before = here.plus(cashElsewhere(facts)).minus(cashSignedAway(facts));
  const change = sum(effects.deltas.map(({ account, asset, least }) => cash(account, asset, least)));
  const left = before.plus(change);
  if (!change.isNegative() || left.gte(kept)) return [];
  const message = `${dollars(max(ZERO, left), "down")} of ${terms.numeraire} would be left; ${dollars(kept)} is kept`;
  const allowed = roundDown(max(ZERO, before.minus(kept)), 6).toFixed();
  return [{ code: "MIN_CASH", limit: "min_cash_usd", value: roundDown(left, 6).toFixed(), allowed, message }];
};

/** By the journal, at what cash is worth on the request's own chain, and at no more than a dollar: no feed elsewhere is asked. */
function cashElsewhere({ terms, effects, prices, budgets }: Facts): Decimal {
  const chains = new Set(effects.before.map(({ asset }) => splitAssetId(asset).chain));
  const worth = [...chains].flatMap((chain) => priceOf(prices, assetId(chain, terms.numeraire))?.usd ?? []);
  const usd = worth.reduce((least, one) => min(least, one), ONE);
  const amounts = Object.entries(budgets.held ?? {}).flatMap(([key, amount]) => {
    const [account = "", asset = ""] = key.split(" ");
    const { chain, symbol } = splitAssetId(asset as AssetId);
    return Object.hasOwn(terms.accounts, account) && symbol === terms.numeraire && !chains.has(chain) ? [amount] : [];
  });
  return sum(amounts).times(usd);
}

/** What live messages let others take of it: it may be gone at any time. */
function cashSignedAway({ terms, prices, budgets }: Facts): Decimal {
  return sum(
    Object.entries(budgets.signed?.pays ?? {}).flatMap(([asset, amount]) =>
      splitAssetId(asset as AssetId).symbol === terms.numeraire
        ? [amount.times(priceOf(prices, asset as AssetId)?.usd ?? ONE)]
        : [],
    ),
  );
}

const ONE = decimal(1);

export const dailyLoss: Rule = ({ terms, budgets, atWorst }) => {
  const limit = terms.limits.max_daily_loss_usd;
  if (atWorst.loss_usd.isZero() || !over(limit, budgets.loss_usd.plus(atWorst.loss_usd))) return [];
  const until = budgets.refills.max_daily_loss_usd;
  return [tooMuch("DAILY_LOSS", "max_daily_loss_usd", limit, budgets.loss_usd, atWorst.loss_usd, "can be lost", until)];
};
