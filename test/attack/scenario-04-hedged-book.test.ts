import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decimal, decimal, max, min, sum, ZERO } from "../../src/core/decimal.ts";
import { computeExchangeFacts } from "../../src/mandate/exchange/exchange-facts.ts";
import { EXCHANGE_RULES } from "../../src/mandate/exchange/exchange-rules.ts";
import type { Limits } from "../../src/mandate/terms.ts";
import { parseSample } from "../../src/mandate/testing/sample-mandate.ts";
import type { AssetId, Prices } from "../../src/protocols/effects.ts";
import type {
  AccountFigures,
  ExchangeEffects,
  ExchangeMove,
  MarketStanding,
  OrderEffect,
} from "../../src/protocols/exchange-effects.ts";

const PERP: AssetId = "hl/BTC:perp";
const SPOT: AssetId = "hl/BTC:spot";
const PRICE = decimal(50_000);
const UNHEDGED = decimal(2_000);
const at = { error_bps: ZERO, at: 0 };
const prices: Prices = { [PERP]: { usd: PRICE, ...at }, [SPOT]: { usd: PRICE, ...at } };
const sample = parseSample().terms;
const limits: Limits = {
  ...sample.limits,
  max_unhedged_usd: UNHEDGED,
  max_exit_cost_bps: decimal(100),
  allowed_markets: ["BTC:perp", "BTC:spot"],
  max_leverage: decimal(2),
  margin_mode: "isolated",
  max_margin_at_risk_usd: decimal(10_000),
  min_liquidation_distance_pct: decimal(10),
  max_open_orders: decimal(100),
  allow_schedule_cancel: false,
};
const terms = { ...sample, limits };

/** Long a coin, short a perp of it, a stop on the short; what closes may rest. Sizes in coins. */
interface HedgedBook {
  spot: Decimal;
  perp: Decimal;
  resting: { readonly leg: "spot" | "perp"; size: Decimal }[];
  stops: number;
}

const hedged = (): HedgedBook => ({ spot: decimal("0.4"), perp: decimal("-0.4"), resting: [], stops: 2 });
const net = ({ spot, perp }: HedgedBook) => spot.plus(perp).times(PRICE);

function effectsOf(book: HedgedBook, move: ExchangeMove): ExchangeEffects {
  const rests = (leg: "spot" | "perp") => sum(book.resting.filter((one) => one.leg === leg).map(({ size }) => size));
  const none = { opening_buys: ZERO, opening_sells: ZERO, closing_buys: ZERO, closing_sells: ZERO };
  const figures: AccountFigures = {
    value_usd: decimal(30_000),
    leverage: decimal(1),
    margin_at_risk_usd: decimal(5_000),
    liquidation_distance_pct: decimal(40),
    liquidation_distances: { [PERP]: decimal(40) },
    open_orders: book.resting.length + book.stops,
    quota_left: decimal(1),
  };
  const markets: readonly MarketStanding[] = [
    {
      asset: SPOT,
      kind: "spot",
      underlying: "BTC",
      position: book.spot,
      resting: { ...none, closing_sells: rests("spot") },
      leverage: null,
    },
    {
      asset: PERP,
      kind: "perp",
      underlying: "BTC",
      position: book.perp,
      resting: { ...none, closing_buys: rests("perp") },
      leverage: { value: decimal(2), isolated: true },
    },
  ];
  return {
    moves: [move],
    markets,
    before: figures,
    after: figures,
    idle_exits: 0,
    fee_bps: { perp: decimal("4.5"), spot: decimal(7) },
  };
}

function closing(leg: "spot" | "perp", size: Decimal, rests: boolean): ExchangeMove {
  const slip = leg === "spot" ? "0.998" : "1.002";
  const order: OrderEffect = {
    asset: leg === "spot" ? SPOT : PERP,
    side: leg === "spot" ? "sell" : "buy",
    size,
    price: PRICE.times(slip),
    reduceOnly: leg === "perp",
    trigger: null,
    rests,
  };
  return { do: "order", order };
}

/** Under breaker and freeze what is not a reduction does not pass. */
function passes(book: HedgedBook, move: ExchangeMove): boolean {
  const facts = computeExchangeFacts(limits, effectsOf(book, move), prices);
  if (facts.atWorst.class !== "reduce") return false;
  return EXCHANGE_RULES.every((rule) => rule({ terms, prices, facts, operator: false, budgets: {} }).length === 0);
}

function fill(book: HedgedBook, leg: "spot" | "perp", size: Decimal): void {
  if (leg === "spot") book.spot = book.spot.minus(min(size, book.spot));
  else book.perp = book.perp.plus(min(size, book.perp.abs()));
}

const wish = fc.record({
  leg: fc.constantFrom("spot" as const, "perp" as const),
  thousandths: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(20, 39, 40, 41, 400)),
  what: fc.constantFrom("close-now" as const, "close-resting", "cancel-stop", "fill-resting", "fill-resting", "schedule-cancel"),
});

test("a hedged book under breaker and freeze: in every order of closing its legs and cancelling its stops, what is unhedged stays within max_unhedged", () => {
  let [closed, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 40, size: "max" }), (wishes) => {
      const book = hedged();
      for (const { leg, thousandths, what } of wishes) {
        const size = decimal(thousandths).div(1_000);
        if (what === "fill-resting") {
          // Whoever trades with it chooses which of what rests is filled, and when.
          const index = book.resting.findIndex((one) => one.leg === leg);
          const [filled] = index === -1 ? [] : book.resting.splice(index, 1);
          if (filled) fill(book, filled.leg, filled.size);
        } else if (what === "cancel-stop") {
          expect(passes(book, { do: "cancel", protective: true }), "a stop was cancelled").toBe(false);
        } else if (what === "schedule-cancel") {
          expect(passes(book, { do: "schedule-cancel", at: 1 }), "a switch was set that takes stops away").toBe(false);
        } else {
          const rests = what === "close-resting";
          if (!passes(book, closing(leg, size, rests))) refused += 1;
          else {
            closed += 1;
            if (rests) book.resting.push({ leg, size });
            else fill(book, leg, size);
          }
        }
        // Now, and whichever of what rests is filled next.
        const open = (side: "spot" | "perp") =>
          min(
            side === "spot" ? book.spot : book.perp.abs(),
            sum(book.resting.filter((one) => one.leg === side).map((one) => one.size)),
          ).times(PRICE);
        const worst = max(net(book).plus(open("perp")).abs(), net(book).minus(open("spot")).abs());
        expect(worst.lte(UNHEDGED), `${worst.toFixed(2)} unhedged`).toBe(true);
        expect(book.stops).toBe(2);
      }
    }),
    { seed: 4, numRuns: 2_000 },
  );
  expect(closed).toBeGreaterThan(2_000);
  expect(refused).toBeGreaterThan(2_000);
});

test.each([["spot", "perp"] as const, ["perp", "spot"] as const])(
  "the same book leaves whole in alternating lots, %s first, and neither leg leaves at once",
  (first, second) => {
    const book = hedged();
    expect(passes(book, closing(first, decimal("0.4"), false))).toBe(false);
    let lots = 0;
    for (; lots < 100 && !(book.spot.isZero() && book.perp.isZero()); lots += 1) {
      const leg = lots % 2 === 0 ? first : second;
      const size = min(leg === "spot" ? book.spot : book.perp.abs(), UNHEDGED.div(PRICE));
      expect(passes(book, closing(leg, size, false)), `lot ${lots}`).toBe(true);
      fill(book, leg, size);
      expect(net(book).abs().lte(UNHEDGED)).toBe(true);
    }
    expect([book.spot.toFixed(), book.perp.toFixed()]).toEqual(["0", "0"]);
    expect(lots).toBe(20);
  },
);
