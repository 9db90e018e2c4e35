import { type Decimal, sum } from "../core/decimal.ts";
import type { ModelCall } from "./model-port.ts";

/** What the calls of one answer cost together, in USD. */
export function costOfCalls(calls: readonly Pick<ModelCall, "cost_usd">[]): Decimal {
  return sum(calls.map(({ cost_usd }) => cost_usd));
}
