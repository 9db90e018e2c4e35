import { DAY, HOUR, type Instant, WEEK } from "../core/clock.ts";
import { type Decimal, decimal, sum, ZERO } from "../core/decimal.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { Entry, Seq, Stream } from "./journal.ts";

/** What a fleet's stream can say: each entry is committed together with one of a wallet's, all or none. */
export type FleetEntry =
  | { readonly kind: "reserved"; readonly body: FleetPartBody }
  | { readonly kind: "settled"; readonly body: FleetPartBody & { readonly ended: boolean; readonly allowed_usd: string } }
  | { readonly kind: "reopened"; readonly body: FleetPartBody & { readonly allowed_usd: string } };

/** What one request of one wallet takes, or has taken, of the budget. USD. */
export interface FleetPartBody {
  readonly wallet: Stream;
  readonly key: Hash;
  readonly spend_usd: string;
  readonly loss_usd: string;
}

interface Part {
  readonly spend_usd: Decimal;
  readonly loss_usd: Decimal;
  /** Null while it can still take effect. */
  readonly closedAt: Instant | null;
}

/** A shared budget, folded. Immutable. */
export interface FleetState {
  readonly seq: Seq;
  readonly at: Instant;
  /** By wallet and key. */
  readonly parts: ReadonlyMap<string, Part>;
  /** What live allowances of each wallet were worth when it last settled, in USD. */
  readonly allowed: Readonly<Record<Stream, Decimal>>;
}

export const emptyFleet: FleetState = { seq: 0, at: 0, parts: new Map(), allowed: {} };

/** What the wallets of a fleet have taken of its budget, at an instant. */
export interface FleetBudgets {
  /** The stream's entry that this was folded to. */
  readonly seq: Seq;
  readonly spend_hour_usd: Decimal;
  readonly spend_usd: Decimal;
  readonly spend_week_usd: Decimal;
  readonly spend_total_usd: Decimal;
  readonly loss_usd: Decimal;
  /** What the other wallets left allowed. One's own is counted from one's own stream. */
  readonly allowed_usd: Decimal;
  readonly refills: Readonly<Record<string, Instant>>;
}

/** The name of a fleet's stream. */
export function fleetStream(id: string): Stream {
  return `fleet:${id}`;
}

/** The state after one more entry of the same stream. Pure. */
export function applyFleetEntry(state: FleetState, raw: Entry): FleetState {
  if (raw.seq !== state.seq + 1) throw new InvariantError(`entry ${raw.seq} does not follow ${state.seq}`);
  const { kind, body } = { kind: raw.kind, body: raw.body } as unknown as FleetEntry;
  const part = {
    spend_usd: decimal(body.spend_usd),
    loss_usd: decimal(body.loss_usd),
    closedAt: kind === "settled" && body.ended ? raw.at : null,
  };
  const parts = new Map(state.parts).set(`${body.wallet} ${body.key}`, part);
  const next = { ...state, seq: raw.seq, at: raw.at, parts };
  switch (kind) {
    case "reserved":
      return next;
    case "settled":
    case "reopened":
      return { ...next, allowed: { ...state.allowed, [body.wallet]: decimal(body.allowed_usd) } };
    default:
      throw new InvariantError(`entry ${raw.seq} is of a kind that this version does not know: ${raw.kind}`, {
        remedy: "Read this journal with the version of Mandate that wrote it, or a newer one.",
      });
  }
}

/** What is taken at `now`, as `wallet` sees it. Windows are those of a wallet's own budgets. */
export function fleetBudgetsAt(state: FleetState, now: Instant, wallet: Stream): FleetBudgets {
  const at = Math.max(now, state.at);
  const parts = [...state.parts.values()];
  const within = (length: number) => parts.filter(({ closedAt }) => closedAt === null || closedAt > at - length);
  const spend = (some: readonly Part[]) => sum(some.map(({ spend_usd }) => spend_usd));
  const oldest = (length: number, of: (part: Part) => Decimal): Instant | null => {
    const ends = within(length).flatMap((part) => (part.closedAt === null || of(part).isZero() ? [] : [part.closedAt + length]));
    return ends.length === 0 ? null : Math.min(...ends);
  };
  const refills: readonly (readonly [string, Instant | null])[] = [
    ["max_hourly_spend_usd", oldest(HOUR, ({ spend_usd }) => spend_usd)],
    ["max_daily_spend_usd", oldest(DAY, ({ spend_usd }) => spend_usd)],
    ["max_weekly_spend_usd", oldest(WEEK, ({ spend_usd }) => spend_usd)],
    ["max_daily_loss_usd", oldest(DAY, ({ loss_usd }) => loss_usd)],
  ];
  return {
    seq: state.seq,
    spend_hour_usd: spend(within(HOUR)),
    spend_usd: spend(within(DAY)),
    spend_week_usd: spend(within(WEEK)),
    spend_total_usd: spend(parts),
    loss_usd: sum(within(DAY).map(({ loss_usd }) => loss_usd)),
    allowed_usd: sum(Object.entries(state.allowed).map(([owner, usd]) => (owner === wallet ? ZERO : usd))),
    refills: Object.fromEntries(refills.flatMap(([name, end]) => (end === null ? [] : [[name, end]]))),
  };
}
