import { DAY, type Instant } from "../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../core/decimal.ts";
import type { DeliveredBody, DispatchedBody, SettledBody } from "./entries.ts";

/** A message under way, and since when. */
export interface TransitState extends DispatchedBody {
  readonly since: Instant;
}

/** What left one chain and has not arrived on another, by message id, oldest first. */
export interface Transit {
  readonly underWay: Readonly<Record<string, TransitState>>;
  /**
   * Ids of what arrived, and whose sending the chain took back after: when it is sent again it does not arrive again. Of what
   * stands as it was settled nothing is kept: what a settlement sent and is not under way has arrived.
   */
  readonly arrived: ReadonlySet<string>;
}

export const NO_TRANSIT: Transit = { underWay: {}, arrived: new Set() };

/** For how long what is under way counts as held. After that it is shown, and worth nothing until it arrives. */
export const TRANSIT_COUNTS = DAY;

/** After a settlement: what it sent is under way, once, whatever was looked up how often. */
export function afterSettled({ underWay, arrived }: Transit, { dispatched = [] }: SettledBody, at: Instant): Transit {
  if (dispatched.length === 0) return { underWay, arrived };
  const sent = dispatched.filter(({ id }) => !arrived.has(id)).map((body) => [body.id, { ...body, since: at }] as const);
  const ids = new Set(dispatched.map(({ id }) => id));
  return { underWay: { ...underWay, ...Object.fromEntries(sent) }, arrived: new Set([...arrived].filter((id) => !ids.has(id))) };
}

/** After the chain took a settlement back: what it sent was never sent, and what of that had arrived arrives no second time. */
export function afterReopened({ underWay, arrived }: Transit, settled: SettledBody | null): Transit {
  const gone = new Set((settled?.dispatched ?? []).map(({ id }) => id));
  return {
    underWay: Object.fromEntries(Object.entries(underWay).filter(([id]) => !gone.has(id))),
    arrived: new Set([...arrived, ...[...gone].filter((id) => !Object.hasOwn(underWay, id))]),
  };
}

/** After a delivery, with what it brought. Null: nothing of that name was under way. */
export function afterDelivered({ underWay, arrived }: Transit, { id }: DeliveredBody) {
  const { [id]: ended, ...rest } = underWay;
  return ended ? { transit: { underWay: rest, arrived }, ended } : null;
}

/** How much of a message counts as held, in whole tokens. */
export function countedOf({ counted, since }: TransitState, now: Instant): Decimal {
  return now < since + TRANSIT_COUNTS ? decimal(counted) : ZERO;
}

/** What may still arrive beyond what counts as held, in whole tokens by asset: no value, and a position all the same. */
export function uncountedOf({ underWay }: Transit, now: Instant): Readonly<Record<string, Decimal>> {
  const coming: Record<string, Decimal> = {};
  for (const state of Object.values(underWay)) {
    const rest = decimal(state.amount).minus(countedOf(state, now));
    if (rest.isPositive() && !rest.isZero()) coming[state.asset] = (coming[state.asset] ?? ZERO).plus(rest);
  }
  return coming;
}

/** What is under way as holdings of whom it is for, in whole tokens, without messages that are `delivered` already. */
export function holdingsUnderWay(
  { underWay }: Transit,
  now: Instant,
  delivered: ReadonlySet<string> = new Set(),
): readonly { readonly account: string; readonly asset: string; readonly amount: Decimal }[] {
  return Object.values(underWay).flatMap((state) => {
    const { id, account, asset } = state;
    const amount = countedOf(state, now);
    return delivered.has(id) || amount.isZero() ? [] : [{ account, asset, amount }];
  });
}
