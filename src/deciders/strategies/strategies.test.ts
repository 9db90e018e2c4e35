import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MINUTE } from "../../core/clock.ts";
import { type Decimal, decimal, sum, ZERO } from "../../core/decimal.ts";
import type { StrategiesTerms } from "../../mandate/terms.ts";
import type { Target } from "../../planning/targets.ts";
import type { Intent, Observation } from "../../venues/venue.ts";
import type { Decision } from "../decider.ts";
import { chooseStrategies } from "./choose-strategies.ts";
import { loadStrategies, SHIPPED_STRATEGIES } from "./load-strategies.ts";
import { isMarketOf } from "./market-names.ts";
import { parseStrategy } from "./parse-strategy.ts";
import type { Strategy } from "./strategy.ts";
import { StrategyDesk } from "./strategy-desk.ts";

const shipped = loadStrategies(SHIPPED_STRATEGIES);
const TERMS: StrategiesTerms = { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 };

const held = (asset: `${string}/${string}`, weight: string, role: "allowed" | "numeraire" = "allowed") => ({
  account: "main",
  asset,
  amount: decimal(1),
  decimals: 8,
  price_usd: decimal(1),
  price_at: 0,
  value_usd: decimal(weight).times(1000),
  weight: decimal(weight),
  role,
});

function seenAt(at: number, facts: Observation["facts"] = {}): Observation {
  return {
    at,
    value_usd: decimal(1000),
    holdings: [
      held("x/BTC:perp", "0.1"),
      held("x/ETH:perp", "-0.2"),
      held("x/DOGE:perp", "0"),
      held("x/USDC", "0.7", "numeraire"),
    ],
    allowances: [],
    unknowns: [],
    facts,
  };
}

const target = (asset: `${string}/${string}`, weight: string): Target => ({ account: "main", asset, weight: decimal(weight) });
const weights = (decision: Decision) =>
  decision.kind === "targets"
    ? Object.fromEntries(decision.targets.map(({ asset, weight }) => [asset.slice(2), weight.toFixed()]))
    : {};

test("a dozen strategies come with the package, each with words of its own", () => {
  expect(shipped).toHaveLength(12);
  for (const { body, invalidation_triggers } of shipped) {
    expect(body.length).toBeGreaterThan(300);
    expect(invalidation_triggers.length).toBeGreaterThan(0);
  }
});

const GOOD = `---
id: one
title: One
markets: [BTC]
directionality: long
risk_profile: moderate
intended_horizon: hours
minimum_dwell_minutes: 60
max_leverage: 1
max_position_pct: 30
expected_switching_cost_bps: 10
---
Words.
`;

test.each<[string, string, string, string, number, RegExp]>([
  ["a misspelt key", "max_leverage", "max_levrage", "UNKNOWN_KEY", 9, /did you mean max_leverage/],
  ["an unknown risk", "risk_profile: moderate", "risk_profile: wild", "BAD_VALUE", 6, /conservative, moderate, aggressive/],
  [
    "a trigger in prose",
    "---\nWords",
    "invalidation_triggers: [when it falls]\n---\nWords",
    "WRONG_TYPE",
    12,
    /metric, operator, value/,
  ],
  [
    "an unknown metric",
    "---\nWords",
    'invalidation_triggers: [{ metric: mood, operator: "<", value: 1 }]\n---\nWords',
    "BAD_VALUE",
    12,
    /one of/,
  ],
  ["a float that is none", "max_position_pct: 30", "max_position_pct: 3e1", "NOT_A_DECIMAL", 10, /digits/],
  ["a regime that there is not", "---\nWords", "avoid_regimes: [sideways]\n---\nWords", "BAD_VALUE", 12, /one of/],
  ["no words", "Words.", "", "EMPTY_PROSE", 1, /what the strategy does/],
])("a strategy with %s is refused with its line and what to write", (_, from, to, code, line, remedy) => {
  expect(parseStrategy("one.md", GOOD).problems).toEqual([]);
  const { problems } = parseStrategy("one.md", GOOD.replace(from, to));
  expect(problems.map((problem) => [problem.code, problem.line])).toContainEqual([code, line]);
  expect(problems.map((problem) => problem.remedy).join("\n")).toMatch(remedy);
});

test("two files with one id in a folder are refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "mandate-strategies-"));
  try {
    writeFileSync(join(folder, "a.md"), GOOD);
    writeFileSync(join(folder, "b.md"), GOOD);
    expect(() => loadStrategies(folder)).toThrow(/called one too/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each<[string, string, readonly string[], boolean]>([
  ["a coin's perp is its market", "x/BTC:perp", ["BTC"], true],
  ["a perp is no spot", "x/BTC:perp", ["BTC:spot"], false],
  ["wrapped ether is ether", "base/WETH", ["ETH"], true],
  ["a held token is spot", "base/WETH", ["any:spot"], true],
  ["any is any", "x/DOGE:perp", ["any"], true],
  ["another coin is none", "x/DOGE:perp", ["BTC", "ETH"], false],
])("%s", (_, asset, markets, expected) => {
  expect(isMarketOf(asset, markets)).toBe(expected);
});

test("strategies are chosen by markets, risk and regime, and each that is left out has its reason", () => {
  const { chosen, left } = chooseStrategies(shipped, {
    risk_profile: "conservative",
    assets: ["base/WETH"],
    regime: "trending-bull",
    most: 2,
  });
  expect(chosen.map(({ risk_profile }) => risk_profile)).toEqual(["conservative", "conservative"]);
  expect(chosen.length + left.length).toBe(shipped.length);
  expect(left).toContainEqual({ id: "mean-reversion-to-mark", reason: "none of its markets: any:perp" });
  expect(left).toContainEqual({ id: "trend-following", reason: "its risk is moderate, the mandate's is conservative" });
  expect(left).toContainEqual({ id: "funding-harvest", reason: "it is for carry-friendly, range-bound, not for trending-bull" });
});

const hold = (desk: StrategyDesk, targets: readonly Target[], selected: string | null, seen: Observation = seenAt(0)) =>
  desk.hold({ kind: "targets", targets, why: "because" }, selected, seen, {});

test("a position beyond the strategy's largest is made smaller, the rest stays cash, and that is said", () => {
  const desk = new StrategyDesk(shipped, TERMS);
  const { decision, remarks } = hold(
    desk,
    [target("x/BTC:perp", "0.6"), target("x/ETH:perp", "-0.2"), target("x/USDC", "0.2")],
    "trend-following",
  );
  expect(weights(decision)).toEqual({ "BTC:perp": "0.4", "ETH:perp": "-0.2", USDC: "0.4" });
  expect(remarks).toEqual(["x/BTC:perp is held to 40 % by trend-following"]);
  expect(decision.why).toContain("held to 40 %");
});

test("a market that is not the strategy's is not increased, and may be reduced", () => {
  const desk = new StrategyDesk(shipped, TERMS);
  const { decision } = hold(
    desk,
    [target("x/DOGE:perp", "0.2"), target("x/BTC:perp", "0.05"), target("x/USDC", "0.75")],
    "session-bias",
  );
  expect(weights(decision)).toEqual({ "DOGE:perp": "0", "BTC:perp": "0.05", USDC: "0.95" });
});

test.each<[string, string | null, string]>([
  ["no strategy", null, "no strategy is named"],
  ["one that is not listed", "moon", "moon is none of the strategies"],
])("an answer with %s can only reduce", (_, selected, why) => {
  const desk = new StrategyDesk(shipped, TERMS);
  const { decision } = hold(desk, [target("x/BTC:perp", "0.3"), target("x/ETH:perp", "-0.1"), target("x/USDC", "0.6")], selected);
  expect(weights(decision)).toEqual({ "BTC:perp": "0.1", "ETH:perp": "-0.1", USDC: "0.8" });
  expect(decision.why).toContain(why);
});

test("a strategy is kept for its dwell time, to the minute, and reductions pass meanwhile", () => {
  const desk = new StrategyDesk(shipped, TERMS);
  const more = [target("x/BTC:perp", "0.2"), target("x/USDC", "0.8")];
  hold(desk, more, "session-bias", seenAt(0));
  const early = hold(desk, more, "trend-following", seenAt(60 * MINUTE - 1));
  expect(weights(early.decision)).toMatchObject({ "BTC:perp": "0.1" });
  expect(early.remarks[0]).toContain("session-bias is kept for 60 minutes and has been for 59");
  expect(weights(hold(desk, more, "trend-following", seenAt(60 * MINUTE)).decision)).toMatchObject({ "BTC:perp": "0.2" });
  expect(desk.following).toBe("trend-following");
});

test("an invalidation that has come true leaves only reducing", () => {
  const desk = new StrategyDesk(shipped, TERMS);
  const more = [target("x/BTC:perp", "0.2"), target("x/USDC", "0.8")];
  const { decision } = hold(desk, more, "session-bias", seenAt(0, { metrics: { volatility_pct: "81" } }));
  expect(weights(decision)).toMatchObject({ "BTC:perp": "0.1" });
  expect(decision.why).toContain("volatility_pct is 81");
  const before = hold(desk, more, "session-bias", seenAt(0, { metrics: { volatility_pct: "80" } }));
  expect(weights(before.decision)).toMatchObject({ "BTC:perp": "0.2" });
});

test("an intent passes when it only reduces, and is left out when what it adds is beyond the strategy or cannot be told", () => {
  const desk = new StrategyDesk(shipped, TERMS);
  interface Buy extends Intent {
    readonly usd: string | null;
  }
  const venue = {
    vocabulary: {
      intents: [],
      adds: ({ kind, usd }: Buy) => {
        if (kind === "close") return [];
        return usd === null ? null : [{ account: "main", asset: "x/BTC:perp" as const, change_usd: decimal(usd) }];
      },
    },
  };
  const intents = [
    { kind: "close", usd: null },
    { kind: "buy", usd: "100" },
    { kind: "buy", usd: "1" },
    { kind: "odd", usd: null },
  ] as const;
  const { decision, remarks } = desk.hold({ kind: "intents", intents, why: "" }, "session-bias", seenAt(0), venue);
  expect(decision.kind === "intents" && decision.intents.map(({ kind }) => kind)).toEqual(["close", "buy"]);
  expect(remarks).toEqual([
    "buy is left out: x/BTC:perp would be above 20 %, the most of session-bias",
    "odd is left out: what it adds cannot be told; say it as targets",
  ]);
});

test("whatever is asked for, the strategy's figures hold, no weight grows or turns, and the weights' sum stays", () => {
  const weight = fc.integer({ min: -1000, max: 1000 }).map((n) => decimal(n).div(1000));
  fc.assert(
    fc.property(
      weight,
      weight,
      weight,
      fc.constantFrom<string | null>(...shipped.map(({ id }) => id), null),
      (btc, eth, doge, id) => {
        const gross = sum([btc, eth, doge].map((one) => one.abs()));
        const cash = gross.gte(1) ? ZERO : decimal(1).minus(gross);
        const asked = [
          { ...target("x/BTC:perp", "0"), weight: btc },
          { ...target("x/ETH:perp", "0"), weight: eth },
          { ...target("x/DOGE:perp", "0"), weight: doge },
          { ...target("x/USDC", "0"), weight: cash },
        ];
        const { decision } = hold(new StrategyDesk(shipped, TERMS), asked, id);
        if (decision.kind !== "targets") throw new TypeError("targets stay targets");
        const total = (all: readonly Target[]): Decimal => sum(all.map((one) => one.weight.abs()));
        expect(total(decision.targets).toFixed(12)).toBe(total(asked).toFixed(12));
        const strategy: Strategy | undefined = shipped.find((one) => one.id === id);
        const positions = decision.targets.slice(0, 3);
        positions.forEach((one, i) => {
          expect(one.weight.abs().lte(asked[i]?.weight.abs() ?? ZERO)).toBe(true);
          expect(one.weight.times(asked[i]?.weight ?? ZERO).gte(0)).toBe(true);
        });
        const held = seenAt(0).holdings;
        for (const [i, one] of positions.entries()) {
          const now = held[i]?.weight?.abs() ?? ZERO;
          const most = strategy ? strategy.max_position_pct.div(100) : now;
          expect(one.weight.abs().lte(most.gt(now) ? most : now)).toBe(true);
        }
        if (strategy) expect(total(positions).lte(strategy.max_leverage)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("a strategy that the mandate names and that there is not is said with the nearest name", () => {
  expect(() => new StrategyDesk(shipped, { ...TERMS, only: ["trend-folowing"] })).toThrow(/no strategy trend-folowing/);
});
