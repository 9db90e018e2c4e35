import { type Clock, systemClock } from "../../core/clock.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { candleHistory } from "../../tools/history/candles.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import type { HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import { venueOfMandate } from "../../venues/hyperliquid/venue-of-mandate.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { MarketInput } from "../paper-exchange/open-market.ts";
import type { FaultConfig } from "../paper-exchange/server/faults.ts";
import { type PaperExchange, startPaperExchange } from "../paper-exchange/start-paper-exchange.ts";
import { AccountTally } from "./account-tally.ts";
import { runBaselines } from "./baselines.ts";
import { portfolioReport } from "./portfolio-report.ts";
import { openRehearsalAccount, paperFunds, REHEARSAL_API_KEY } from "./rehearsal-account.ts";
import type { Stage } from "./stage.ts";

export interface HyperliquidStageParameters {
  readonly mandate: Pick<Mandate, "terms" | "brief">;
  readonly scope: HyperliquidScope;
  readonly seed: string;
  /** `USDC` in all, a fifth of it in spot where the mandate trades spot; or `perp` and `spot` apart. */
  readonly funds: Readonly<Record<string, string | undefined>>;
  readonly market?: MarketInput;
  /** What goes wrong once everything has started. */
  readonly faults?: Omit<FaultConfig, "seed">;
  /** Milliseconds of the exchange from one move of the market to the next. */
  readonly step: number;
  /** Seconds of the exchange in each second of the machine. Left out: time passes as fast as it can. */
  readonly speed?: number;
}

export interface HyperliquidStage extends Stage<HyperliquidIntent, HyperliquidObservation> {
  readonly exchange: PaperExchange;
  readonly measure: NonNullable<Stage["measure"]>;
}

/** A paper exchange of the rehearsal's own, with a funded account and an API wallet that may trade for it. */
export async function hyperliquidStage(parameters: HyperliquidStageParameters): Promise<HyperliquidStage> {
  const { mandate, scope, seed, market, faults, step, speed } = parameters;
  const funds = paperFunds(parameters.funds, scope);
  const exchange = await startPaperExchange({
    seed,
    accounts: 0,
    step,
    ...(market === undefined ? {} : { market }),
  });
  try {
    await openRehearsalAccount(exchange, funds);
    const tally = new AccountTally(exchange.exchange);
    const clock = speed === undefined ? exchange.clock : await scaled(exchange.clock, speed);
    const { venue, info } = venueOfMandate(mandate, exchange.http, clock, scope);
    return {
      where: "a paper exchange",
      chainId: null,
      url: exchange.http,
      account: REHEARSAL_WALLET,
      key: REHEARSAL_API_KEY,
      ...(scope.transfers ? { owner: REHEARSAL_KEY } : {}),
      clock,
      exchange,
      venue,
      async toolset() {
        const { HYPERLIQUID_TOOLS } = await import("../../tools/hyperliquid/hyperliquid-tools.ts");
        return { tools: HYPERLIQUID_TOOLS, history: candleHistory({ scope, info, clock }) };
      },
      async measure({ values, targets }) {
        const opened = { seed, step, start: null, market: market ?? null, regime: null, switches: {}, saved: undefined };
        const instants = values.map(({ at }) => at);
        const baselines = await runBaselines({ market: opened, funds, scope, mandate, instants, targets });
        return portfolioReport(values, tally.of(REHEARSAL_WALLET), baselines);
      },
      begin: () => exchange.faults.become(faults ?? {}),
      stop: () => exchange.stop(),
    };
  } catch (error) {
    await exchange.stop();
    throw error;
  }
}

/** Time that passes with the machine's, `speed` times as fast: for people who watch. */
async function scaled(world: Clock, speed: number): Promise<Clock> {
  const [here, there] = [await systemClock.now(), await world.now()];
  return {
    now: () => world.now(),
    async sleep(until, signal) {
      await systemClock.sleep(here + (until - there) / speed, signal);
      if (!signal?.aborted) await world.sleep(until, signal);
    },
  };
}
