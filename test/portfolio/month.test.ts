import { expect, test } from "vitest";
import { renderPortfolio } from "../../src/cli/run/render-portfolio.ts";
import { decimal, ZERO } from "../../src/core/decimal.ts";
import { paperHours } from "./support/paper-month.ts";

/** A month at full length (`npm run test:long`), days beside all other tests. */
const DAYS = process.env.MANDATE_LONG ? 30 : 4;

test.each(["500", "50000"])(
  "%s dollars reach their shares, are kept near them, and are told beside what else they could have done",
  async (usd) => {
    const { portfolio, events, calls } = await paperHours({ seed: "month", usd, hours: DAYS * 24 });
    expect(events.filter(({ kind }) => kind === "error" || kind === "unsayable")).toEqual([]);
    expect(calls).toBeGreaterThan(DAYS);
    const { rows, curve } = portfolio;
    expect(rows.map(({ name }) => name)).toEqual(["agent", "buy-and-hold", "equal-weight", "without a model"]);
    expect(curve).toHaveLength(DAYS * 24 + 1);
    for (const [n, { value_usd, turnover_usd, fees_usd, return_pct }] of rows.entries()) {
      expect(curve[0]?.values_usd[n]?.toFixed()).toBe(usd);
      expect(curve.at(-1)?.values_usd[n]?.eq(value_usd)).toBe(true);
      expect(value_usd.div(usd).minus(1).times(100).minus(return_pct).abs().lt("0.000001")).toBe(true);
      // Taker fees of the lowest tier: 4.5 bps on perpetuals, 7 on spot.
      const share = fees_usd.div(turnover_usd);
      expect(share.gte("0.00044") && share.lte("0.0007")).toBe(true);
    }
    // The first plan stands before the first hour is over: four fifths of the money at work.
    const [agent] = rows;
    expect(agent?.turnover_usd.gt(decimal(usd).times("0.6"))).toBe(true);
    expect(agent?.liquidations).toBe(0);
    // The same targets kept by the same rules in the same market, once with a model and once without, come out close by.
    const apart = rows[3]?.value_usd.minus(agent?.value_usd ?? ZERO).abs() ?? ZERO;
    expect(apart.lt(decimal(usd).times("0.05"))).toBe(true);
    const text = renderPortfolio({ portfolio, decisions: [] }).join("\n");
    for (const word of ["drawdown", "turnover", "fees", "funding", "buy-and-hold", "equity"]) expect(text).toContain(word);
  },
);

test("the same seed comes to the same figures, another to others", async () => {
  const run = async (seed: string) => JSON.stringify((await paperHours({ seed, usd: "10000", hours: 12 })).portfolio);
  const first = await run("a");
  expect(await run("a")).toBe(first);
  expect(await run("b")).not.toBe(first);
});
