import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal, ZERO } from "../../core/decimal.ts";
import type { Targets } from "../../planning/targets.ts";
import { compileHyperliquid } from "./compile.ts";
import { type HyperliquidIntent, readHyperliquidIntent } from "./intents.ts";
import type { HyperliquidObservation } from "./observation.ts";
import { planHyperliquid } from "./plan.ts";
import type { HyperliquidScope } from "./scope.ts";
import { sampleOrder, sampleRules, sampleScope, sampleSeen } from "./testing/sample-account.ts";
import { hyperliquidVocabulary } from "./vocabulary.ts";

const targets = (weights: Record<string, string>): Targets =>
  Object.entries(weights).map(([market, weight]) => ({ account: "trader", asset: `hl/${market}`, weight: decimal(weight) }));
const towards = (weights: Record<string, string>, seen: HyperliquidObservation, scope: HyperliquidScope = sampleScope) =>
  planHyperliquid({ kind: "targets", targets: targets(weights) }, seen, sampleRules, scope);
const doing = (items: readonly unknown[], seen: HyperliquidObservation) =>
  planHyperliquid(
    { kind: "intents", intents: items.map((item) => readHyperliquidIntent(item, "hl")) },
    seen,
    sampleRules,
    sampleScope,
  );
const reasons = ({ steps }: { readonly steps: readonly { readonly reason: string }[] }) => steps.map(({ reason }) => reason);
const order = (more: object) => ({ kind: "order", market: "BTC:perp", type: "market", ...more });

test("from all cash, a hedge is opened: money to spot first, then the short and the spot", async () => {
  const plan = towards({ "BTC:perp": "-0.4", "BTC:spot": "0.4", USDC: "0.2" }, await sampleSeen());
  expect(reasons(plan)).toEqual([
    "Move $4,022.82 from perp to spot",
    "Short BTC:perp: 0 % → -40 %",
    "Raise BTC:spot: 0 % → 40 %",
  ]);
});

test("to all cash, a long is sold, a short bought back, and spot sold in whole lots", async () => {
  const seen = await sampleSeen({
    account_value: "9000",
    withdrawable: "5000",
    positions: [
      { coin: "BTC", size: "0.05" },
      { coin: "ETH", size: "-1" },
    ],
    btc: "0.0200049",
  });
  const plan = towards({ USDC: "1" }, seen);
  expect(plan.steps.map(({ intent }) => intent)).toMatchObject([
    { market: "hl/BTC:perp", side: "sell", size: decimal("0.05"), reduce_only: true },
    { market: "hl/ETH:perp", side: "buy", size: decimal(1), reduce_only: true },
    { market: "hl/BTC:spot", side: "sell", size: decimal("0.02"), reduce_only: true },
  ]);
});

test("an order that rests and would open goes before anything is traded in its market; what protects stays", async () => {
  const stop = { isTrigger: true, triggerPx: "45000", reduceOnly: true, side: "A", orderType: "Stop Limit" };
  const seen = await sampleSeen({ orders: [sampleOrder(7), sampleOrder(8, stop), sampleOrder(9, { coin: "ETH" })] });
  expect(reasons(towards({ "BTC:perp": "0.4", USDC: "0.6" }, seen))).toEqual([
    "Cancel order 7 of BTC:perp",
    "Raise BTC:perp: 0 % → 40 %",
  ]);
});

test("upon a stale state targets plan nothing, and say so", async () => {
  const stale = { reason: "the venue does not answer", age: 90_000 };
  const seen = { ...(await sampleSeen({ positions: [{ coin: "BTC", size: "0.05" }] })), stale };
  for (const weights of [{ USDC: "1" }, { "BTC:perp": "0.9", USDC: "0.1" }]) {
    const plan = towards(weights, seen);
    expect(plan.steps).toEqual([]);
    expect(plan.line).toBe("Nothing to trade: what was seen is 90 s old, and what was done since is not in it");
  }
});

test("upon a stale state, of what is wanted only what cannot open anything is left", async () => {
  const stale = { reason: "the venue does not answer", age: 90_000 };
  const held = await sampleSeen({ positions: [{ coin: "BTC", size: "0.05" }], orders: [sampleOrder(7)] });
  const plan = doing(
    [
      order({ side: "buy", size: "0.02" }),
      order({ side: "sell", size: "0.07" }),
      { kind: "stop", market: "BTC:perp", trigger: "45000" },
      { kind: "cancel", market: "BTC:perp" },
      { kind: "transfer", usd: "50", to: "spot" },
      { kind: "close", market: "BTC:perp" },
    ],
    { ...held, stale },
  );
  expect(reasons(plan)).toEqual([
    "sell 0.05 BTC:perp at the market, reduce-only",
    "stop all BTC:perp at 45000",
    "cancel every order of BTC:perp",
    "close BTC:perp",
  ]);
  expect(plan.skipped.map(({ reason }) => reason)).toEqual(["stale", "stale", "stale"]);
});

test("what reduces comes before what opens, and an order that turns a position round is two steps", async () => {
  const seen = await sampleSeen({
    positions: [
      { coin: "BTC", size: "0.05" },
      { coin: "ETH", size: "-1" },
    ],
  });
  const plan = doing([order({ side: "sell", size: "0.07" }), { kind: "close", market: "ETH:perp" }], seen);
  expect(reasons(plan)).toEqual([
    "sell 0.05 BTC:perp at the market, reduce-only",
    "close ETH:perp",
    "sell 0.02 BTC:perp at the market",
  ]);
  expect(plan.steps.map(({ direction, value_usd }) => [direction, value_usd?.toFixed()])).toEqual([
    ["sell", "2500"],
    ["sell", "2500"],
    ["buy", "1000"],
  ]);
});

test("a stop stands after the order that it is to protect", async () => {
  const seen = await sampleSeen();
  expect(
    reasons(doing([order({ side: "buy", size: "0.02" }), { kind: "stop", market: "BTC:perp", trigger: "45000" }], seen)),
  ).toEqual(["buy 0.02 BTC:perp at the market", "stop all BTC:perp at 45000"]);
});

test("a market that is not the pinned one any more is not traded; a delisted one is only closed", async () => {
  const held = { positions: [{ coin: "BTC", size: "0.05" }] } as const;
  const another = await sampleSeen({ ...held, meta: { szDecimals: 4 } });
  expect(towards({ USDC: "1" }, another).skipped).toMatchObject([{ asset: "hl/BTC:perp", reason: "not-tradable" }]);
  const delisted = await sampleSeen({ ...held, meta: { isDelisted: true } });
  expect(towards({ USDC: "1" }, delisted).steps).toHaveLength(1);
  expect(towards({ "BTC:perp": "0.9", USDC: "0.1" }, delisted).skipped).toMatchObject([{ reason: "exit-only" }]);
});

test("deciders are told which weights may be negative, and which intents there are", async () => {
  const { may, intents } = hyperliquidVocabulary({ ...sampleScope, transfers: false });
  expect([...(may?.(await sampleSeen()).shorts ?? [])]).toEqual(["trader hl/BTC:perp", "trader hl/ETH:perp"]);
  expect(intents.map(({ kind }) => kind)).toEqual(["order", "close", "cancel", "stop", "take_profit", "set_leverage"]);
});

test("every step of a plan can be said in actions, and only what opens brings its leverage", async () => {
  const share = fc.integer({ min: -100, max: 100 });
  const lots = (most: number) => fc.integer({ min: -most, max: most });
  await fc.assert(
    fc.asyncProperty(
      share,
      share,
      fc.nat(100),
      fc.integer({ min: 1, max: 100 }),
      lots(4_000),
      lots(20_000),
      fc.nat(3_000),
      async (btc, eth, spot, cash, btcLots, ethLots, spotLots) => {
        const all = Math.abs(btc) + Math.abs(eth) + spot + cash;
        const seen = await sampleSeen({
          positions: [
            ...(btcLots === 0 ? [] : [{ coin: "BTC" as const, size: decimal(btcLots).div(1e5).toFixed() }]),
            ...(ethLots === 0 ? [] : [{ coin: "ETH" as const, size: decimal(ethLots).div(1e4).toFixed() }]),
          ],
          btc: decimal(spotLots).div(1e5).toFixed(),
          usdc: "500",
        });
        const weight = (part: number) => decimal(part).div(all).toFixed();
        const wish = { "BTC:perp": weight(btc), "ETH:perp": weight(eth), "BTC:spot": weight(spot), USDC: weight(cash) };
        let state = seen;
        for (const { intent } of towards(wish, seen).steps) {
          const actions = compileHyperliquid(intent, state, sampleScope);
          expect(actions.length).toBe(
            intent.kind === "order" && !intent.reduce_only && intent.market.endsWith("perp") ? 2 - kept(intent, state) : 1,
          );
          state = filled(state, intent);
        }
      },
    ),
    { numRuns: 100 },
  );
});

/** 1 where a position is there already, whose leverage stands. */
function kept(intent: Extract<HyperliquidIntent, { kind: "order" }>, seen: HyperliquidObservation): number {
  return seen.positions.some(({ asset }) => asset === intent.market) ? 1 : 0;
}

/** The positions after an order has filled whole. */
function filled(seen: HyperliquidObservation, intent: HyperliquidIntent): HyperliquidObservation {
  if (intent.kind !== "order") return seen;
  const before = seen.positions.find(({ asset }) => asset === intent.market);
  const change = (intent.size ?? ZERO).times(intent.side === "buy" ? 1 : -1);
  const size = (before?.size ?? ZERO).plus(change);
  const others = seen.positions.filter((one) => one !== before);
  if (size.isZero() || !before) return { ...seen, positions: others };
  return { ...seen, positions: [...others, { ...before, size, available: size }] };
}
