import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { decide as halfAndHalf } from "../../mandates/weth-usdc-code/strategy.ts";
import { type CodeContext, decimal, type EvmObservation } from "../../src/entries/mandate.ts";
import { runStrategy } from "../../src/entries/testing.ts";
import { livingChildren } from "./support/children.ts";

afterEach(() => expect(livingChildren()).toEqual([]));

const amountOf = ({ holdings }: EvmObservation, asset: string) =>
  holdings.find((holding) => holding.asset === asset)?.amount ?? decimal("0");

test("a function runs against real contracts: what it saw, what it wanted and what became of it", async () => {
  const decide = (seen: EvmObservation, { decimal: exact }: CodeContext) =>
    amountOf(seen, "base/WETH").gt("0.35")
      ? [{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: exact("0.1") }]
      : [{ kind: "HOLD", why: "enough" }];
  const { asked, acts, end, report } = await runStrategy({ decide, cycles: 2 });
  expect(acts).toMatchObject([{ cycle: 1, intent: { kind: "swap" }, outcome: "confirmed", codes: [] }]);
  expect(asked.map(({ seen }) => amountOf(seen, "base/WETH").toFixed())).toEqual(["0.4", "0.3"]);
  expect(asked[1]?.answer).toEqual([{ kind: "HOLD", why: "enough" }]);
  expect(amountOf(end, "base/USDC").gt(590)).toBe(true);
  expect(report).toMatchObject({ journal_verified: true, model_calls: 0, refusals: [] });
});

test("after a jump of the price it sells WETH, as docs/code-strategies.md shows", async () => {
  const { acts, report } = await runStrategy({
    decide: halfAndHalf,
    fund: { ETH: "1", WETH: "0.25", USDC: "750" },
    cycles: 5,
    scenario: [{ at: 150_000, asset: "WETH", change: "+0.6" }],
  });
  expect(acts).toMatchObject([{ cycle: 4, intent: { kind: "swap", sell: "base/WETH" }, outcome: "confirmed" }]);
  expect(report.refusals).toEqual([]);
});

test("the gateway holds the limits against it, and an error in it is a hold", async () => {
  let n = 0;
  const decide = () => {
    n += 1;
    if (n > 1) throw new TypeError("my own mistake");
    return [{ kind: "SWAP", sell: "base/WETH", buy: "base/USDC", amount: "all" }];
  };
  const { asked, acts, report } = await runStrategy({ decide, cycles: 2 });
  expect(acts).toMatchObject([{ outcome: "refused" }]);
  expect(acts[0]?.codes).toContain("TRADE_TOO_LARGE");
  expect(asked[1]?.answer).toBeNull();
  expect(report.decisions[1]).toMatchObject({ kind: "hold", code: "CODE_FAILED" });
  expect(report.decisions[1]?.why).toContain("my own mistake");
});

test("the liquidity mandate's own code opens a position, and re-centres it where that pays", async () => {
  const file = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-lp", "MANDATE.md");
  const scenario = [{ at: 150_000, asset: "WETH", change: "+0.08" }];
  const { acts, end } = await runStrategy({ file, cycles: 8, scenario });
  expect(acts.map(({ intent }) => intent.kind)).toEqual(["lp_open", "lp_close", "lp_open"]);
  expect(end.positions).toMatchObject([{ pool: "WETH-USDC", in_range: true }]);
});

test("a mandate without code of its own needs a strategy", async () => {
  const file = join(import.meta.dirname, "..", "..", "mandates", "weth-usdc-balanced", "MANDATE.md");
  await expect(runStrategy({ file })).rejects.toMatchObject({ code: "MANDATE_FILE" });
});
