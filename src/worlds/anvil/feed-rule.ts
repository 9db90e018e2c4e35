import { BPS, type Decimal, ONE } from "../../core/decimal.ts";

/** When a feed of the world answers anew: as Chainlink's do, on deviation or on heartbeat. */
export interface FeedRule {
  readonly deviationBps: number;
  /** Seconds after which it answers even if nothing moved. */
  readonly heartbeat: number;
}

export interface FeedAnswer {
  /** USD. */
  readonly price: Decimal;
  /** Seconds since 1970. */
  readonly updatedAt: number;
}

/** Whether a feed has to answer again: |true price / answer - 1| ≥ deviation, or the heartbeat is due at `now` (seconds). */
export function feedIsDue(last: FeedAnswer, price: Decimal, now: number, { deviationBps, heartbeat }: FeedRule): boolean {
  if (now - last.updatedAt >= heartbeat || last.price.lte(0)) return true;
  return price.div(last.price).minus(ONE).abs().times(BPS).gte(deviationBps);
}
