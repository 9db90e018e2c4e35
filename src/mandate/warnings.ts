import type { Decimal } from "../core/decimal.ts";
import { decimal, max, roundDown, roundUp } from "../core/decimal.ts";
import { boundOf, times } from "./bound.ts";
import { dollars } from "./dollars.ts";
import { needsTwoRpcs } from "./needs-two-rpcs.ts";
import { errorOf } from "./price-error.ts";
import { pricedAs } from "./priced-as.ts";
import { pricedRisky } from "./priced-risky.ts";
import type { Mandate, Terms } from "./terms.ts";

/** Something that is allowed and that its author may not have meant. */
export interface Warning {
  readonly code: "EXIT_GAS" | "EXIT_COST" | "TWO_RPCS";
  readonly limit: string;
  readonly message: string;
  readonly remedy: string;
}

export interface WarningOptions {
  /** What the gas of one exit may burn at most, in USD, where it is known. Left out: {@link ASSUMED_GAS_USD}. */
  readonly gas_usd_per_exit?: Decimal | undefined;
  /** What the accounts hold, in USD. Left out: what the position limits let them hold. */
  readonly value_usd?: Decimal | undefined;
}

/** An approval and a swap on a layer 2 on a dear day, as the gateway reserves them: twice the base fee, half as much gas again. */
export const ASSUMED_GAS_USD = decimal("0.25");

/** What a mandate allows that may stand in the way of getting out, or rests on too little. Pure. */
export function warningsOf(
  { terms, rehearsal }: Pick<Mandate, "terms" | "rehearsal">,
  options: WarningOptions = {},
): readonly Warning[] {
  return [...exitGas(terms, options), ...exitCost(terms), ...(rehearsal ? [] : twoRpcs(terms, options))];
}

/**
 * A model that burnt the day's gas leaves only the exits' own, and of that the half which is kept for the operator: it has
 * to pay for every lot of every full position.
 */
function exitGas(terms: Terms, { gas_usd_per_exit: known }: WarningOptions): readonly Warning[] {
  const { exit_gas_usd_per_day: pot, max_single_trade_usd: trade, max_position_size_usd: position } = terms.limits;
  if (pot === "unlimited" || trade === "unlimited" || position === "unlimited" || trade.isZero()) return [];
  const exits = roundUp(position.div(trade), 0).times(pricedRisky(terms).length);
  const each = known ?? ASSUMED_GAS_USD;
  const needed = exits.times(each).times(2);
  if (needed.lte(pot)) return [];
  const paid = roundDown(pot.div(2).div(each), 0).toFixed();
  const basis = known ? `at ${dollars(each)} of gas each` : `if each may burn ${dollars(each)} of gas, which is assumed`;
  return [
    {
      code: "EXIT_GAS",
      limit: "exit_gas_usd_per_day",
      message: `leaving full positions takes ${exits.toFixed()} exits; the half of ${dollars(pot)} that is kept for the operator pays for ${paid} a day ${basis}`,
      remedy: `Write ${roundUp(needed, 2).toFixed()} to leave within a day even when the day's other gas is burnt.`,
    },
  ];
}

/** An exit is priced by the feeds: while they lag, a fair price may look like a loss of as much as they may be off. */
function exitCost({ book, limits, numeraire }: Terms): readonly Warning[] {
  const most = limits.max_exit_cost_bps;
  if (most === "unlimited") return [];
  return Object.values(book.chains).flatMap((chain) =>
    limits.allowed_tokens.flatMap((token): readonly Warning[] => {
      const [feed, cash] = [chain.feeds[pricedAs(chain, token)], chain.feeds[numeraire]];
      const fees = Object.values(chain.pools)
        .filter(({ tokens }) => tokens.includes(token) && tokens.includes(numeraire))
        .map(({ fee }) => decimal(fee).div(100));
      const [first, ...rest] = fees;
      if (token === numeraire || !feed || !cash || !first) return [];
      const cheapest = rest.reduce((a, b) => (b.lt(a) ? b : a), first);
      const needed = [cheapest, errorOf(feed), errorOf(cash)].reduce((a, b) => a.plus(b));
      if (needed.lte(most)) return [];
      const parts = `${cheapest.toFixed()} of the pool's fee, ${errorOf(feed).toFixed()} of its feed and ${errorOf(cash).toFixed()} of ${numeraire}'s`;
      return [
        {
          code: "EXIT_COST",
          limit: "max_exit_cost_bps",
          message: `an exit from ${token} may look ${needed.toFixed()} bps dear while feeds lag (${parts}), and ${most.toFixed()} is the most: it is then held to the limits of a trade`,
          remedy: `Write ${roundUp(max(needed, most), 0).toFixed()} or more, or use feeds that answer sooner.`,
        },
      ];
    }),
  );
}

function twoRpcs(terms: Terms, { value_usd: value }: WarningOptions): readonly Warning[] {
  const held = value ?? times(boundOf(terms.limits.max_position_size_usd), decimal(pricedRisky(terms).length));
  const limit = terms.limits.two_rpcs_above_usd;
  return needsTwoRpcs(terms, held).map((chain) => ({
    code: "TWO_RPCS",
    limit: "two_rpcs_above_usd",
    message: `the accounts may hold ${held === "unbounded" ? "any amount" : dollars(held)}, more than ${limit === "unlimited" ? limit : dollars(limit)}, and ${chain} is the word of one endpoint`,
    remedy: `Give ${chain} a list of two endpoints that do not depend on each other: rpc: [url, url].`,
  }));
}
