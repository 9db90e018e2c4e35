import { DAY, HOUR, MINUTE } from "../../../src/core/clock.ts";
import { type Decimal, fromUnits, max, min, sum, ZERO } from "../../../src/core/decimal.ts";
import { InvariantError } from "../../../src/core/errors.ts";
import type { FleetTerms, Limit, Limits, Terms } from "../../../src/mandate/terms.ts";
import { worstCase } from "../../../src/mandate/worst-case.ts";
import type { House } from "../../support/house.ts";
import { DECIMALS, HELD, type Held, pinnedPrice, truePrice } from "./accomplice.ts";
import { holds } from "./holds.ts";
import { lostBetween, NOTHING, type Possessions, worthOf } from "./possessions.ts";
import type { Figure, Tally } from "./tally.ts";

/** Something in USD, and when it was seen. */
export interface Happened {
  readonly at: number;
  readonly usd: Decimal;
}

type Windows = Pick<Limits, "max_hourly_spend_usd" | "max_daily_spend_usd" | "max_weekly_spend_usd" | "max_total_spend_usd">;

/**
 * How long what was seen to be spent is held to count, at least: a gateway counts from when it told what came of a request,
 * and we look a little later.
 */
const WINDOWS: readonly (readonly [keyof Windows, number])[] = [
  ["max_hourly_spend_usd", HOUR - 10 * MINUTE],
  ["max_daily_spend_usd", DAY - HOUR],
  ["max_weekly_spend_usd", 7 * DAY - HOUR],
  ["max_total_spend_usd", Number.POSITIVE_INFINITY],
];
/** What is worth a dollar, and leaves only for something that is not, or for somebody else. */
const CASH: readonly Held[] = ["USDC", "PUSD"];

/** What one wallet had and lost and spent, as the chain shows it, held to its mandate: the gateway's own books are not asked. */
export class Ledger {
  readonly #house: Pick<House, "world" | "mandate">;
  readonly #tally: Tally;
  readonly #read: () => Promise<Possessions>;
  #losses: Happened[] = [];
  #spent: Happened[] = [];
  #seen: Possessions = NOTHING;
  #high = ZERO;
  readonly #lowest = new Map<Held, Decimal>();
  /** Tokens that a request gave an allowance of for a swap of its own which may not have come about. */
  readonly mayStay = new Set<Held>();

  constructor(house: Pick<House, "world" | "mandate">, tally: Tally, read: () => Promise<Possessions>) {
    this.#house = house;
    this.#tally = tally;
    this.#read = read;
  }

  get seen(): Possessions {
    return this.#seen;
  }

  get losses(): readonly Happened[] {
    return this.#losses;
  }

  get spent(): readonly Happened[] {
    return this.#spent;
  }

  get high(): Decimal {
    return this.#high;
  }

  /** The least that the coin was worth so far. */
  get cheapestCoin(): Decimal {
    return this.#lowest.get("ETH") ?? pinnedPrice(this.#house.world, "ETH");
  }

  /** What is there now is what there was: a gift pays for no loss, and a chain that went back took none. */
  async begin(): Promise<void> {
    this.#seen = await this.#read();
  }

  /** Something that is no cash was taken by a message: USD, of which prices may have moved a little since it was signed. */
  alsoSpent(usd: Decimal, at: number): void {
    if (usd.gt(0)) this.#spent.push({ at, usd: usd.times("0.9") });
  }

  /** For a chain that goes back: call what it gives once it has. */
  mark(): () => Promise<void> {
    const [losses, spent] = [this.#losses.length, this.#spent.length];
    return async () => {
      this.#losses = this.#losses.slice(0, losses);
      this.#spent = this.#spent.slice(0, spent);
      await this.begin();
    };
  }

  /**
   * Holds what is gone since the last look against the printed figures and the limits of spend.
   *
   * @param trades - how many requests may have come out since.
   * @param live - USD that others can take with what was signed for them.
   */
  async look({ trades = 1, live = ZERO }: { readonly trades?: number; readonly live?: Decimal } = {}): Promise<void> {
    const { world: at, mandate } = this.#house;
    const before = this.#seen;
    const held = await this.#read();
    for (const symbol of HELD)
      this.#lowest.set(symbol, min(this.#lowest.get(symbol) ?? pinnedPrice(at, symbol), pinnedPrice(at, symbol)));
    this.#high = max(this.#high, worthOf(this.#house, held, pinnedPrice), worthOf(this.#house, held, truePrice));
    const loss = max(ZERO, lostBetween(this.#house, before, held, truePrice));
    this.#seen = held;
    const now = await at.clock.now();
    if (loss.gt(0)) {
      this.#losses.push({ at: now, usd: loss });
      const printed = worstCase(mandate.terms, { value_usd: this.#high });
      this.#hold("per_trade", loss, printed.per_trade.total_usd, trades);
      this.#hold("per_day", within(this.#losses, now, DAY), printed.per_day.total_usd);
      this.#hold("in_all", sum(this.#losses.map(({ usd }) => usd)), printed.in_all.total_usd);
    }
    this.#cash(before, held, now);
    this.#allowances(held, live, now);
  }

  /** Cash that is gone was spent, and what must be left of it is left. Where it can go into a vault or a pool it need not be. */
  #cash(before: Possessions, held: Possessions, now: number): void {
    const { terms } = this.#house.mandate;
    if (held.share !== null) return;
    const of = ({ units }: Possessions) => sum(CASH.map((symbol) => fromUnits(units[symbol] ?? 0n, DECIMALS[symbol])));
    const usd = of(before).minus(of(held));
    if (usd.gt(0)) this.#spent.push({ at: now, usd });
    holdSpent(terms.limits, this.#spent, now, "");
    const [was, is] = [before.units.USDC ?? 0n, held.units.USDC ?? 0n];
    const cash = fromUnits(is, DECIMALS.USDC);
    const kept = terms.limits.min_cash_usd;
    holds(is >= was || cash.gte(kept), `${cash.toFixed(2)} of ${kept.toFixed(2)} in cash is left`);
  }

  /**
   * What was signed and what was spent are one sum, and what is left allowed is in it. What may stay allowed is one trade in
   * all. A swap that does not come about leaves besides what it should have used up: a trade of each token; and that of an
   * exit is no spend.
   */
  #allowances({ allowed }: Possessions, live: Decimal, now: number): void {
    const { max_single_trade_usd: trade, max_daily_spend_usd: day } = this.#house.mandate.terms.limits;
    const left = sum(
      HELD.map((symbol) => fromUnits(allowed[symbol] ?? 0n, DECIMALS[symbol]).times(this.#lowest.get(symbol) ?? ZERO)),
    );
    const spent = within(this.#spent, now, DAY - HOUR);
    const exits = [...this.mayStay].filter((symbol) => !CASH.includes(symbol)).length;
    holdTo(left, trade === "unlimited" ? trade : trade.times(1 + this.mayStay.size), "left allowed at once");
    holdTo(live.plus(spent), day, `spent in a day, ${live.toFixed(2)} signed among it`);
    const most = day === "unlimited" || trade === "unlimited" ? "unlimited" : day.plus(trade.times(exits));
    holdTo(left.plus(live).plus(spent), most, "spent, signed or left allowed in a day");
  }

  #hold(figure: Figure, lost: Decimal, printed: Decimal | "unbounded", times = 1): void {
    if (printed === "unbounded") throw new InvariantError("every limit that a worst case needs is a number");
    const most = printed.times(times);
    holds(lost.lte(most), `${figure}: lost ${lost.toFixed(2)}, printed ${most.toFixed(2)}`);
    this.#tally.worst[figure] = max(this.#tally.worst[figure], lost.div(most));
  }
}

/** What wallets of one fleet lost and spent together, held to what they share. */
export async function holdFleet(terms: Terms, fleet: FleetTerms, wallets: readonly Ledger[], now: number): Promise<void> {
  const all = (what: "losses" | "spent") => wallets.flatMap((one) => one[what]);
  holdSpent(fleet, all("spent"), now, "by the fleet ");
  const printed = worstCase(asOne(terms, fleet, wallets.length), { value_usd: sum(wallets.map(({ high }) => high)) });
  const lost = within(all("losses"), now, DAY);
  holdTo(lost, printed.per_day.total_usd === "unbounded" ? "unlimited" : printed.per_day.total_usd, "lost by the fleet in a day");
}

/** A fleet as one wallet: what it shares is shared, and everything else is there for each. */
function asOne(terms: Terms, fleet: FleetTerms, wallets: number): Terms {
  const { limits } = terms;
  const each = (limit: Limit): Limit => (limit === "unlimited" ? limit : limit.times(wallets));
  return {
    ...terms,
    limits: {
      ...limits,
      max_daily_spend_usd: fleet.max_daily_spend_usd,
      max_daily_loss_usd: fleet.max_daily_loss_usd,
      max_hourly_spend_usd: each(limits.max_hourly_spend_usd),
      max_weekly_spend_usd: each(limits.max_weekly_spend_usd),
      max_total_spend_usd: each(limits.max_total_spend_usd),
      max_position_size_usd: each(limits.max_position_size_usd),
      max_trades_per_hour: each(limits.max_trades_per_hour),
      max_gas_usd_per_day: each(limits.max_gas_usd_per_day),
      exit_gas_usd_per_day: each(limits.exit_gas_usd_per_day),
    },
  };
}

function holdSpent(limits: Windows, spent: readonly Happened[], now: number, by: string): void {
  for (const [limit, span] of WINDOWS) holdTo(within(spent, now, span), limits[limit], `spent ${by}of ${limit}`);
}

function within(all: readonly Happened[], now: number, span: number): Decimal {
  return sum(all.filter(({ at }) => at > now - span).map(({ usd }) => usd));
}

function holdTo(usd: Decimal, most: Limit, what: string): void {
  holds(most === "unlimited" || usd.lte(most), `${usd.toFixed(2)} of ${most === "unlimited" ? most : most.toFixed(2)} ${what}`);
}
