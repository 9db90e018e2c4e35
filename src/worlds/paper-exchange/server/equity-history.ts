import { DAY, HOUR, type Instant } from "../../../core/clock.ts";
import { Decimal, ZERO } from "../../../core/decimal.ts";
import type { Address } from "../../../core/hex.ts";

/** How an account stood at an instant, in dollars, as decimal text. */
export interface Sample {
  readonly at: Instant;
  readonly total: string;
  readonly perp: string;
  /** Put in less taken out, in all. */
  readonly paidIn: string;
  /** Traded in all. */
  readonly volume: string;
}

const KEPT = 10_000;

/** How accounts stood, once an hour. What `portfolio` is made from. */
export class EquityHistory {
  readonly #samples: Map<Address, Sample[]>;

  constructor(saved: readonly (readonly [Address, readonly Sample[]])[] = []) {
    this.#samples = new Map(saved.map(([account, samples]) => [account, [...samples]]));
  }

  /** Keeps a sample, if the last one of the account is an hour old. */
  record(account: Address, sample: Sample): void {
    const own = this.#samples.get(account) ?? [];
    const last = own.at(-1);
    if (last !== undefined && sample.at < last.at + HOUR) return;
    own.push(sample);
    if (own.length > KEPT) own.splice(0, own.length - KEPT);
    this.#samples.set(account, own);
  }

  /** The venue's `portfolio`: value and profit by period, with how the account stands now as the last point. */
  portfolio(account: Address, now: Sample): readonly (readonly [string, object])[] {
    const all = [...(this.#samples.get(account) ?? []).filter(({ at }) => at < now.at), now];
    return [
      ...PERIODS.map(([name, length]) => [name, period(all, now.at - length, "total")] as const),
      ...PERIODS.map(
        ([name, length]) => [`perp${name[0]?.toUpperCase()}${name.slice(1)}`, period(all, now.at - length, "perp")] as const,
      ),
    ];
  }

  toJSON(): readonly (readonly [Address, readonly Sample[]])[] {
    return [...this.#samples];
  }
}

const PERIODS = [
  ["day", DAY],
  ["week", 7 * DAY],
  ["month", 30 * DAY],
  ["allTime", Number.POSITIVE_INFINITY],
] as const;

function period(all: readonly Sample[], from: Instant, of: "total" | "perp"): object {
  const points = all.filter(({ at }) => at >= from);
  const [first] = points;
  const profit = (sample: Sample) => new Decimal(sample.total).minus(sample.paidIn);
  const begun = first === undefined ? ZERO : profit(first);
  return {
    accountValueHistory: points.map((sample) => [sample.at, sample[of]]),
    pnlHistory: points.map((sample) => [sample.at, profit(sample).minus(begun).toFixed()]),
    vlm: new Decimal(points.at(-1)?.volume ?? 0).minus(first?.volume ?? 0).toFixed(),
  };
}
