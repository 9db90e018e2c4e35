import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { type AgentParameters, runAgent } from "../../../src/agent/agent.ts";
import type { AgentEvent } from "../../../src/agent/events.ts";
import { MINUTE } from "../../../src/core/clock.ts";
import { decimal, ZERO } from "../../../src/core/decimal.ts";
import type { Targets } from "../../../src/planning/targets.ts";
import { infoClient } from "../../../src/protocols/hyperliquid/info-client.ts";
import { hyperliquidVenue } from "../../../src/venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidIntent } from "../../../src/venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../../src/venues/hyperliquid/observation.ts";
import { hyperliquidScope } from "../../../src/venues/hyperliquid/scope-of.ts";
import { openHouse } from "../../hyperliquid/support/trading-house.ts";

/** Journals that nobody needs tomorrow need no disk. */
export const RAM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Wide enough that only the venue's faults keep a plan from being done. */
const WIDE = {
  allowed_markets: '["BTC:perp", "ETH:perp", "SOL:perp"]',
  max_single_trade_usd: "40000",
  max_daily_spend_usd: "2000000",
  max_daily_loss_usd: "20000",
  max_position_size_usd: "40000",
  max_margin_at_risk_usd: "40000",
  max_exit_cost_bps: "200",
  max_consecutive_failures: "1000",
  stop_loss_pct: "90",
};

/** How long an answer that never comes is waited for. */
const SILENCE_MS = 2_000;

/** "hl/BTC:perp" by weight, as targets of the house's wallet. */
export function targetsOf(weights: Readonly<Record<string, string>>): Targets {
  return Object.entries(weights).map(([market, weight]) => ({
    account: "wallet",
    asset: `hl/${market}` as const,
    weight: decimal(weight),
  }));
}

/** An agent, a whole gateway (judge, journal on SQLite, rail) and a paper exchange behind its wire. */
export async function wholeStage({ seed, usdc }: { readonly seed: string; readonly usdc: number }) {
  const house = await openHouse({ seed, usdc, accounts: 1, step: 5 * MINUTE, under: RAM, written: WIDE, deadlineMs: SILENCE_MS });
  const { exchange, mandate: read } = house;
  const scope = hyperliquidScope(read);
  const venue = hyperliquidVenue({ scope, info: infoClient({ url: exchange.http }), clock: exchange.clock });
  const wake = { drift_points: ZERO, price_pct: ZERO, at_least_every: 0 };
  const plan = { threshold_points: decimal(5), min_trade_usd: decimal(10), slippage_bps: decimal(50) };
  const mandate = { ...read, brief: { ...read.brief, wake, plan, every: 10 * MINUTE } };
  const events: AgentEvent<HyperliquidIntent>[] = [];
  return {
    house,
    exchange,
    venue,
    mandate,
    events,
    /** An agent that wants these in turn, one each cycle, and then the last ones. */
    run(wanted: readonly Targets[], more: Partial<AgentParameters<HyperliquidIntent, HyperliquidObservation>> = {}) {
      let asked = 0;
      return runAgent({
        mandate,
        wallet: house.opened.wallet,
        gateway: house.opened.gateway,
        venue,
        clock: exchange.clock,
        cycles: wanted.length,
        decider: {
          async decide() {
            const targets = wanted[Math.min(asked++, wanted.length - 1)] ?? [];
            return { kind: "targets", targets, why: "as told" };
          },
        },
        on: (event) => void events.push(event),
        ...more,
      });
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

export type WholeStage = Awaited<ReturnType<typeof wholeStage>>;
