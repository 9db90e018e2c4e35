import { max, roundUp, ZERO } from "../../core/decimal.ts";
import type { DecodedCall } from "../../protocols/effects.ts";
import { addressesOf } from "../addresses-of.ts";
import { dollars } from "../dollars.ts";
import type { Facts } from "../facts.ts";
import type { Violation } from "../verdict.ts";
import { HOLDS, over, overWith } from "./rule.ts";
import { signedAllowances } from "./size.ts";

/** Whether a person has to agree first. Asked only of requests that nothing denies, and of none that reduces. */
export function needsApproval(facts: Facts): readonly Violation[] {
  if (facts.atWorst.class === "reduce") return HOLDS;
  const asks = [bySize(facts), byFunction(facts), byAddress(facts)];
  return asks.some(({ length }) => length > 0) ? asks.flat() : HOLDS;
}

function bySize({ terms, budgets, atWorst, standing }: Facts): readonly Violation[] {
  const limit = terms.limits.require_human_approval_above_usd;
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
}

function byFunction({ terms, effects }: Facts): readonly Violation[] {
  const listed = terms.limits.require_human_approval_for;
  if (listed.length === 0) return HOLDS;
  const asked = [...new Set(effects.calls.flatMap(functionsIn))].filter((name) => listed.includes(name));
  return asked.map((name) => ({
    code: "NEEDS_APPROVAL",
    limit: "require_human_approval_for",
    value: name,
    message: `${name} needs a person's approval`,
  }));
}

function functionsIn({ contract, function: name, inner }: DecodedCall): readonly string[] {
  return [...(contract === null ? [] : [`${contract}.${name}`]), ...inner.flatMap(functionsIn)];
}

function byAddress({ terms, effects, budgets }: Facts): readonly Violation[] {
  if (!terms.limits.require_human_approval_for_new_addresses) return HOLDS;
  const met = budgets.met ?? [];
  return addressesOf(effects)
    .filter((address) => !met.includes(address))
    .map((address) => ({
      code: "NEEDS_APPROVAL",
      limit: "require_human_approval_for_new_addresses",
      value: address,
      message: `${address} is called, paid or allowed something for the first time, and needs a person's approval`,
    }));
}
