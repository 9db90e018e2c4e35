import type { Clock, Instant } from "../../src/core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../src/core/decimal.ts";
import { InvariantError } from "../../src/core/errors.ts";
import type { Gateway, GatewayState } from "../../src/gateway/contract.ts";
import type { AssetId } from "../../src/protocols/effects.ts";
import type { EvmIntent } from "../../src/venues/evm/intents.ts";
import type { EvmObservation } from "../../src/venues/evm/observation.ts";
import type { SeenHolding, Venue } from "../../src/venues/venue.ts";

export const START: Instant = Date.UTC(2026, 0, 5);

/** A clock of many sleepers that moves when it is told to. */
export class SharedClock implements Clock {
  #now = START;
  #sleepers: { readonly until: Instant; readonly wake: () => void }[] = [];
  #asleep: (() => void) | null = null;

  async now(): Promise<Instant> {
    return this.#now;
  }

  sleep(until: Instant): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ until, wake });
      this.#asleep?.();
    });
  }

  /** Resolves when so many sleep. */
  async asleep(count: number): Promise<void> {
    while (this.#sleepers.length < count)
      await new Promise<void>((resolve) => {
        this.#asleep = resolve;
      });
    this.#asleep = null;
  }

  /** To the earliest time that somebody sleeps for. */
  advance(): void {
    this.#now = Math.max(this.#now, Math.min(...this.#sleepers.map(({ until }) => until)));
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

const TOKENS: readonly AssetId[] = ["base/WETH", "base/USDC", "base/DAI", "base/GOV", "base/vUSDC"];

/** A portfolio that stands still. Each look is new objects, as one that was read from a chain is. */
export function stillVenue(clock: Clock): Venue<EvmIntent, EvmObservation> {
  return {
    async observe() {
      const at = await clock.now();
      return {
        at,
        value_usd: decimal("1500.25"),
        holdings: TOKENS.map((asset) => holding(asset, at)),
        ...{ allowances: [], unknowns: [], facts: {}, blocks: {}, pools: [], positions: [], vaults: [], prices: {} },
      };
    },
    plan: never,
    compile: never,
    readIntent: never,
    revokes: () => [],
    vocabulary: { intents: [] },
  };
}

function never(): never {
  throw new InvariantError("nothing is wanted in this bench");
}

function holding(asset: AssetId, at: Instant): SeenHolding {
  const price: Decimal = decimal("3000.12345678");
  const numeraire = asset === "base/USDC";
  return {
    ...{ account: "wallet", asset, amount: decimal("0.123456789012345678"), decimals: 18, price_at: at },
    ...{ price_usd: price, value_usd: decimal("300.05"), weight: decimal("0.2"), role: numeraire ? "numeraire" : "allowed" },
  };
}

/** A gateway that keeps nothing. */
export class ForgetfulGateway implements Gateway {
  readonly #clock: Clock;
  #cycle = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open() {
    this.#cycle += 1;
    return { lease: this.#cycle, cycle: this.#cycle };
  }

  async state(wallet: string): Promise<GatewayState> {
    const nothing = { stopped: null, budgets: [], holdings: [], high_water_usd: null, recent: [], permits: [], open: [] };
    return {
      wallet,
      now: await this.#clock.now(),
      lease: this.#cycle,
      cycle: this.#cycle,
      model_spent_today_usd: ZERO,
      ...nothing,
    };
  }

  preview = never;
  request = never;

  async settle() {
    return [];
  }

  async note(): Promise<void> {
    // What is noted is the gateway's to keep, in another process.
  }
}
