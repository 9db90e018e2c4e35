import { expect, test } from "vitest";
import { perpMeta, spotMeta } from "./info-schemas.ts";
import { perpMarkets, spotMarkets } from "./market.ts";

const perp = { name: "BTC", szDecimals: 5, maxLeverage: 40, marginTableId: 56 };
const tables = [[56, { description: "", marginTiers: [{ lowerBound: "0.0", maxLeverage: 40 }] }]];

test("a market's number is its place, from ten thousand on for a pair, further on for a builder's dex", () => {
  const meta = perpMeta.parse({ universe: [perp, { ...perp, name: "SOL", marginTableId: 20 }], marginTables: tables });
  expect(perpMarkets(meta).map(({ coin, asset }) => [coin, asset])).toEqual([
    ["BTC", 0],
    ["SOL", 1],
  ]);
  expect(perpMarkets(meta, "dex", 2).map(({ asset }) => asset)).toEqual([120_000, 120_001]);
  expect(() => perpMarkets(meta, "dex")).toThrow("number 0");
  const token = { name: "USDC", index: 0, szDecimals: 8, weiDecimals: 8, tokenId: `0x${"0".repeat(32)}` };
  const pair = { name: "@107", index: 107, tokens: [150, 0] };
  const spot = spotMeta.parse({ universe: [pair], tokens: [token, { ...token, name: "HYPE", index: 150, szDecimals: 2 }] });
  expect(spotMarkets(spot)).toMatchObject([{ coin: "@107", asset: 10_107, sz_decimals: 2, base: { name: "HYPE" } }]);
});

test("two perpetuals of one name are both marked, and the others stay as they are", () => {
  const meta = perpMeta.parse({
    universe: [perp, { ...perp, name: "SOL" }, perp, { ...perp, name: "ETH" }],
    marginTables: tables,
  });
  expect(perpMarkets(meta).map(({ coin, asset, named_twice }) => [coin, asset, named_twice])).toEqual([
    ["BTC", 0, true],
    ["SOL", 1, false],
    ["BTC", 2, true],
    ["ETH", 3, false],
  ]);
});

test("a description that names what is not there is refused", () => {
  expect(() => perpMarkets(perpMeta.parse({ universe: [perp], marginTables: [] }))).toThrow("margin table 56");
  const spot = spotMeta.parse({ universe: [{ name: "@1", index: 1, tokens: [1, 0] }], tokens: [] });
  expect(() => spotMarkets(spot)).toThrow("names a token");
});
