import fc from "fast-check";
import { CRASH_POINTS } from "../../../../src/gateway/crash-point.ts";

/** Limits of a drawn mandate, as its file has them: USD, basis points, seconds. */
export interface BookLimits {
  readonly max_single_trade_usd: number;
  readonly max_daily_spend_usd: number;
  readonly max_daily_loss_usd: number;
  readonly max_position_size_usd: number;
  readonly max_slippage_bps: number;
  readonly max_exit_cost_bps: number;
  readonly max_leverage: number;
  readonly margin_mode: "isolated" | "cross";
  readonly max_margin_at_risk_usd: number;
  readonly max_unhedged_usd: number;
  readonly max_open_orders: number;
  readonly min_liquidation_distance_pct: number;
  readonly order_expiry_seconds: number;
  readonly stop_loss_pct: number;
  readonly max_consecutive_failures: number;
  readonly allow_schedule_cancel: boolean;
  /** As the file has it. Left out: all of the book. */
  readonly allowed_markets?: string;
}

export const bookLimits: fc.Arbitrary<BookLimits> = fc
  .record({
    trade: fc.integer({ min: 100, max: 2_500 }),
    times: fc.integer({ min: 1, max: 8 }),
    positions: fc.integer({ min: 1, max: 4 }),
    slippage: fc.integer({ min: 20, max: 150 }),
    more: fc.integer({ min: 0, max: 120 }),
    leverage: fc.integer({ min: 1, max: 5 }),
    cross: fc.nat(3),
    margin: fc.integer({ min: 200, max: 6_000 }),
    unhedged: fc.integer({ min: 50, max: 2_500 }),
    orders: fc.integer({ min: 2, max: 12 }),
    distance: fc.integer({ min: 3, max: 20 }),
    expiry: fc.integer({ min: 60, max: 7_200 }),
    stop: fc.integer({ min: 3, max: 40 }),
    failures: fc.integer({ min: 3, max: 20 }),
    schedules: fc.nat(4),
  })
  .map(({ trade, times, positions, slippage, more, leverage, cross, margin, unhedged, orders, distance, expiry, ...rest }) => ({
    max_single_trade_usd: trade,
    max_daily_spend_usd: trade * times,
    max_daily_loss_usd: Math.ceil((trade * times * (slippage + 10)) / 10_000) + 1,
    max_position_size_usd: trade * positions,
    max_slippage_bps: slippage,
    max_exit_cost_bps: slippage + more,
    max_leverage: leverage,
    margin_mode: cross === 0 ? ("cross" as const) : ("isolated" as const),
    max_margin_at_risk_usd: margin,
    max_unhedged_usd: unhedged,
    max_open_orders: orders,
    min_liquidation_distance_pct: distance,
    order_expiry_seconds: expiry,
    stop_loss_pct: rest.stop,
    max_consecutive_failures: rest.failures,
    allow_schedule_cancel: rest.schedules === 0,
  }));

/** What befalls a request on its way, or the gateway while it does it. */
export const FATES = [
  "none",
  "cut_answer",
  "cut_request",
  "error_after",
  "duplicate_request",
  "late_request",
  "http_429",
  ...CRASH_POINTS,
] as const;
export type Fate = (typeof FATES)[number];

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("none" as const) },
  { weight: 1, arbitrary: fc.constantFrom(...FATES) },
);
const pit = fc.nat(4);
/** Of the largest single trade. */
const share = fc.constantFrom(0.02, 0.2, 0.3, 0.5, 0.5, 0.97, 0.985, 1.01, 3);
/** How much worse than the oracle an order may fill, as a share of what is allowed; negative: it rests. */
const reach = fc.constantFrom(-8, -1, 0, 0.5, 0.9, 0.9, 0.97, 0.97, 0.999, 1.02, 4);

const order = fc.record({
  pit,
  buy: fc.boolean(),
  share,
  reach,
  reduce: fc.nat(5).map((n) => n === 0),
  tif: fc.constantFrom("Ioc" as const, "Ioc" as const, "Gtc" as const, "Alo" as const),
});
export type DrawnOrder = typeof order extends fc.Arbitrary<infer O> ? O : never;

const request = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("order" as const), orders: fc.array(order, { minLength: 1, maxLength: 1 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("order" as const), orders: fc.array(order, { minLength: 2, maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("close" as const), pit, share: fc.constantFrom(0.01, 0.06, 0.5, 1, 1.5), reach }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("stop" as const),
      pit,
      share: fc.constantFrom(0.2, 1, 2),
      tpsl: fc.constantFrom("tp" as const, "sl" as const),
      trigger: fc.constantFrom(0.5, 0.9, 0.98, 1.02, 1.1, 2),
      reach,
      grouping: fc.constantFrom("na" as const, "na" as const, "positionTpsl" as const, "normalTpsl" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("modify" as const), which: fc.nat(5), order }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(5), byCloid: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("leverage" as const),
      pit,
      value: fc.constantFrom(1, 2, 3, 5, 10, 40),
      cross: fc.boolean(),
      opening: fc.option(order),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("margin" as const), pit, usd: fc.constantFrom(-2_000, -100, -1, 9, 11, 300, 5_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("schedule" as const), minutes: fc.constantFrom(0, 1, 90) }) },
);
export type Asked = typeof request extends fc.Arbitrary<infer R> ? R : never;

const meddling = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(1, 7, 61, 300) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("price" as const), pit, factor: fc.constantFrom(0.7, 0.9, 0.98, 1.03, 1.2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("drag" as const),
      pit,
      factor: fc.constantFrom(0.3, 0.6, 0.9, 1.1, 1.5, 1.75),
      minutes: fc.constantFrom(5, 20, 70, 400),
    }),
  },
  // Whoever rests is met, at the price that was named.
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("day" as const, "restart" as const, "repeat" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("freeze" as const, "unfreeze" as const, "settle" as const) }) },
);
export type Meddled = typeof meddling extends fc.Arbitrary<infer M> ? M : never;

/** One step of a sequence. */
const move = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      ask: request,
      sameCycle: fc.boolean(),
      /** Whether the oracle stands against the request. */
      lag: fc.boolean(),
      /** Whether the book stands at the order's own limit. */
      meets: fc.boolean(),
      fate,
    }),
  },
  { weight: 1, arbitrary: fc.record({ meddle: meddling }) },
);
export type BookMove = typeof move extends fc.Arbitrary<infer M> ? M : never;

export const bookSequence: fc.Arbitrary<readonly BookMove[]> = fc.array(move, { minLength: 4, maxLength: 16 });
