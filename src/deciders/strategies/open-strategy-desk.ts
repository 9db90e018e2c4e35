import type { StrategiesTerms } from "../../mandate/terms.ts";
import { beside } from "../beside.ts";
import { loadStrategies, SHIPPED_STRATEGIES } from "./load-strategies.ts";
import { StrategyDesk } from "./strategy-desk.ts";

/**
 * The strategies that a mandate lists; null: it lists none.
 *
 * @param folder - where paths start: the mandate's folder.
 * @throws {FileProblemsError} with every problem of every file.
 * @throws {UsageError} when a file cannot be read, or a strategy is named that there is not.
 */
export function openStrategyDesk(terms: StrategiesTerms | undefined, folder: string | undefined): StrategyDesk | null {
  if (!terms) return null;
  const from = terms.from === "shipped" ? SHIPPED_STRATEGIES : beside(terms.from, folder);
  return new StrategyDesk(loadStrategies(from), terms);
}
