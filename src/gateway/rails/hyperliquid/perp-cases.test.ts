import { expect, test } from "vitest";
import { decimal } from "../../../core/decimal.ts";
import { perpState } from "../../../protocols/hyperliquid/info-schemas.ts";
import { strangeCases } from "./perp-cases.ts";
import type { HyperliquidView } from "./read-view.ts";

const summary = { accountValue: "1000", totalNtlPos: "0", totalRawUsd: "1000", totalMarginUsed: "0" };
const position = (coin: string, leverage: object) => ({
  position: {
    coin,
    szi: "-2",
    leverage,
    entryPx: "100",
    positionValue: "200",
    unrealizedPnl: "0",
    liquidationPx: null,
    marginUsed: "80",
    maxLeverage: 10,
    cumFunding: { allTime: "0", sinceOpen: "0", sinceChange: "0" },
  },
});

test("what is held in markets that the book does not have is at risk too: its margin, or the account on cross", () => {
  const perp = perpState.parse({
    marginSummary: summary,
    crossMarginSummary: summary,
    crossMaintenanceMarginUsed: "0",
    withdrawable: "0",
    time: 1,
    assetPositions: [
      position("KNOWN", { type: "cross", value: 2 }),
      position("CROSS", { type: "cross", value: 2 }),
      position("APART", { type: "isolated", value: 2, rawUsd: "280" }),
    ],
  });
  const markets = [{ entry: { kind: "perp", coin: "KNOWN" } }] as unknown as HyperliquidView["markets"];
  const cases = strangeCases({ perp, markets, label: "hl" } as unknown as HyperliquidView);
  expect(cases.map(({ asset, cross, margin, notional }) => [asset, cross, margin.toFixed(), notional.toFixed()])).toEqual([
    ["hl/CROSS:perp", true, "0", "200"],
    ["hl/APART:perp", false, "80", "200"],
  ]);
  expect(cases[1]?.cases[0]?.equity.eq(decimal(80))).toBe(true);
});
