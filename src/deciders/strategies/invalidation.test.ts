import { expect, test } from "vitest";
import { MINUTE } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { Json } from "../../core/json.ts";
import type { Observation } from "../../venues/venue.ts";
import { invalidation } from "./invalidation.ts";
import { loadStrategies, SHIPPED_STRATEGIES } from "./load-strategies.ts";
import type { Strategy, Trigger } from "./strategy.ts";
import { StrategyDesk } from "./strategy-desk.ts";

const shipped = loadStrategies(SHIPPED_STRATEGIES);

function held(asset: `${string}/${string}`, weight: string, role: "allowed" | "numeraire") {
  const amounts = { amount: decimal(1), decimals: 8, price_usd: decimal(1), price_at: 0 };
  return { account: "main", asset, ...amounts, value_usd: decimal(weight).times(1000), weight: decimal(weight), role };
}

function seen(metrics: Json, at = 0): Observation {
  const holdings = [held("x/BTC:perp", "0", "allowed"), held("x/ETH:perp", "0", "allowed"), held("x/USDC", "1", "numeraire")];
  return { at, value_usd: decimal(1000), holdings, allowances: [], unknowns: [], facts: { metrics } };
}

function strategy(markets: readonly string[], ...triggers: readonly Trigger[]): Strategy {
  const [first] = shipped;
  if (!first) throw new TypeError("strategies come with the package");
  return { ...first, id: "one", directionality: "long-short", markets, invalidation_triggers: triggers };
}

const spread: Trigger = { metric: "spread_bps", operator: ">", value: "12" };

test.each([
  ["above it", ">", "12", "12.1", true],
  ["exactly there", ">", "12", "12", false],
  ["at or above it", ">=", "12", "12", true],
  ["below it", "<", "-3", "-3.1", true],
  ["exactly there, below", "<", "-3", "-3", false],
  ["at or below it", "<=", "-3", "-3", true],
  ["equal", "==", "0", "0.0", true],
] as const)("a trigger fires %s", (_, operator, value, is, fires) => {
  const one = strategy(["any"], { metric: "drawdown_pct", operator, value });
  expect(invalidation(one, seen({ drawdown_pct: is })).all !== null).toBe(fires);
});

test("a figure of one market ends the strategy there, and one of all of its markets ends it", () => {
  const one = strategy(["BTC", "ETH"], spread);
  const some = invalidation(one, seen({ spread_bps: { "x/BTC:perp": "13", "x/ETH:perp": "2" } }));
  expect(some.all).toBeNull();
  expect([...some.markets]).toEqual([["x/BTC:perp", "spread_bps is 13, and spread_bps > 12 ends it"]]);
  const both = invalidation(one, seen({ spread_bps: { "x/BTC:perp": "13", "x/ETH:perp": "20", "x/DOGE:perp": "1" } }));
  expect(both.all).toContain("spread_bps of all of its markets");
});

test("figures that are not there, or are no figures, fire nothing", () => {
  for (const metrics of [
    null,
    {},
    [],
    "13",
    { spread_bps: {} },
    { spread_bps: "much" },
    { spread_bps: { "x/BTC:perp": null } },
  ]) {
    expect(invalidation(strategy(["any"], spread), seen(metrics))).toEqual({ all: null, markets: new Map() });
  }
});

test("what has ended in one market is not increased there, and is in another", () => {
  const one = strategy(["any"], spread);
  const desk = new StrategyDesk([one], { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 });
  const targets = [
    { account: "main", asset: "x/BTC:perp", weight: decimal("0.1") },
    { account: "main", asset: "x/ETH:perp", weight: decimal("0.1") },
    { account: "main", asset: "x/USDC", weight: decimal("0.8") },
  ] as const;
  const { decision, remarks } = desk.hold(
    { kind: "targets", targets, why: "" },
    "one",
    seen({ spread_bps: { "x/BTC:perp": "13", "x/ETH:perp": "2" } }),
    {},
  );
  const weights = decision.kind === "targets" ? decision.targets.map(({ weight }) => weight.toFixed()) : [];
  expect(weights).toEqual(["0", "0.1", "0.9"]);
  expect(remarks).toEqual(["x/BTC:perp is not increased: spread_bps is 13, and spread_bps > 12 ends it"]);
});

test("a process that is started anew goes on with the strategy that was followed, and its dwell time", () => {
  const desk = new StrategyDesk(shipped, { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 });
  desk.resume({ strategy: "session-bias", since: 0 });
  expect(desk.following).toBe("session-bias");
  const targets = [{ account: "main", asset: "x/BTC:perp" as const, weight: decimal("0.1") }];
  const early = desk.hold({ kind: "targets", targets, why: "" }, "trend-following", seen({}, 59 * MINUTE), {});
  expect(early.remarks[0]).toContain("session-bias is kept for 60 minutes");
  desk.resume({ strategy: "trend-following", since: 0 });
  expect(desk.following).toBe("session-bias");
  const other = new StrategyDesk(shipped, { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 });
  other.resume({ strategy: "one-that-was-deleted", since: 0 });
  expect(other.following).toBeNull();
});
