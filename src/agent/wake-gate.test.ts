import { expect, test } from "vitest";
import { HOUR, MINUTE } from "../core/clock.ts";
import { decimal, ZERO } from "../core/decimal.ts";
import { holdingKey } from "../planning/targets.ts";
import type { Observation } from "../venues/venue.ts";
import { type WakeMemory, type WakeParameters, wakeGate } from "./wake-gate.ts";

const START = Date.UTC(2026, 0, 5);
const terms = { drift_points: decimal(5), price_pct: decimal(3), at_least_every: 6 * HOUR };

function seen(weight: string, price: string, at = START + MINUTE, more: Partial<Observation> = {}): Observation {
  const holding = { account: "wallet", amount: decimal(1), decimals: 18, price_at: START, value_usd: ZERO };
  return {
    at,
    value_usd: decimal(1000),
    holdings: [
      { ...holding, asset: "base/WETH", price_usd: decimal(price), weight: decimal(weight), role: "allowed" },
      { ...holding, asset: "base/USDC", price_usd: decimal(1), weight: decimal(1).minus(weight), role: "numeraire" },
      { ...holding, asset: "base/ETH", price_usd: decimal(price), weight: null, role: "gas" },
    ],
    allowances: [],
    unknowns: [],
    facts: {},
    ...more,
  };
}

const quiet: WakeMemory = {
  at: START,
  weights: new Map([
    [holdingKey("wallet", "base/WETH"), decimal("0.5")],
    [holdingKey("wallet", "base/USDC"), decimal("0.5")],
  ]),
  prices: new Map([["base/WETH", decimal(3000)]]),
  sent: false,
  refused: [],
  toldRefused: [],
  retryAt: null,
};

test.each<[string, Partial<WakeParameters>, boolean, string]>([
  ["nothing moved enough", {}, false, "drift 0 of 5 points"],
  [
    "what was decided met a stale look",
    { memory: { ...quiet, unfinished: true } },
    true,
    "what was decided could not be done upon a stale look",
  ],
  ["a drift just below the mark", { seen: seen("0.5499", "3000") }, false, "drift 4.9 of 5 points"],
  ["a drift exactly at the mark", { seen: seen("0.55", "3000") }, true, "drift 5 of 5 points"],
  ["a price move exactly at the mark", { seen: seen("0.5", "2910") }, true, "base/WETH moved 3 % since the last decision"],
  ["a price move below the mark", { seen: seen("0.5", "2911") }, false, "drift 0 of 5 points"],
  ["too long a silence", { seen: seen("0.5", "3000", START + 6 * HOUR) }, true, "360 minutes since the last decision"],
  ["nothing known of before", { memory: null }, true, "first decision"],
  ["something sent since", { memory: { ...quiet, sent: true } }, true, "an outcome since the last decision"],
  ["a grant not told of yet", { granted: ["a"] }, true, "the operator has granted what was asked"],
  ["a grant told of before", { granted: ["a"], memory: { ...quiet, toldGranted: ["a"] } }, false, "drift 0 of 5 points"],
  ["something settled just now", { settled: 1 }, true, "an outcome since the last decision"],
  [
    "a refusal not told of yet",
    { memory: { ...quiet, refused: ["COOLDOWN"] } },
    true,
    "refused since the last decision: COOLDOWN",
  ],
  [
    "a refusal told of before",
    { memory: { ...quiet, refused: ["COOLDOWN"], toldRefused: ["COOLDOWN"] } },
    false,
    "drift 0 of 5 points",
  ],
  ["room under a limit again", { memory: { ...quiet, retryAt: START + MINUTE } }, true, "a limit that refused has room again"],
  ["a limit still without room", { memory: { ...quiet, retryAt: START + MINUTE + 1 } }, false, "drift 0 of 5 points"],
  ["something in flight", { memory: null, open: 1 }, false, "waiting for a request to settle"],
  [
    "a price that is missing",
    { memory: null, seen: seen("0.5", "3000", START, { value_usd: null, unknowns: ["no price for base/WETH: stale"] }) },
    false,
    "the portfolio has no value now: no price for base/WETH: stale",
  ],
])("%s", (_, change, wake, reason) => {
  expect(wakeGate({ seen: seen("0.5", "3000"), memory: quiet, settled: 0, open: 0, terms, ...change })).toEqual({ wake, reason });
});

test("an asset that was held at the last decision and is gone counts as drift", () => {
  const weights = new Map([...quiet.weights, [holdingKey("wallet", "base/GOV"), decimal("0.06")]]);
  expect(wakeGate({ seen: seen("0.5", "3000"), memory: { ...quiet, weights }, settled: 0, open: 0, terms }).wake).toBe(true);
});
