import { z } from "zod";
import { Decimal, decimal } from "../core/decimal.ts";
import { type CatalogueModel, findInCatalogue, longestEdition } from "./catalogue.ts";
import { CEILING_PRICE, type ModelPrice, type TokenRates } from "./model-price.ts";

const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => /^\d+(\.\d+)?$/.test(text), "a price is a plain decimal number of USD per million tokens");

/** `prices:` of a mandate, or one model of a price file: USD per million tokens. */
export const priceSchema = z.strictObject({
  input: amount,
  output: amount,
  /** Default: the input price. */
  cache_read: amount.optional(),
  /** Default: twice the input price, the most that a provider is known to charge. */
  cache_write: amount.optional(),
});
export type PriceOverride = z.infer<typeof priceSchema>;

/** A user's price file: "provider/id" or "id" to prices; a name ending in `*` stands for all that begin so. */
export const priceFileSchema = z.record(z.string().min(1), priceSchema);
export type PriceFile = z.infer<typeof priceFileSchema>;

export interface FindPriceParameters {
  readonly provider: string;
  readonly id: string;
  readonly mandate?: PriceOverride;
  readonly file?: PriceFile;
  readonly catalogue: readonly CatalogueModel[];
}

/** The mandate's price, else the price file's, else the catalogue's, else the ceiling. Longest matching name first. */
export function findPrice({ provider, id, mandate, file, catalogue }: FindPriceParameters): ModelPrice {
  if (mandate) return { ...stated(mandate), tiers: [], basis: "mandate" };
  const fromFile = file && findInFile(file, provider, id);
  if (fromFile) return { ...stated(fromFile), tiers: [], basis: "file" };
  const known = findInCatalogue(catalogue, id);
  return (known && catalogued(known)) ?? CEILING_PRICE;
}

function stated(price: PriceOverride): TokenRates {
  const input = decimal(price.input);
  return {
    input,
    output: decimal(price.output),
    cache_read: price.cache_read === undefined ? input : decimal(price.cache_read),
    cache_write: price.cache_write === undefined ? input.times(2) : decimal(price.cache_write),
  };
}

function findInFile(file: PriceFile, provider: string, id: string): PriceOverride | undefined {
  const names = Object.keys(file);
  for (const wanted of [`${provider}/${id}`, id]) {
    const exact = longestEdition(names, wanted);
    const pattern = names
      .filter((name) => name.endsWith("*") && wanted.startsWith(name.slice(0, -1)))
      .sort((a, b) => b.length - a.length)[0];
    const name = exact ?? pattern;
    if (name !== undefined) return file[name];
  }
  return undefined;
}

/**
 * The catalogue writes 0 for a cache price that it does not know, 0 for both prices of a subscription,
 * and negative ones where the price depends on the route: none of these is a price to count with.
 */
function catalogued(model: CatalogueModel): ModelPrice | undefined {
  const { cost } = model;
  const free = /[:-]free$/.test(model.id);
  if (cost.input < 0 || cost.output < 0 || (cost.input === 0 && cost.output === 0 && !free)) return undefined;
  const tiers = (cost.tiers ?? []).map((tier) => ({ ...rates(tier), above: tier.inputTokensAbove }));
  return { ...rates(cost), tiers, basis: "catalogue" };
}

function rates(cost: { input: number; output: number; cacheRead: number; cacheWrite: number }): TokenRates {
  const input = new Decimal(cost.input);
  return {
    input,
    output: new Decimal(cost.output),
    cache_read: cost.cacheRead > 0 ? new Decimal(cost.cacheRead) : input,
    cache_write: cost.cacheWrite > 0 ? new Decimal(cost.cacheWrite) : input,
  };
}
