import { atLeast0, isAbove0, roundDown, ZERO } from "../../core/decimal.ts";
import { dollars } from "../dollars.ts";
import { keptForExits } from "../kept-for-exits.ts";
import { HOLDS, ofEach, overWith, type Question, type Rule, tooMuch } from "./rule.ts";

export const gas: Rule =
  ({ limits: { max_gas_usd_per_day: pot } }) =>
  (facts) => {
    const { budgets, atWorst } = facts;
    if (isAbove0(atWorst.exit_gas_usd)) return exitGas(facts);
    if (!isAbove0(atWorst.gas_usd) || !overWith(pot, budgets.gas_usd, atWorst.gas_usd)) return HOLDS;
    const until = budgets.refills.max_gas_usd_per_day;
    return [tooMuch("GAS_BUDGET", "max_gas_usd_per_day", pot, budgets.gas_usd, atWorst.gas_usd, "of gas", until)];
  };

const exitGas: Question = (facts) => {
  const { terms, budgets, atWorst } = facts;
  const pot = terms.limits.exit_gas_usd_per_day;
  const kept = keptForExits(facts);
  const used = budgets.exit_gas_usd.plus(kept);
  if (!overWith(pot, used, atWorst.exit_gas_usd)) return HOLDS;
  const beside = kept.isZero() ? "" : ` beside the ${dollars(kept)} that is kept for the way home`;
  return [tooMuch("GAS_BUDGET", "exit_gas_usd_per_day", pot, used, atWorst.exit_gas_usd, `of exit gas${beside}`)];
};

/** Native coin that is worth what exits may burn in a day stays where it is: without gas nobody gets home. */
export const gasReserve: Rule = ({ limits: { exit_gas_usd_per_day: pot } }) => {
  if (pot === "unlimited") return null;
  return ofEach(
    ({ moves }) => moves,
    ({ account, asset, least, least_usd, usd, of: { native, symbol } }, { effects }) => {
      if (!native || !least.isNegative() || usd === null) return null;
      const held = effects.before.find((holding) => holding.account === account && holding.asset === asset)?.amount ?? ZERO;
      const gasMost = effects.gas.reduce((total, bound) => (bound.asset === asset ? total.plus(bound.most) : total), ZERO);
      const left = held.plus(least).minus(gasMost).times(usd);
      if (left.gte(pot)) return null;
      const room = atLeast0(left.minus(least_usd).minus(pot));
      const message = `${dollars(atLeast0(left), "down")} of ${symbol} would be left for gas; ${dollars(pot)} is kept for getting home, ${dollars(room, "down")} can be given`;
      return {
        code: "GAS_RESERVE",
        limit: "exit_gas_usd_per_day",
        value: roundDown(left, 6).toFixed(),
        allowed: roundDown(room, 6).toFixed(),
        message,
      };
    },
  );
};
