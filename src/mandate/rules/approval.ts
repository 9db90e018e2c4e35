import { max, roundUp, ZERO } from "../../core/decimal.ts";
import type { DecodedCall } from "../../protocols/effects.ts";
import { addressesOf } from "../addresses-of.ts";
import { dollars } from "../dollars.ts";
import { HOLDS, over, overWith, type Rule } from "./rule.ts";
import { signedAllowances } from "./size.ts";

/** Whether a person has to agree first, by the size. It and the next two are asked of what nothing denies, and of nothing that reduces. */
export const bySize: Rule = ({ limits: { require_human_approval_above_usd: limit } }) => {
  if (limit === "unlimited") return null;
  return ({ budgets, atWorst, standing }) => {
    const { before, raised } = standing.usd;
    const allowed = raised.isZero() ? ZERO : before.plus(raised).plus(signedAllowances(budgets));
    const { cycle_buys_usd: bought, cycle_sells_usd: sold } = budgets;
    const asks = overWith(limit, bought, atWorst.buys_usd) || overWith(limit, sold, atWorst.sells_usd) || over(limit, allowed);
    if (!asks) return HOLDS;
    const size = max(bought.plus(atWorst.buys_usd), sold.plus(atWorst.sells_usd), allowed);
    return [
      {
        code: "NEEDS_APPROVAL",
        limit: "require_human_approval_above_usd",
        value: roundUp(size, 6).toFixed(),
        allowed: limit.toFixed(),
        message: `${dollars(size)} in this cycle is above ${dollars(limit)} and needs a person's approval`,
      },
    ];
  };
};

export const byFunction: Rule = ({ limits: { require_human_approval_for: listed } }) => {
  if (listed.length === 0) return null;
  return ({ effects }) => {
    const asked = [...new Set(effects.calls.flatMap(functionsIn))].filter((name) => listed.includes(name));
    return asked.map((name) => ({
      code: "NEEDS_APPROVAL",
      limit: "require_human_approval_for",
      value: name,
      message: `${name} needs a person's approval`,
    }));
  };
};

function functionsIn({ contract, function: name, inner }: DecodedCall): readonly string[] {
  return [...(contract === null ? [] : [`${contract}.${name}`]), ...inner.flatMap(functionsIn)];
}

export const byAddress: Rule = ({ limits }) => {
  if (!limits.require_human_approval_for_new_addresses) return null;
  return ({ effects, budgets: { met = [] } }) =>
    addressesOf(effects)
      .filter((address) => !met.includes(address))
      .map((address) => ({
        code: "NEEDS_APPROVAL",
        limit: "require_human_approval_for_new_addresses",
        value: address,
        message: `${address} is called, paid or allowed something for the first time, and needs a person's approval`,
      }));
};
