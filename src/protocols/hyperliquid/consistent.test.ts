import { expect, test } from "vitest";
import { consistentPerps, consistentSpot } from "./consistent.ts";
import { perpState, spotState } from "./info-schemas.ts";
import { spotDollars } from "./spot-dollars.ts";

const position = (one: Readonly<Record<string, string>>) => ({
  position: {
    coin: "HMSTR",
    szi: "10000000",
    leverage: { type: "isolated", value: 2, rawUsd: "-1000" },
    entryPx: "0.0002",
    positionValue: "2004.9",
    unrealizedPnl: "0",
    liquidationPx: null,
    marginUsed: "1004.9",
    maxLeverage: 3,
    cumFunding: { allTime: "0", sinceOpen: "0", sinceChange: "0" },
    ...one,
  },
});

function account(accountValue: string, positions: readonly object[]) {
  const summary = { accountValue, totalNtlPos: "0", totalRawUsd: "1000", totalMarginUsed: "0" };
  return perpState.parse({
    marginSummary: summary,
    crossMarginSummary: summary,
    crossMaintenanceMarginUsed: "0",
    withdrawable: "0",
    time: 1,
    assetPositions: positions,
  });
}

test("an entry price that the venue rounds at its sixth place makes no account doubtful", () => {
  expect(consistentPerps(account("3004.9", [position({})])).doubts).toEqual([]);
  // Shorts, and a zero that has a sign, are figures like any other.
  const short = position({ szi: "-10000000", unrealizedPnl: "-4.9", liquidationPx: "0.0003" });
  expect(consistentPerps(account("-1004.9", [short])).doubts).toEqual([]);
  expect(consistentPerps(account("1000", [position({ szi: "-0.0", positionValue: "-0.0", entryPx: "-0.0" })])).doubts).toEqual(
    [],
  );
});

test("equity that is not its parts, and a size that its value contradicts, are doubts and keep nothing from being read", () => {
  expect(consistentPerps(account("30040", [position({})])).doubts).toHaveLength(1);
  expect(consistentPerps(account("3004.9", [position({ szi: "100000000" })])).doubts).toHaveLength(1);
  expect(() => consistentPerps(account("5009.8", [position({}), position({})]))).toThrow(/twice/);
});

const balance = (coin: string, total: string, token?: number) => ({ coin, total, token, hold: "0.0", entryNtl: "0.0" });

test("two tokens of one name, which anybody can send, are two tokens; one number that stands twice is a contradiction", () => {
  const state = (...balances: readonly object[]) => spotState.parse({ balances });
  expect(consistentSpot(state(balance("GIFT", "1", 400), balance("GIFT", "1", 401))).balances).toHaveLength(2);
  expect(() => consistentSpot(state(balance("A", "1", 400), balance("B", "1", 400)))).toThrow(/twice/);
  expect(() => consistentSpot(state(balance("A", "1"), balance("A", "1")))).toThrow(/twice/);
});

test("dollars are the token that is dollars, and no gift that bears their name", () => {
  const dollars = (...balances: readonly object[]) => spotDollars(spotState.parse({ balances })).total.toFixed();
  expect(dollars(balance("USDC", "1000000000", 400), balance("USDC", "5", 0))).toBe("5");
  expect(dollars(balance("USDC", "1000000000", 400))).toBe("0");
  expect(dollars(balance("USDC", "5"))).toBe("5");
});
