import { DAY, HOUR, type Instant, WEEK } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { countsAsTrade } from "./fold-budgets.ts";
import type { FleetState } from "./fold-fleet.ts";
import { type Amounts, inWindow, type WalletState } from "./fold-wallet.ts";

/** When what a budget holds leaves it. */
export interface WindowEnds {
  /** When the first of it does. Null: nobody knows, for all of it is open or allowed to somebody. */
  readonly next: Instant | null;
  /** When the last of it has. Null: nobody knows, for some of it is open or allowed to somebody. */
  readonly full: Instant | null;
}

/** A part of a budget: until when it counts. Null: it is not known yet. */
type Ends = readonly (Instant | null)[];

/**
 * When each budget that holds something has room again, by the limit's name: "max_daily_spend_usd", "max_daily_spend WETH"
 * for one in units of a token, "fleet.max_daily_spend_usd" for a shared one. A budget that holds nothing has no entry.
 *
 * Worked out where something is refused, and nowhere else: a judgment does not need it.
 *
 * @param cycle - the request's own: it is none of the cycles that a rate counts.
 */
export function windowEnds(
  state: WalletState,
  now: Instant,
  cycle: number,
  fleet?: FleetState,
): Readonly<Record<string, WindowEnds>> {
  const at = Math.max(now, state.at);
  const parts = (length: number, of: (amounts: Amounts) => Decimal | undefined): Ends =>
    inWindow(state, at, length).flatMap(({ amounts, closedAt }) => {
      const amount = of(amounts);
      return amount === undefined || amount.isZero() ? [] : [closedAt === null ? null : closedAt + length];
    });
  // What is allowed to somebody is spend for as long as it is live.
  const live: Ends = Object.keys(state.allowances).map(() => null);
  const spend = ({ spend_usd }: Amounts) => spend_usd;
  const tokens = new Set(inWindow(state, at, DAY).flatMap(({ amounts }) => Object.keys(amounts.spend_units)));
  const liveOf = (token: string): Ends =>
    Object.keys(state.allowances).flatMap((key) => (key.split(" ")[1]?.endsWith(`/${token}`) ? [null] : []));
  const own: Readonly<Record<string, Ends>> = {
    max_hourly_spend_usd: [...parts(HOUR, spend), ...live],
    max_daily_spend_usd: [...parts(DAY, spend), ...live],
    max_weekly_spend_usd: [...parts(WEEK, spend), ...live],
    max_daily_loss_usd: parts(DAY, ({ loss_usd }) => loss_usd),
    max_gas_usd_per_day: parts(DAY, ({ gas_usd }) => gas_usd),
    exit_gas_usd_per_day: parts(DAY, ({ exit_gas_usd }) => exit_gas_usd),
    max_trades_per_hour: tradingCycles(state, at, cycle),
    ...Object.fromEntries(
      [...tokens].map((token) => [
        `max_daily_spend ${token}`,
        [...parts(DAY, ({ spend_units }) => spend_units[token]), ...liveOf(token)],
      ]),
    ),
    ...(fleet ? fleetEnds(fleet, at) : {}),
  };
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, ends]): [string, WindowEnds][] => (ends.length === 0 ? [] : [[name, endsOf(ends)]])),
  );
}

/** A cycle counts until the last of its requests is an hour old. */
function tradingCycles(state: WalletState, at: Instant, cycle: number): Ends {
  const cycles = new Map<number, Instant | null>();
  for (const request of inWindow(state, at, HOUR)) {
    if (!countsAsTrade(request) || request.cycle === cycle) continue;
    const { closedAt } = request;
    const known = cycles.get(request.cycle);
    const open = closedAt === null || known === null;
    cycles.set(request.cycle, open ? null : Math.max(known ?? 0, closedAt + HOUR));
  }
  return [...cycles.values()];
}

function fleetEnds({ parts, allowed, at: last }: FleetState, now: Instant): Readonly<Record<string, Ends>> {
  const at = Math.max(now, last);
  const live: Ends = Object.values(allowed).flatMap((usd) => (usd.isZero() ? [] : [null]));
  const ends = (length: number, of: "spend_usd" | "loss_usd"): Ends =>
    [...parts.values()].flatMap((part) => {
      const { closedAt } = part;
      if (part[of].isZero() || (closedAt !== null && closedAt <= at - length)) return [];
      return [closedAt === null ? null : closedAt + length];
    });
  return {
    "fleet.max_hourly_spend_usd": [...ends(HOUR, "spend_usd"), ...live],
    "fleet.max_daily_spend_usd": [...ends(DAY, "spend_usd"), ...live],
    "fleet.max_weekly_spend_usd": [...ends(WEEK, "spend_usd"), ...live],
    "fleet.max_daily_loss_usd": ends(DAY, "loss_usd"),
  };
}

function endsOf(ends: Ends): WindowEnds {
  const known = ends.flatMap((end) => end ?? []);
  return {
    next: known.length === 0 ? null : Math.min(...known),
    full: known.length < ends.length ? null : Math.max(...known),
  };
}
