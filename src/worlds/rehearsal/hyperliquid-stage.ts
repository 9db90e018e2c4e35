import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type Clock, DAY, systemClock } from "../../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { type Hex, lower } from "../../core/hex.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { hyperliquidVenue } from "../../venues/hyperliquid/hyperliquid-venue.ts";
import type { HyperliquidIntent } from "../../venues/hyperliquid/intents.ts";
import type { HyperliquidObservation } from "../../venues/hyperliquid/observation.ts";
import type { HyperliquidScope } from "../../venues/hyperliquid/scope.ts";
import { REHEARSAL_KEY, REHEARSAL_WALLET } from "../anvil/rehearsal-wallet.ts";
import type { MarketInput } from "../paper-exchange/open-market.ts";
import type { FaultConfig } from "../paper-exchange/server/faults.ts";
import { type PaperExchange, startPaperExchange } from "../paper-exchange/start-paper-exchange.ts";
import { AccountTally } from "./account-tally.ts";
import { runBaselines } from "./baselines.ts";
import { fundAccount, type PaperFunds } from "./fund-account.ts";
import { portfolioReport } from "./portfolio-report.ts";
import { RehearsalError } from "./rehearsal-error.ts";
import type { Stage } from "./stage.ts";

/** What may trade for a rehearsal's account and take nothing out of it. As worthless as the account. */
export const REHEARSAL_API_KEY: Hex = keccak256(toHex("mandate: the API wallet of a rehearsal, worth nothing"));

/** What the account begins with in all, in USD. */
export const DEFAULT_PAPER_FUNDS: Readonly<Record<string, string>> = { USDC: "50000" };

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
  const funds = readFunds(parameters.funds, scope);
  const exchange = await startPaperExchange({
    seed,
    accounts: 0,
    step,
    ...(market === undefined ? {} : { market }),
  });
  try {
    fundAccount(exchange.exchange, REHEARSAL_WALLET, funds);
    await approve(exchange);
    const tally = new AccountTally(exchange.exchange);
    const clock = speed === undefined ? exchange.clock : await scaled(exchange.clock, speed);
    return {
      where: "a paper exchange",
      chainId: null,
      url: exchange.http,
      account: REHEARSAL_WALLET,
      key: REHEARSAL_API_KEY,
      clock,
      exchange,
      venue: hyperliquidVenue({ scope, info: infoClient({ url: exchange.http }), clock }),
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

/** The account's own key says who may trade for it, as it would at the venue. */
async function approve(exchange: PaperExchange): Promise<void> {
  const now = await exchange.now();
  const client = new ExchangeClient({
    transport: new HttpTransport({ apiUrl: exchange.http, isTestnet: true }),
    wallet: privateKeyToAccount(REHEARSAL_KEY),
    nonceManager: () => now,
  });
  const agentAddress = lower(privateKeyToAccount(REHEARSAL_API_KEY).address);
  // The longest that the venue lets an approval hold, whatever the rehearsal's length.
  await client.approveAgent({ agentAddress, agentName: `rehearsal valid_until ${now + LONGEST_APPROVAL}` });
}

const LONGEST_APPROVAL = 180 * DAY;

function readFunds({ USDC, perp, spot, ...rest }: HyperliquidStageParameters["funds"], scope: HyperliquidScope): PaperFunds {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined || (USDC !== undefined && (perp !== undefined || spot !== undefined))) {
    throw new RehearsalError("BAD_FUNDS", "a paper exchange's account begins with dollars", {
      remedy: "Give USDC=50000 in all, or perp=40000,spot=10000.",
    });
  }
  if (perp !== undefined || spot !== undefined) return { perp: decimal(perp ?? 0), spot: decimal(spot ?? 0) };
  const all = decimal(USDC ?? DEFAULT_PAPER_FUNDS.USDC ?? 0);
  const trades = Object.values(scope.markets);
  const share = trades.every(({ kind }) => kind === "spot") ? 1 : trades.some(({ kind }) => kind === "spot") ? 0.2 : 0;
  const inSpot: Decimal = share === 0 ? ZERO : all.times(share).toDecimalPlaces(2, 1);
  return { perp: all.minus(inSpot), spot: inSpot };
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
