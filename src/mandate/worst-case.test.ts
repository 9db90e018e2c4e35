import fc from "fast-check";
import { expect, test } from "vitest";
import { type Decimal, decimal, max, sum } from "../core/decimal.ts";
import { above, type Bound } from "./bound.ts";
import type { Limits, Terms } from "./terms.ts";
import { arbitraryAmount, arbitraryFiniteTerms, arbitraryTerms } from "./testing/arbitrary-terms.ts";
import { parseSample } from "./testing/sample-mandate.ts";
import { worstCase } from "./worst-case.ts";
import type { WorstCase } from "./worst-figure.ts";

const figures = ({ per_trade, per_day, in_all }: WorstCase) => [per_trade, per_day, in_all];
const totals = (worst: WorstCase): readonly Bound[] => figures(worst).map(({ total_usd }) => total_usd);
const parts = (worst: WorstCase, figure: "per_trade" | "per_day" | "in_all") =>
  Object.fromEntries(worst[figure].terms.map(({ name, usd }) => [name, String(usd)]));

const withLimits = (terms: Terms, limits: Partial<Limits>): Terms => ({ ...terms, limits: { ...terms.limits, ...limits } });

test("the sample's worst case is the formula's, term by term", () => {
  const worst = worstCase(parseSample().terms);
  expect(parts(worst, "per_trade")).toEqual({ slippage: "2.5", "feed error": "5", gas: "5" });
  // E = 6000, I = min(2000, 6 × 24 × 500) = 2000, R = 8000, feed error 50 + 50 bps. 50 bps of I are less than the 60 of the loss budget.
  expect(parts(worst, "per_day")).toEqual({ slippage: "10", exits: "80", "feed error": "100", gas: "5", "exit gas": "2" });
  expect(parts(worst, "in_all")).toEqual({
    "at the stop": "480",
    "last trade": "7.5",
    exits: "80",
    "feed error": "80",
    gas: "5",
    "exit gas": "2",
  });
  expect(totals(worst).map(String)).toEqual(["12.5", "197", "654.5"]);
});

test("what can be bought a day is bounded by rate and size of trades where that is less than the spend limit", () => {
  const worst = worstCase(
    parseSample(["max_trades_per_hour: 6", "max_trades_per_hour: 1"], ["max_single_trade_usd: 500", "max_single_trade_usd: 50"])
      .terms,
  );
  // I = 1 × 24 × 50 = 1200.
  expect(parts(worst, "per_day")).toMatchObject({ exits: "72", "feed error": "84" });
});

test("a loss budget below the slippage of all that can be bought is what trades lose at most", () => {
  const worst = worstCase(withLimits(parseSample().terms, { max_daily_loss_usd: decimal(9) }));
  expect(parts(worst, "per_day")).toMatchObject({ "loss budget": "9", exits: "80" });
});

test.each([
  ["max_hourly_spend_usd", 10, "240"],
  ["max_weekly_spend_usd", 700, "700"],
  ["max_total_spend_usd", 300, "300"],
] as const)("%s bounds what a day can buy where it is less than the day's", (name, most, bought) => {
  const worst = worstCase(withLimits(parseSample().terms, { [name]: decimal(most) }));
  const sold = decimal(6000).plus(bought);
  expect(parts(worst, "per_day")).toMatchObject({
    slippage: decimal(bought).times("0.005").toFixed(),
    exits: sold.times("0.01").toFixed(),
  });
});

test("what turns into liquidity or shares is no spend: a day may turn as much over as its rate of trades allows, and leave in two steps", () => {
  const vault =
    '          vWETH: { address: "0x9999999999999999999999999999999999999999", decimals: 18, kind: erc4626, of: WETH }\n';
  const { terms } = parseSample(["        contracts:", `${vault}        contracts:`], ["[WETH, USDC]", "[WETH, USDC, vWETH]"]);
  // W = 6 × 24 × 500 = 72,000 at 100 bps of exit cost and 200 of feed errors; R = 8,000 twice at 100.
  expect(parts(worstCase(terms), "per_day")).toMatchObject({ "loss budget": "60", exits: "160", "in and out": "2160" });
  expect(parts(worstCase(terms), "in_all")).toMatchObject({ exits: "160" });
  const unrated = worstCase(withLimits(terms, { max_trades_per_hour: "unlimited" }));
  expect(unrated.per_day).toMatchObject({ total_usd: "unbounded", set: ["max_trades_per_hour"] });
});

test("what is at stake bounds exposure and the stop, where it is known", () => {
  const worst = worstCase(parseSample().terms, { value_usd: decimal(1500) });
  expect(parts(worst, "in_all")).toMatchObject({ "at the stop": "120", exits: "35" });
});

test("every token beside cash may fill its own position limit", () => {
  const feed =
    '          GOV: { kind: chainlink, address: "0x9999999999999999999999999999999999999999", max_age: 1h, deviation_bps: 200 }\n  base:\n    wallet';
  const terms = parseSample(
    ["allowed_tokens: [WETH, USDC]", "allowed_tokens: [WETH, USDC, GOV]"],
    ["  base:\n    wallet", feed],
  ).terms;
  expect(parts(worstCase(terms), "in_all")).toMatchObject({ "at the stop": "960" });
  // The worst two feeds: 200 + 50 bps of $500.
  expect(parts(worstCase(terms), "per_trade")).toMatchObject({ "feed error": "12.5" });
});

test("an allowed recipient may be paid a whole trade, and a whole day's spend", () => {
  const recipient = "0x9999999999999999999999999999999999999999";
  const worst = worstCase(withLimits(parseSample().terms, { allowed_recipients: [recipient] }));
  expect(parts(worst, "per_trade")).toMatchObject({ payment: "500" });
  expect(parts(worst, "per_day")).toMatchObject({ payments: "2000" });
  expect(parts(worst, "in_all")).toMatchObject({ "last trade": "505" });
  expect(worst.receivers.join()).toContain(recipient);
});

test("a vault that is trusted without a floor may be given a whole trade, and a whole day's spend", () => {
  const worst = worstCase(withLimits(parseSample().terms, { allow_unfloored: ["vUSDC"] }));
  expect(parts(worst, "per_trade")).toMatchObject({ "without a floor": "500" });
  expect(parts(worst, "per_day")).toMatchObject({ "without a floor": "2000" });
  expect(worst.receivers.join()).toContain("the vault vUSDC");
});

test("shares of a vault leave whole: the largest exit is all that can be held", () => {
  const vault =
    '          vUSDC: { address: "0x9999999999999999999999999999999999999999", decimals: 6, kind: erc4626, of: USDC }\n';
  const { terms } = parseSample(["        contracts:", `${vault}        contracts:`], ["[WETH, USDC]", "[WETH, USDC, vUSDC]"]);
  expect(parts(worstCase(terms), "per_trade")).toMatchObject({ "exit cost": "80" });
});

test("an exit that may cost more than a trade is the worst single trade", () => {
  const worst = worstCase(withLimits(parseSample().terms, { max_exit_cost_bps: decimal(1000) }));
  expect(parts(worst, "per_trade")).toEqual({ "exit cost": "50", "feed error": "5" });
});

test("an unlimited input makes its figures unbounded and names the limit to set", () => {
  const worst = worstCase(withLimits(parseSample().terms, { max_gas_usd_per_day: "unlimited", stop_loss_pct: "unlimited" }));
  expect(worst.per_trade.set).toEqual(["max_gas_usd_per_day"]);
  expect(worst.per_day).toMatchObject({ total_usd: "unbounded", set: ["max_gas_usd_per_day"] });
  expect(worst.in_all).toMatchObject({ total_usd: "unbounded", set: ["stop_loss_pct", "max_gas_usd_per_day"] });
});

test("a token without a price stands beside the figures, in its own units", () => {
  const units =
    "max_single_trade: { GOV: 1.5 }\n  max_daily_spend: { GOV: 5 }\n  max_position_size: { GOV: 20 }\n  stop_loss_pct: 8";
  const terms = parseSample(["[WETH, USDC]", "[WETH, USDC, GOV]"], ["stop_loss_pct: 8", units]).terms;
  const worst = worstCase(terms);
  expect(worst.in_units).toEqual({ GOV: { per_trade: decimal("1.5"), per_day: decimal(25) } });
  expect(totals(worst).map(String)).toEqual(["12.5", "197", "654.5"]);
});

test("no figure is negative, and each is the sum of its terms", () => {
  fc.assert(
    fc.property(arbitraryFiniteTerms, (terms) => {
      for (const { total_usd, terms: shown } of figures(worstCase(terms))) {
        const usd = shown.map((term) => term.usd).filter((bound): bound is Decimal => bound !== "unbounded");
        expect(usd).toHaveLength(shown.length);
        expect(usd.every((amount) => !amount.isNegative())).toBe(true);
        expect(total_usd).toEqual(sum(usd));
      }
    }),
  );
});

const GROWING = [
  "max_single_trade_usd",
  "max_hourly_spend_usd",
  "max_daily_spend_usd",
  "max_weekly_spend_usd",
  "max_total_spend_usd",
  "max_daily_loss_usd",
  "max_position_size_usd",
  "max_slippage_bps",
  "max_exit_cost_bps",
  "stop_loss_pct",
  "max_trades_per_hour",
  "max_gas_usd_per_day",
  "exit_gas_usd_per_day",
] as const satisfies readonly (keyof Limits)[];

test("no figure falls when a limit is raised or lifted", () => {
  fc.assert(
    fc.property(arbitraryTerms, fc.constantFrom(...GROWING), fc.option(arbitraryAmount), (terms, name, more) => {
      const now = terms.limits[name];
      const raised = now === "unlimited" || more === null ? "unlimited" : now.plus(more);
      const [before, after] = [totals(worstCase(terms)), totals(worstCase(withLimits(terms, { [name]: raised })))];
      before.forEach((bound, i) => {
        expect(above(bound, after[i] ?? "unbounded"), `${name} ${now} → ${raised}`).toBe(false);
      });
    }),
    { numRuns: 1000 },
  );
});

test("no figure falls when more is at stake", () => {
  fc.assert(
    fc.property(arbitraryTerms, arbitraryAmount, arbitraryAmount, (terms, value, more) => {
      const after = totals(worstCase(terms, { value_usd: value.plus(more) }));
      totals(worstCase(terms, { value_usd: value })).forEach((bound, i) => {
        expect(above(bound, after[i] ?? "unbounded")).toBe(false);
      });
    }),
  );
});

test("a figure is unbounded only where limits are unlimited, and setting those that it names bounds it", () => {
  fc.assert(
    fc.property(arbitraryTerms, (terms) => {
      for (const name of ["per_trade", "per_day", "in_all"] as const) {
        const { total_usd, set } = worstCase(terms)[name];
        if (total_usd !== "unbounded") {
          expect(set).toEqual([]);
          continue;
        }
        expect(set.length).toBeGreaterThan(0);
        expect(set.every((limit) => terms.limits[limit] === "unlimited")).toBe(true);
        const bounded = withLimits(terms, Object.fromEntries(set.map((limit) => [limit, decimal(1)])));
        expect(worstCase(bounded)[name].total_usd).not.toBe("unbounded");
      }
    }),
    { numRuns: 500 },
  );
});

test("a day costs at least the dearest of slippage, exit and gas that one trade of it can cost", () => {
  fc.assert(
    fc.property(arbitraryFiniteTerms, (terms) => {
      const { limits } = terms;
      const { total_usd } = worstCase(terms).per_day;
      const gas = [limits.max_gas_usd_per_day, limits.exit_gas_usd_per_day].filter((limit) => limit !== "unlimited");
      expect(total_usd === "unbounded" || total_usd.gte(max(decimal(0), ...gas))).toBe(true);
    }),
  );
});
