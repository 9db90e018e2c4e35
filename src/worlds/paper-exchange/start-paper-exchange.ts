import { type Clock, type Instant, MINUTE, systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { type Json, toJson } from "../../core/json.ts";
import { SerialSleep } from "../anvil/serial-sleep.ts";
import type { Exchange } from "./engine/exchange.ts";
import type { Switches } from "./engine/types.ts";
import type { SeededSpec } from "./market/seeded-source.ts";
import { type MarketInput, openMarket } from "./open-market.ts";
import { sampleOf } from "./server/answer-info.ts";
import { ApiWallets } from "./server/api-wallets.ts";
import { EquityHistory } from "./server/equity-history.ts";
import { type FaultConfig, Faults } from "./server/faults.ts";
import { openFront } from "./server/http-front.ts";
import { NonceWindows } from "./server/nonce-windows.ts";
import { type PaperAccount, paperAccount } from "./server/paper-accounts.ts";
import { PaperBackend } from "./server/paper-backend.ts";
import { AddressQuotas, IpWeights, type RateLimitConfig, VENUE_RATE_LIMITS } from "./server/rate-limits.ts";
import { readSavedState } from "./server/saved-state.ts";

export interface PaperExchangeOptions {
  /** What the market's chance, the accounts' keys and the faults start from. Default "1". */
  readonly seed?: string;
  /** Throwaway accounts to begin with. Default 1. */
  readonly accounts?: number;
  /** What each begins with, in whole dollars of perpetual margin. Default 50,000. */
  readonly usdc?: number;
  /** When its time begins. Default 2026-01-05T00:00:00Z, or where the market's files begin. */
  readonly start?: Instant;
  /** Where to listen. Default 0: any free port. */
  readonly port?: number;
  /** Candles or recorded books to go by, in place of the seeded market. */
  readonly market?: MarketInput;
  /** The seeded market stays in one regime: "calm", "range", "bull", "bear" or "stress". Left out, chance changes it. */
  readonly regime?: NonNullable<SeededSpec["regime"]>;
  /** Milliseconds of the exchange from one move of the market to the next. Default a minute. */
  readonly step?: number;
  /** Readings of the venue's rules where what is public disagrees. */
  readonly switches?: Partial<Switches>;
  readonly faults?: FaultConfig;
  readonly limits?: Partial<RateLimitConfig>;
  /** What {@link PaperExchange.save} gave: the exchange goes on from there. */
  readonly saved?: unknown;
}

export interface PaperExchange extends AsyncDisposable {
  /** The HTTP API without "/info". */
  readonly http: string;
  readonly ws: string;
  readonly accounts: readonly PaperAccount[];
  /** The venue's rules and its state, for tests and reports; clients see the wire only. */
  readonly exchange: Exchange;
  readonly faults: Faults;
  /** The exchange's time. Sleeping on it lets it pass. */
  readonly clock: Clock;
  now(): Promise<Instant>;
  /** Lets the exchange's time pass until an instant: the market moves, funding is paid, positions are liquidated. */
  advance(until: Instant): Promise<void>;
  /** Everything, as plain JSON: what {@link PaperExchangeOptions.saved} takes. */
  save(): Json;
  stop(): Promise<void>;
}

/**
 * An exchange on this machine that speaks Hyperliquid's wire protocol, with a market that moves and throwaway
 * accounts. Its time stands until it is told to pass.
 *
 * ```ts
 * await using paper = await startPaperExchange({ seed: "7" });
 * const transport = new HttpTransport({ isTestnet: true, apiUrl: paper.http });
 * await paper.advance((await paper.now()) + 3_600_000);
 * ```
 *
 * @throws {PaperExchangeError} where the port cannot be listened on
 * @throws {SavedStateError}
 * @throws {MarketFileError}
 */
export async function startPaperExchange(options: PaperExchangeOptions = {}): Promise<PaperExchange> {
  const { seed = "1", accounts: count = 1, usdc = 50_000, step = MINUTE, port = 0 } = options;
  if (!Number.isInteger(usdc) || usdc < 1) throw new UsageError("an account begins with whole dollars, at least one");
  const saved = options.saved === undefined ? undefined : readSavedState(options.saved);
  const limits = { ...VENUE_RATE_LIMITS, ...options.limits };
  const market = openMarket({
    seed,
    step,
    start: options.start ?? null,
    market: options.market ?? null,
    regime: options.regime ?? null,
    switches: options.switches ?? {},
    saved: saved?.market,
  });
  const { exchange } = market;
  const accounts = Array.from({ length: count }, (_, n) => paperAccount(seed, n, String(usdc)));
  for (const { address } of accounts) if (!exchange.exists(address)) exchange.deposit(address, String(usdc));
  const venue = {
    exchange,
    wallets: new ApiWallets(saved?.wallets),
    nonces: new NonceWindows(saved?.nonces),
    quotas: new AddressQuotas(limits.initialRequests, saved?.quotas),
    equity: new EquityHistory(saved?.equity),
    weights: new IpWeights(limits.weightPerMinute),
    faults: new Faults({ seed, ...options.faults }),
    machineNow: () => systemClock.now(),
  };
  const backend = new PaperBackend(venue);
  const record = () => {
    for (const { address } of accounts) venue.equity.record(address, sampleOf(exchange, address));
  };
  record();
  const front = await openFront(backend, port);
  const advance = async (until: Instant) => {
    if (until <= exchange.now) return;
    market.advance(until);
    record();
    backend.publish();
  };
  const sleepers = new SerialSleep(async (until) => {
    await advance(until);
    return true;
  });
  return {
    http: front.http,
    ws: front.ws,
    accounts,
    exchange,
    faults: venue.faults,
    clock: { now: async () => exchange.now, sleep: (until, signal) => sleepers.sleep(until, signal) },
    now: async () => exchange.now,
    advance,
    save: () =>
      toJson({
        version: 1,
        market: market.save(),
        wallets: venue.wallets.toJSON(),
        nonces: venue.nonces.toJSON(),
        quotas: venue.quotas.toJSON(),
        equity: venue.equity.toJSON(),
      }),
    stop: () => front.stop(),
    [Symbol.asyncDispose]: () => front.stop(),
  };
}
