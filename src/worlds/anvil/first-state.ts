import { type Instant, MINUTE, SECOND } from "../../core/clock.ts";
import { decimal, ZERO } from "../../core/decimal.ts";
import { UsageError } from "../../core/errors.ts";
import { type ScenarioStep, startMarket } from "../market.ts";
import { GENESIS_TIME } from "./anvil.ts";
import type { WorldState } from "./evm-market.ts";
import { SYMBOLS, TOKENS, type TokenSymbol } from "./world-spec.ts";

/** 2026-01-05T00:00:00Z. */
export const DEFAULT_START: Instant = 1_767_571_200_000;

/** What decides how a world's market moves. */
export interface MarketOptions {
  readonly seed: string | number;
  /** The world's first instant; whole seconds, after 2024-01-02. Default {@link DEFAULT_START}. */
  readonly start?: Instant;
  readonly scenario?: readonly ScenarioStep[];
  /** Yearly volatility by token instead of the world's own; 0 stands still but for the scenario. */
  readonly volatility?: Readonly<Partial<Record<TokenSymbol, number>>>;
  /** Milliseconds between two market ticks; whole seconds. Default one minute. */
  readonly period?: number;
}

/**
 * The state of a world before its first block.
 *
 * @throws {UsageError} for a start, a price or a scenario that cannot be.
 */
export function firstState({
  seed,
  start = DEFAULT_START,
  scenario = [],
  volatility = {},
  period = MINUTE,
}: MarketOptions): WorldState {
  if (start % SECOND !== 0 || start < (GENESIS_TIME + 86_400) * SECOND) {
    throw new UsageError("a world starts at a whole second after 2024-01-02", { details: { start } });
  }
  if (period % SECOND !== 0 || period < SECOND)
    throw new UsageError("a market tick takes whole seconds", { details: { period } });
  for (const { asset, change } of scenario) {
    if (!(asset in TOKENS)) throw new UsageError(`the scenario moves ${asset}, which the world does not have`);
    if (decimal(change.replace(/^\+/, "")).lte(-1)) throw new UsageError(`a price cannot change by ${change}`);
  }
  const assets = Object.fromEntries(
    SYMBOLS.map((symbol) => {
      const { price, annualVolatility } = TOKENS[symbol];
      return [symbol, { price, annualVolatility: volatility[symbol] ?? annualVolatility }];
    }),
  );
  const process = { seed: String(seed), assets, scenario, period };
  const silent = { price: ZERO, updatedAt: 0 };
  const feeds = { WETH: silent, USDC: silent, DAI: silent, GOV: silent };
  return { process, start, market: startMarket(process), feeds, frozen: false, nonce: 0 };
}
