import type { Instant } from "../../core/clock.ts";
import { type Decimal, max, ratio, ZERO } from "../../core/decimal.ts";
import type { AccountFigures } from "./account-tally.ts";
import type { Baseline } from "./baselines.ts";

/** What an account was worth at a look. */
export interface ValuePoint {
  readonly at: Instant;
  readonly value_usd: Decimal;
}

/** The same money run one way, as an exchange booked it. */
export interface PortfolioRow extends AccountFigures {
  /** "agent", or the name of what it is compared with. */
  readonly name: string;
  readonly means: string;
  readonly value_usd: Decimal;
  /** Percent of what it began with. */
  readonly return_pct: Decimal;
  /** The deepest fall from a high before it, in percent of that high. */
  readonly drawdown_pct: Decimal;
}

export interface PortfolioReport {
  readonly from: Instant;
  readonly until: Instant;
  /** The agent first. */
  readonly rows: readonly PortfolioRow[];
  /** Values at each look, in the order of `rows`. */
  readonly curve: readonly { readonly at: Instant; readonly values_usd: readonly Decimal[] }[];
}

/** An agent's account beside its baselines. Every figure is counted or computed from what was counted. */
export function portfolioReport(
  values: readonly ValuePoint[],
  figures: AccountFigures,
  baselines: readonly Baseline[],
): PortfolioReport {
  const agent = {
    name: "agent",
    means: "what the agent did, through its gateway",
    values: values.map(({ value_usd }) => value_usd),
    figures,
  };
  const runs = [agent, ...baselines];
  return {
    from: values[0]?.at ?? 0,
    until: values.at(-1)?.at ?? 0,
    rows: runs.map(({ name, means, values: of, figures: counted }) => {
      const [first, last] = [of[0] ?? ZERO, of.at(-1) ?? ZERO];
      return {
        name,
        means,
        value_usd: last,
        return_pct: first.isZero() ? ZERO : ratio(last.minus(first), first).times(100),
        drawdown_pct: deepestFall(of),
        ...counted,
      };
    }),
    curve: values.map(({ at }, n) => ({ at, values_usd: runs.map(({ values: of }) => of[n] ?? ZERO) })),
  };
}

/** In percent of the high that it fell from; 0 where nothing fell. */
export function deepestFall(values: readonly Decimal[]): Decimal {
  let high = ZERO;
  let deepest = ZERO;
  for (const value of values) {
    high = max(high, value);
    if (!high.isZero()) deepest = max(deepest, ratio(high.minus(value), high).times(100));
  }
  return deepest;
}
