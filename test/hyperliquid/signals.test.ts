import { expect, test } from "vitest";
import { DAY, HOUR, isoTime, MINUTE } from "../../src/core/clock.ts";
import { decimal } from "../../src/core/decimal.ts";
import { readMandate } from "../../src/mandate/read-mandate.ts";
import { marketSignals } from "../../src/venues/hyperliquid/market-signals.ts";
import { venueOfMandate } from "../../src/venues/hyperliquid/venue-of-mandate.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import { startPaperExchange } from "../../src/worlds/paper-exchange/start-paper-exchange.ts";

const FILE = `${import.meta.dirname}/../../mandates/balanced-growth/MANDATE.md`;

test("figures and the regime come from the venue's own candles: a new process knows them at once", async () => {
  await using paper = await startPaperExchange({ seed: "5", step: HOUR, regime: "bull", limits: { weightPerMinute: 100_000 } });
  const read = readMandate(FILE, { worldWallet: REHEARSAL_WALLET });
  const strategies = { from: "shipped", only: null, as: "summary", risk_profile: null, most: 12 } as const;
  const mandate = { ...read, brief: { ...read.brief, strategies } };
  const look = async () => (await venueOfMandate(mandate, paper.http, paper.clock).venue.observe()).facts;
  const early = await look();
  expect(early.regime).toMatchObject({ regime: "unknown" });
  expect(early.metrics).not.toHaveProperty("volatility_pct");
  expect(early.metrics).toMatchObject({
    funding_rate_bps_8h: { "hl/BTC:perp": expect.stringMatching(/^-?\d+(\.\d+)?$/) },
    spread_bps: { "hl/HYPE:spot": expect.stringMatching(/^\d+(\.\d+)?$/) },
    depth_usd: { "hl/ETH:perp": expect.stringMatching(/^\d+(\.\d+)?$/) },
  });
  await paper.advance((await paper.now()) + 32 * DAY);
  const later = await look();
  expect(later.regime).toMatchObject({ of: "hl/BTC:perp", as_of: isoTime(await paper.now()) });
  expect(["trending-bull", "carry-friendly", "unknown", "range-bound"]).toContain((later.regime as { regime: string }).regime);
  for (const metric of ["volatility_pct", "price_change_pct", "trend_score", "basis_bps"]) {
    expect(later.metrics, metric).toHaveProperty([metric, "hl/BTC:perp"]);
  }
  expect(later.metrics).toHaveProperty(["correlation", "hl/ETH:perp"]);
  expect(later.metrics).not.toHaveProperty(["correlation", "hl/BTC:perp"]);
  expect(await look()).toEqual(later);
});

test("the change of open interest is of what a process has seen for a day, and candles are not asked for each time", async () => {
  await using paper = await startPaperExchange({ seed: "5", step: HOUR });
  const mandate = readMandate(FILE, { worldWallet: REHEARSAL_WALLET });
  const { venue, scope, info } = venueOfMandate(mandate, paper.http, paper.clock);
  const signals = marketSignals({ scope, info, clock: paper.clock });
  const { markets } = await venue.observe();
  const readAt = async (usd: string) => {
    const { metrics } = await signals.read(markets.map((market) => ({ ...market, open_interest_usd: decimal(usd) })));
    return metrics as { readonly candles_as_of: string };
  };
  const first = await readAt("100");
  expect(first).not.toHaveProperty("open_interest_change_pct");
  await paper.advance((await paper.now()) + MINUTE);
  const second = await readAt("200");
  expect(second.candles_as_of).toBe(first.candles_as_of);
  expect(second).not.toHaveProperty("open_interest_change_pct");
  await paper.advance((await paper.now()) + DAY - MINUTE);
  expect(await readAt("120")).toHaveProperty(["open_interest_change_pct", "hl/BTC:perp"], "20.0000");
});

test("V2: a spread is told in basis points of the book's middle", async () => {
  await using paper = await startPaperExchange({ seed: "5", step: HOUR });
  const { venue, scope, info } = venueOfMandate(readMandate(FILE, { worldWallet: REHEARSAL_WALLET }), paper.http, paper.clock);
  const level = (price: string) => [{ price: decimal(price), size: decimal(1) }];
  const book = { bids: level("50000"), asks: level("50010") };
  const { markets } = await venue.observe();
  const { metrics } = await marketSignals({ scope, info, clock: paper.clock }).read(
    markets.map((market) => ({ ...market, book })),
  );
  expect(metrics).toHaveProperty(["spread_bps", "hl/BTC:perp"], "1.9998");
});
