import { isoTime } from "../../core/clock.ts";
import { isDecimal } from "../../core/decimal.ts";
import { type Json, toJson } from "../../core/json.ts";
import type { GatewayState } from "../../gateway/contract.ts";
import type { Mandate } from "../../mandate/terms.ts";
import type { Observation } from "../../venues/venue.ts";

export interface ObservationJsonParameters {
  readonly mandate: Pick<Mandate, "terms">;
  readonly seen: Observation;
  readonly state: GatewayState;
}

/** All that a model is told of the moment, as plain data: holdings, limits and what is left of them, outcomes, facts. */
export function observationJson({ mandate: { terms }, seen, state }: ObservationJsonParameters): Json {
  const { limits } = terms;
  return {
    time: isoTime(seen.at),
    portfolio_value_usd: seen.value_usd?.toFixed(2) ?? null,
    holdings: seen.holdings
      .filter(({ role }) => role !== "gas")
      .map(({ account, asset, amount, price_usd, value_usd, weight }) => ({
        account,
        asset,
        amount: amount.toFixed(),
        price_usd: price_usd?.toFixed() ?? null,
        value_usd: value_usd?.toFixed(2) ?? null,
        weight: weight?.toDecimalPlaces(6).toFixed() ?? null,
      })),
    limits: {
      cash: terms.numeraire,
      allowed_tokens: limits.allowed_tokens,
      allowed_recipients: limits.allowed_recipients,
      max_single_trade_usd: plain(limits.max_single_trade_usd),
      max_position_size_usd: plain(limits.max_position_size_usd),
      max_slippage_bps: plain(limits.max_slippage_bps),
      max_trades_per_hour: plain(limits.max_trades_per_hour),
      stop_loss_pct: plain(limits.stop_loss_pct),
      high_water_usd: state.high_water_usd?.toFixed(2) ?? null,
      left: Object.fromEntries(
        state.budgets.map(({ budget, unit, limit, left, refills }) => [
          unit === "USD" ? budget : `${budget} ${unit}`,
          { of: plain(limit), left: plain(left), ...(refills === null ? {} : { refills: isoTime(refills) }) },
        ]),
      ),
      only_reducing: state.stopped === null ? null : `${state.stopped.code}: ${state.stopped.reason}`,
    },
    last_outcomes: state.recent.map(({ cycle, at, kind, codes }) => ({
      cycle,
      time: isoTime(at),
      outcome: kind,
      codes: [...codes],
    })),
    unknowns: [...seen.unknowns],
    ...seen.facts,
  };
}

function plain(value: unknown): Json {
  return isDecimal(value) ? value.toFixed() : toJson(value);
}
