import { atLeast0, type Decimal, decimal, max, min, plus, roundDown, sum, ZERO } from "../../core/decimal.ts";
import type { Budgets } from "../../journal/fold-budgets.ts";
import { type AccountId, type AssetId, assetId, splitAssetId } from "../../protocols/effects.ts";
import { dollars } from "../dollars.ts";
import { type Facts, priceOf } from "../facts.ts";
import { takenWith } from "../standing.ts";
import type { Limit } from "../terms.ts";
import type { Violation, ViolationCode } from "../verdict.ts";
import { each, HOLDS, ofEach, overWith, type Rule, tooMuch } from "./rule.ts";

type SpendLimit = "max_hourly_spend_usd" | "max_daily_spend_usd" | "max_weekly_spend_usd" | "max_total_spend_usd";
type Spent = Pick<Budgets, "spend_hour_usd" | "spend_usd" | "spend_week_usd" | "spend_total_usd" | "refills">;

/** A window of spend: the limit on it, where what is taken of it stands, and its own words. */
interface Window {
  readonly limit: SpendLimit;
  readonly spent: Exclude<keyof Spent, "refills">;
  readonly code: ViolationCode;
  readonly what: string;
}

type SpendLimits = Readonly<Record<SpendLimit, Limit>>;

const WINDOWS: readonly Window[] = [
  { limit: "max_hourly_spend_usd", spent: "spend_hour_usd", code: "HOURLY_SPEND", what: "to spend in an hour" },
  { limit: "max_daily_spend_usd", spent: "spend_usd", code: "DAILY_SPEND", what: "to spend" },
  { limit: "max_weekly_spend_usd", spent: "spend_week_usd", code: "WEEKLY_SPEND", what: "to spend in a week" },
  { limit: "max_total_spend_usd", spent: "spend_total_usd", code: "TOTAL_SPEND", what: "to spend in all" },
];

/** Those that are limited. */
function windowsOf(limits: SpendLimits): readonly Window[] {
  return WINDOWS.filter(({ limit }) => limits[limit] !== "unlimited");
}

/** What the request spends, its new allowances apart. */
function outflowOf({ atWorst, standing }: Facts): Decimal {
  const { raised } = standing.usd;
  return raised.isZero() ? atWorst.spend_usd : atLeast0(atWorst.spend_usd.minus(raised));
}

/** What a request and live allowances take of each window together. */
function wantedOf(facts: Facts): Decimal {
  return takenWith(facts.standing.usd, outflowOf(facts));
}

/** Windows that the request would take more of than is left. */
function overspent(
  facts: Facts,
  windows: readonly Window[],
  limits: SpendLimits,
  spent: Spent,
  wanted: Decimal,
  named: (window: Window) => { readonly code: ViolationCode; readonly name: string; readonly what: string },
): readonly Violation[] {
  return each(windows, facts, (window, { atWorst }) => {
    const limit = limits[window.limit];
    const used = spent[window.spent];
    if (!overWith(limit, used, wanted)) return null;
    const { code, name, what } = named(window);
    const others = used.plus(wanted).minus(atWorst.spend_usd);
    return tooMuch(code, name, limit, others, atWorst.spend_usd, what, spent.refills[window.limit]);
  });
}

export const spendWindows: Rule = ({ limits }) => {
  const windows = windowsOf(limits);
  if (windows.length === 0) return null;
  const named = ({ limit, code, what }: Window) => ({ code, name: limit, what });
  return (facts) =>
    facts.atWorst.spend_usd.isZero() ? HOLDS : overspent(facts, windows, limits, facts.budgets, wantedOf(facts), named);
};

export const fleetSpend: Rule = ({ fleet }) => {
  if (!fleet) return null;
  const windows = windowsOf(fleet);
  return (facts) => {
    const taken = facts.budgets.fleet;
    if (facts.atWorst.spend_usd.isZero()) return HOLDS;
    if (!taken) return [fleetUnknown("FLEET_SPEND", fleet.id)];
    return overspent(facts, windows, fleet, taken, plus(wantedOf(facts), taken.allowed_usd), ({ limit }) => ({
      code: "FLEET_SPEND",
      name: `fleet.${limit}`,
      what: `to spend with the wallets of ${fleet.id}`,
    }));
  };
};

export const fleetLoss: Rule = ({ fleet }) => {
  if (!fleet) return null;
  return ({ budgets: { fleet: taken }, atWorst }) => {
    if (atWorst.loss_usd.isZero()) return HOLDS;
    if (!taken) return [fleetUnknown("FLEET_LOSS", fleet.id)];
    const limit = fleet.max_daily_loss_usd;
    if (!overWith(limit, taken.loss_usd, atWorst.loss_usd)) return HOLDS;
    const until = taken.refills.max_daily_loss_usd;
    const what = `can be lost with the wallets of ${fleet.id}`;
    return [tooMuch("FLEET_LOSS", "fleet.max_daily_loss_usd", limit, taken.loss_usd, atWorst.loss_usd, what, until)];
  };
};

function fleetUnknown(code: ViolationCode, id: string): Violation {
  return { code, limit: "fleet", message: `what the wallets of ${id} have taken of their budget is not known` };
}

export const unitSpend: Rule = ({ limits: { max_daily_spend: limits } }) => {
  if (Object.keys(limits).length === 0) return null;
  return ofEach(
    ({ atWorst }) => Object.entries(atWorst.spend_units),
    ([token, wanted], { budgets, standing }) => {
      const units = limits[token];
      const live = standing.units[token];
      const others = live === undefined ? ZERO : takenWith(live, wanted.minus(live.raised)).minus(wanted);
      const used = (budgets.spend_units[token] ?? ZERO).plus(others);
      if (units === undefined || used.plus(wanted).lte(units)) return null;
      const allowed = max(ZERO, units.minus(used)).toFixed();
      const message = `${wanted.toFixed()} ${token} to spend; ${allowed} of ${units.toFixed()} is left`;
      const value = used.plus(wanted).toFixed();
      return { code: "DAILY_SPEND", limit: "max_daily_spend", value, allowed, unit: token, message };
    },
  );
};

/** Cash of all own accounts on all chains, without what live messages let others take: what lies in positions or vaults is none. */
export const minCash: Rule = ({ limits: { min_cash_usd: kept } }) => (kept.isZero() ? null : (facts) => cashLeft(facts, kept));

function cashLeft(facts: Facts, kept: Decimal): readonly Violation[] {
  const { terms, effects, prices } = facts;
  const cash = (account: AccountId, asset: AssetId, amount: Decimal) =>
    Object.hasOwn(terms.accounts, account) && splitAssetId(asset).symbol === terms.numeraire
      ? amount.times(priceOf(prices, asset)?.usd ?? ZERO)
      : ZERO;
  const here = sum(effects.before.map(({ account, asset, amount }) => cash(account, asset, amount)));
  const before = here.plus(cashElsewhere(facts)).minus(cashSignedAway(facts));
  const change = sum(effects.deltas.map(({ account, asset, least }) => cash(account, asset, least)));
  const left = before.plus(change);
  if (!change.isNegative() || left.gte(kept)) return HOLDS;
  const room = max(ZERO, before.minus(kept));
  const message = `${dollars(max(ZERO, left), "down")} of ${terms.numeraire} would be left; ${dollars(kept)} is kept, ${dollars(room, "down")} can be given`;
  const allowed = roundDown(room, 6).toFixed();
  return [{ code: "MIN_CASH", limit: "min_cash_usd", value: roundDown(left, 6).toFixed(), allowed, message }];
}

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

export const dailyLoss: Rule = ({ limits: { max_daily_loss_usd: limit } }) => {
  if (limit === "unlimited") return null;
  return ({ budgets: { loss_usd: lost, refills }, atWorst: { loss_usd: loss } }) => {
    if (loss.isZero() || !overWith(limit, lost, loss)) return HOLDS;
    return [tooMuch("DAILY_LOSS", "max_daily_loss_usd", limit, lost, loss, "can be lost", refills.max_daily_loss_usd)];
  };
};
