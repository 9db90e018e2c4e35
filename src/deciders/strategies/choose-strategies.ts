import { isMarketOf } from "./market-names.ts";
import { inRegimes, type Regime, RISK_PROFILES, type RiskProfile, type Strategy } from "./strategy.ts";

export interface ChooseParameters {
  /** The most that the mandate wants to risk. Null: anything. */
  readonly risk_profile: RiskProfile | null;
  /** Assets that the mandate can hold, cash left out. */
  readonly assets: readonly string[];
  readonly regime: Regime;
  /** The most that are chosen. */
  readonly most: number;
}

export interface Chosen {
  readonly chosen: readonly Strategy[];
  readonly left: readonly { readonly id: string; readonly reason: string }[];
}

/** The strategies that fit: markets, then risk profile, then regime. An unknown regime leaves none out. */
export function chooseStrategies(all: readonly Strategy[], { risk_profile, assets, regime, most }: ChooseParameters): Chosen {
  const reasonAgainst = (strategy: Strategy): string | undefined => {
    if (!assets.some((asset) => isMarketOf(asset, strategy.markets)))
      return `none of its markets: ${strategy.markets.join(", ")}`;
    if (risk_profile !== null && RISK_PROFILES.indexOf(strategy.risk_profile) > RISK_PROFILES.indexOf(risk_profile)) {
      return `its risk is ${strategy.risk_profile}, the mandate's is ${risk_profile}`;
    }
    if (regime === "unknown") return undefined;
    if (inRegimes(regime, strategy.avoid_regimes)) return `it avoids the regime ${regime}`;
    const { compatible_regimes: fits } = strategy;
    return fits.length > 0 && !inRegimes(regime, fits) ? `it is for ${fits.join(", ")}, not for ${regime}` : undefined;
  };
  const judged = all.map((strategy) => ({ strategy, reason: reasonAgainst(strategy) }));
  const fitting = judged.filter(({ reason }) => reason === undefined).map(({ strategy }) => strategy);
  return {
    chosen: fitting.slice(0, most),
    left: [
      ...judged.flatMap(({ strategy: { id }, reason }) => (reason === undefined ? [] : [{ id, reason }])),
      ...fitting.slice(most).map(({ id }) => ({ id, reason: `no more than ${most} are listed` })),
    ],
  };
}
