import { DAY, HOUR, type Instant } from "../../../core/clock.ts";
import type { Json } from "../../../core/json.ts";
import { normal, type Random, seededRandom } from "../../../core/random.ts";
import { DEFAULT_DEPTH, type Depth, type MarketSource, type Picture, quotesAround } from "./source.ts";

const YEAR = 365 * DAY;

/** A state of mind of all markets together. */
interface Regime {
  /** Drift of a year's log price, in units of the coin's own volatility. */
  readonly drift: number;
  readonly volatility: number;
  /** What perpetuals trade above the oracle, in hundredths of a percent. */
  readonly premiumBps: number;
  /** Share of the way back to where the regime began that a day brings. */
  readonly reversion: number;
  readonly meanHours: number;
  readonly depth: number;
}

export const REGIMES: Readonly<Record<string, Regime>> = {
  calm: { drift: 0, volatility: 0.6, premiumBps: 1, reversion: 0, meanHours: 48, depth: 1.2 },
  range: { drift: 0, volatility: 0.8, premiumBps: 0, reversion: 0.8, meanHours: 60, depth: 1 },
  bull: { drift: 3, volatility: 1, premiumBps: 6, reversion: 0, meanHours: 72, depth: 1 },
  bear: { drift: -3, volatility: 1.1, premiumBps: -5, reversion: 0, meanHours: 60, depth: 0.8 },
  stress: { drift: -4, volatility: 2.5, premiumBps: -12, reversion: 0, meanHours: 12, depth: 0.3 },
};
const NAMES = Object.keys(REGIMES);

export interface SeededMarket {
  readonly coin: string;
  readonly price: number;
  /** Standard deviation of a year's log return in a regime of 1. */
  readonly annualVolatility: number;
  /** Share of its movement that all markets have in common, 0 to 1. */
  readonly common?: number;
  readonly jumpsPerDay?: number;
  /** Standard deviation of a jump's log return. */
  readonly jumpSize?: number;
  readonly depth?: Partial<Depth>;
  /** USD that takers without an opinion trade in an hour, on average. */
  readonly flowUsd?: number;
  /** A market whose price is another's, as spot is the perpetual's: its premium is left out. */
  readonly follows?: string;
}

export interface SeededSpec {
  readonly seed: string;
  readonly start: Instant;
  readonly markets: readonly SeededMarket[];
  /** Stays in one regime; left out, chance changes it. */
  readonly regime?: string | undefined;
}

interface Saved {
  readonly at: Instant;
  readonly step: number;
  readonly regime: string;
  readonly logs: Readonly<Record<string, number>>;
  readonly anchors: Readonly<Record<string, number>>;
  readonly premiums: Readonly<Record<string, number>>;
}

/**
 * Prices from a seed: regimes that change, returns with a common part, jumps, and a premium of perpetuals that funding
 * comes from. Each market has chance of its own, so that another market more changes no price of those before.
 */
export class SeededSource implements MarketSource {
  readonly #spec: SeededSpec;
  #saved: Saved;

  constructor(spec: SeededSpec) {
    this.#spec = spec;
    const logs = Object.fromEntries(spec.markets.map(({ coin, price }) => [coin, Math.log(price)]));
    const regime = spec.regime ?? pick(seededRandom(`${spec.seed}:regime`));
    this.#saved = { at: spec.start, step: 0, regime, logs, anchors: logs, premiums: {} };
  }

  /** The name of the regime that the markets are in. */
  get regime(): string {
    return this.#saved.regime;
  }

  at(now: Instant): ReadonlyMap<string, Picture> {
    const elapsed = now - this.#saved.at;
    if (elapsed > 0) this.#move(now, elapsed);
    return new Map(this.#spec.markets.map((market) => [market.coin, this.#picture(market, Math.max(elapsed, 0))]));
  }

  save(): Json {
    return { ...this.#saved };
  }

  load(saved: Json): void {
    this.#saved = saved as unknown as Saved;
  }

  #move(now: Instant, elapsed: number): void {
    const { seed, markets, regime: fixed } = this.#spec;
    const last = this.#saved;
    const step = last.step + 1;
    const shared = seededRandom(`${seed}:all:${step}`);
    const leaves = fixed === undefined && shared.next() < 1 - Math.exp(-elapsed / (regimeOf(last.regime).meanHours * HOUR));
    const regime = leaves ? pick(shared) : last.regime;
    const { drift, volatility, reversion, premiumBps } = regimeOf(regime);
    const together = normal(shared);
    const years = elapsed / YEAR;
    const anchors = regime === last.regime ? last.anchors : last.logs;
    const logs: Record<string, number> = {};
    const premiums: Record<string, number> = {};
    for (const { coin, annualVolatility, common = 0.6, jumpsPerDay = 0.2, jumpSize = 0.03, follows } of markets) {
      const own = seededRandom(`${seed}:${coin}:${step}`);
      const z = common * together + Math.sqrt(1 - common * common) * normal(own);
      const sigma = annualVolatility * volatility;
      const jump = own.next() < 1 - Math.exp((-jumpsPerDay * elapsed) / DAY) ? jumpSize * normal(own) : 0;
      const log = last.logs[coin] ?? 0;
      const back = ((anchors[coin] ?? log) - log) * (1 - Math.exp((-reversion * elapsed) / DAY));
      const moved = log + (drift * annualVolatility - (sigma * sigma) / 2) * years + sigma * Math.sqrt(years) * z + jump + back;
      logs[coin] = follows === undefined ? moved : (logs[follows] ?? moved);
      const old = last.premiums[coin] ?? premiumBps;
      const pull = 1 - Math.exp(-elapsed / (4 * HOUR));
      premiums[coin] = follows === undefined ? old + (premiumBps - old) * pull + 2 * Math.sqrt(pull) * normal(own) : 0;
    }
    this.#saved = { at: now, step, regime, logs, anchors, premiums };
  }

  #picture({ coin, depth, flowUsd = 50_000 }: SeededMarket, elapsed: number): Picture {
    const oracle = Math.exp(this.#saved.logs[coin] ?? 0);
    const mid = oracle * (1 + (this.#saved.premiums[coin] ?? 0) / 10_000);
    const all = { ...DEFAULT_DEPTH, ...depth };
    const random = seededRandom(`${this.#spec.seed}:flow:${coin}:${this.#saved.step}`);
    const flow = (normal(random) * flowUsd * Math.sqrt(Math.min(elapsed, HOUR) / HOUR)) / mid;
    return { oracle, flow, ...quotesAround(mid, { ...all, levelUsd: all.levelUsd * regimeOf(this.#saved.regime).depth }) };
  }
}

function pick(random: Random): string {
  return NAMES[Math.floor(random.next() * NAMES.length)] ?? "calm";
}

function regimeOf(name: string): Regime {
  return REGIMES[name] ?? { drift: 0, volatility: 1, premiumBps: 0, reversion: 0, meanHours: 48, depth: 1 };
}
