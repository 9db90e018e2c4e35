import { max } from "../core/decimal.ts";
import type { Hash } from "../core/hex.ts";
import { hashOf, toJson } from "../core/json.ts";
import type { AmountsBody, ReservedBody } from "../journal/entries.ts";
import { addressesOf } from "../mandate/addresses-of.ts";
import { marginPut } from "../mandate/exchange/margin-put.ts";
import type { Limits } from "../mandate/terms.ts";
import type { AtWorst, Verdict } from "../mandate/verdict.ts";
import type { Prices } from "../protocols/effects.ts";
import type { ExchangeEffects } from "../protocols/exchange-effects.ts";
import type { Request } from "./contract.ts";

/** A request's name: the same wallet, cycle, step and content give the same one. The lease is who asks, not what. */
export function keyOf({ wallet, cycle, step, actions }: Request): Hash {
  return hashOf({ wallet, cycle, step, actions });
}

/** What a request takes from the budgets, as the journal keeps it. */
export function reservedBody(
  request: Request,
  key: Hash,
  { effects, atWorst }: Extract<Verdict, { kind: "allow" }>,
  prices: Prices,
  { require_human_approval_for_new_addresses: asksOfNew }: Limits,
): ReservedBody {
  return {
    key,
    cycle: request.cycle,
    step: request.step,
    class: atWorst.class,
    actions: effects.exchange?.moves.length ?? request.actions.length,
    at_worst: amountsBody(atWorst),
    until: effects.deadline,
    prices: Object.fromEntries(
      Object.entries(prices).flatMap(([asset, price]) => ("usd" in price ? [[asset, price.usd.toFixed()]] : [])),
    ),
    bounds: effects.deltas.map(({ account, asset, least, most }) => ({
      account,
      asset,
      least: least.toFixed(),
      most: most === "unbounded" ? most : most.toFixed(),
    })),
    ...(asksOfNew ? { addresses: addressesOf(effects) } : {}),
    ...(effects.exchange ? { margin: marginBody(effects.exchange, atWorst) } : {}),
  };
}

function marginBody(exchange: ExchangeEffects, { buys_usd }: AtWorst): NonNullable<ReservedBody["margin"]> {
  const at_risk = max(exchange.before.margin_at_risk_usd, exchange.after.margin_at_risk_usd);
  return { at_risk_usd: at_risk.toFixed(), put_usd: marginPut(exchange, buys_usd).toFixed() };
}

function amountsBody(atWorst: AtWorst): AmountsBody {
  const { class: _class, value_usd: _value, ...amounts } = atWorst;
  return toJson(amounts) as unknown as AmountsBody;
}

/** Why a verdict is not to allow, each code once. */
export function codesOf(verdict: Verdict): readonly string[] {
  const violations = verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : [];
  return [...new Set(violations.map(({ code }) => code))];
}
