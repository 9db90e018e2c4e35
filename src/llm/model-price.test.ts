import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../core/decimal.ts";
import { findInCatalogue, loadCatalogue, longestEdition } from "./catalogue.ts";
import { findPrice, priceFileSchema, priceSchema } from "./find-price.ts";
import { CEILING_PRICE, costOf, priceNote, tokenCeiling, worstCost } from "./model-price.ts";

const openai = await loadCatalogue("openai");
const usage = { input: 1_000, output: 500, cacheRead: 0, cacheWrite: 0 };

test.each([
  ["gpt-4o", "0.0075"],
  ["gpt-4o-mini", "0.00045"],
  ["gpt-4o-2024-08-06", "0.0075"],
  ["gpt-4o-mini-2024-07-18", "0.00045"],
])("1,000 tokens in and 500 out of %s cost $%s", (id, cost) => {
  const price = findPrice({ provider: "openai", id, catalogue: openai });
  expect(price.basis).toBe("catalogue");
  expect(costOf(price, usage).toFixed()).toBe(cost);
});

test("a name that only begins like a known one is not known", () => {
  expect(findInCatalogue(openai, "gpt-4o-max")).toBeUndefined();
  expect(findPrice({ provider: "openai", id: "gpt-4o-max", catalogue: openai })).toBe(CEILING_PRICE);
});

test("the longest name that fits is taken", () => {
  expect(longestEdition(["m", "m-latest"], "m-latest")).toBe("m-latest");
  expect(longestEdition(["m-latest", "m"], "m-latest")).toBe("m-latest");
  const file = priceFileSchema.parse({ "big*": { input: 1, output: 1 }, "bigger*": { input: 2, output: 2 } });
  expect(findPrice({ provider: "x", id: "biggest", file, catalogue: [] }).input.toFixed()).toBe("1");
  expect(findPrice({ provider: "x", id: "bigger-1", file, catalogue: [] }).input.toFixed()).toBe("2");
});

test("a price that nobody knows is 15 and 75 USD per million, and is said", () => {
  const price = findPrice({ provider: "x", id: "y", catalogue: [] });
  expect(costOf(price, { input: 1_000_000, output: 1_000_000, cacheRead: 0, cacheWrite: 0 }).toFixed()).toBe("90");
  expect(priceNote({ provider: "x", id: "y", price })).toContain("x/y");
  expect(priceNote({ provider: "x", id: "y", price: { ...price, basis: "mandate" } })).toBeUndefined();
});

test("the mandate's price goes before the file's, the file's before the catalogue's", () => {
  const mandate = priceSchema.parse({ input: 1, output: "2.5" });
  const file = priceFileSchema.parse({
    "gpt-4o": { input: 3, output: 4 },
    "openai/gpt-*": { input: 5, output: 6 },
    "local*": { input: 0, output: 0 },
  });
  const find = (id: string, own?: typeof mandate) =>
    findPrice({ provider: "openai", id, file, catalogue: openai, ...(own ? { mandate: own } : {}) });
  expect(find("gpt-4o", mandate)).toMatchObject({
    basis: "mandate",
    input: decimal(1),
    output: decimal("2.5"),
    cache_read: decimal(1),
    cache_write: decimal(2),
  });
  expect(find("gpt-4o").input.toFixed()).toBe("5");
  expect(find("local-llama")).toMatchObject({ basis: "file", input: decimal(0) });
  expect(find("o3").basis).toBe("catalogue");
});

test("a price that is negative or no plain number is refused", () => {
  expect(priceSchema.safeParse({ input: "-1", output: 1 }).success).toBe(false);
  expect(priceSchema.safeParse({ input: "1e3", output: 1 }).success).toBe(false);
  expect(priceSchema.safeParse({ input: 1, output: 1, outptu: 1 }).success).toBe(false);
});

test("a routed model without a price of its own, and a subscription at zero, are not free", async () => {
  const openrouter = await loadCatalogue("openrouter");
  const basis = (id: string) => findPrice({ provider: "openrouter", id, catalogue: openrouter }).basis;
  expect(basis("openrouter/auto")).toBe("ceiling");
  expect(basis("auto")).toBe("ceiling");
  expect(basis("google/gemma-4-31b-it:free")).toBe("catalogue");
});

test("a provider that the catalogue does not know has no models, and no path is made of its name", async () => {
  expect(await loadCatalogue("nobody")).toEqual([]);
  expect(await loadCatalogue("../../x")).toEqual([]);
});

test("the highest tier that a prompt reaches holds for all of it", () => {
  const tier = { above: 100, input: decimal(10), output: decimal(20), cache_read: decimal(1), cache_write: decimal(10) };
  const price = { ...CEILING_PRICE, tiers: [tier] };
  expect(costOf(price, { input: 100, output: 0, cacheRead: 0, cacheWrite: 0 }).toFixed()).toBe("0.0015");
  expect(costOf(price, { input: 100, output: 0, cacheRead: 1, cacheWrite: 0 }).toFixed()).toBe("0.001001");
});

test("no usage within the reserved tokens costs more than the worst cost", async () => {
  const prices = ["gpt-4o", "gpt-5.4", "gpt-5.5-pro", "o3", "unknown"].map((id) =>
    findPrice({ provider: "openai", id, catalogue: openai }),
  );
  const count = fc.nat(500_000);
  fc.assert(
    fc.property(
      fc.constantFrom(...prices),
      count,
      count,
      count,
      count,
      fc.nat(1_000),
      (price, input, cacheRead, cacheWrite, output, spare) => {
        const cost = costOf(price, { input, output, cacheRead, cacheWrite });
        expect(cost.lte(worstCost(price, input + cacheRead + cacheWrite + spare, output + spare))).toBe(true);
      },
    ),
  );
});

test("the token estimate is never below one token a byte", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(tokenCeiling(text)).toBeGreaterThan(new TextEncoder().encode(text).length);
    }),
  );
});
