import { atLeast0, isAbove0, roundDown, ZERO } from "../../core/decimal.ts";
import { dollars } from "../dollars.ts";
import { keptForExits } from "../kept-for-exits.ts";
import { HOLDS, overWith, type Rule, tooMuch } from "./rule.ts";

export const gas: Rule = (facts) => {
  const { terms, budgets, atWorst } = facts;
  const { max_gas_usd_per_day: pot, exit_gas_usd_per_day: exitPot } = terms.limits;
  if (isAbove0(atWorst.exit_gas_usd)) {
    const kept = keptForExits(facts);
    const used = budgets.exit_gas_usd.plus(kept);
    const beside = kept.isZero() ? "" : ` beside the ${dollars(kept)} that is kept for the way home`;
    if (overWith(exitPot, used, atWorst.exit_gas_usd)) {
      return [tooMuch("GAS_BUDGET", "exit_gas_usd_per_day", exitPot, used, atWorst.exit_gas_usd, `of exit gas${beside}`)];
    }
    return HOLDS;
  }
  if (isAbove0(atWorst.gas_usd) && overWith(pot, budgets.gas_usd, atWorst.gas_usd)) {
    const until = budgets.refills.max_gas_usd_per_day;
    return [tooMuch("GAS_BUDGET", "max_gas_usd_per_day", pot, budgets.gas_usd, atWorst.gas_usd, "of gas", until)];
  }
  return HOLDS;
};

/** Native coin that is worth what exits may burn in a day stays where it is: without gas nobody gets home. */
export const gasReserve: Rule = ({ terms, effects, moves }) => {
  const pot = terms.limits.exit_gas_usd_per_day;
  if (pot === "unlimited" || !moves.some(({ of }) => of.native)) return HOLDS;
  return moves.flatMap(({ account, asset, least, least_usd, usd, of: { native, symbol } }) => {
    if (!native || !least.isNegative() || usd === null) return [];
    const held = effects.before.find((holding) => holding.account === account && holding.asset === asset)?.amount ?? ZERO;
    const gasMost = effects.gas.reduce((total, bound) => (bound.asset === asset ? total.plus(bound.most) : total), ZERO);
    const left = held.plus(least).minus(gasMost).times(usd);
    if (left.gte(pot)) return [];
    const room = atLeast0(left.minus(least_usd).minus(pot));
    const message = `${dollars(atLeast0(left), "down")} of ${symbol} would be left for gas; ${dollars(pot)} is kept for getting home, ${dollars(room, "down")} can be given`;
    return [
      {
        code: "GAS_RESERVE" as const,
        limit: "exit_gas_usd_per_day",
        value: roundDown(left, 6).toFixed(),
        allowed: roundDown(room, 6).toFixed(),
        message,
      },
    ];
  });
};
