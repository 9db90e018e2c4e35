import { EXCHANGE_RULES } from "../exchange/exchange-rules.ts";
import { HOLDS, type Rule } from "./rule.ts";

/** What only an exchange is asked. */
export const exchange: Rule =
  (terms) =>
  ({ prices, operator, budgets, exchange: facts }) =>
    facts === null ? HOLDS : EXCHANGE_RULES.flatMap((rule) => rule({ terms, prices, facts, operator, budgets }));
