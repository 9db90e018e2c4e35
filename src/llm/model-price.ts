import { Decimal, decimal, max } from "../core/decimal.ts";
import type { ModelUsage } from "./model-port.ts";

/** USD per million tokens. */
export interface TokenRates {
  readonly input: Decimal;
  readonly output: Decimal;
  readonly cache_read: Decimal;
  readonly cache_write: Decimal;
}

/** Rates that hold for the whole request once its prompt has more than `above` tokens. */
export interface RateTier extends TokenRates {
  readonly above: number;
}

export interface ModelPrice extends TokenRates {
  readonly tiers: readonly RateTier[];
  /** Who says so. "ceiling": nobody knows the price, so a high one is assumed. */
  readonly basis: "mandate" | "file" | "catalogue" | "ceiling";
}

/** What to tell the user about a price that is assumed; nothing when it is known. */
export function priceNote(model: {
  readonly provider: string;
  readonly id: string;
  readonly price: ModelPrice;
}): string | undefined {
  if (model.price.basis !== "ceiling") return undefined;
  return (
    `nobody knows the price of ${model.provider}/${model.id}: it counts at $15 in and $75 out per million tokens. ` +
    "Write model.prices: { input: …, output: … } to set it"
  );
}

const MILLION = new Decimal(1_000_000);

/** What a model costs whose price nobody knows: 15 USD per million tokens in, 75 out. */
export const CEILING_PRICE: ModelPrice = {
  input: decimal(15),
  output: decimal(75),
  cache_read: decimal(15),
  cache_write: decimal("18.75"),
  tiers: [],
  basis: "ceiling",
};

/** What reported tokens cost, in USD. Exact. */
export function costOf(price: ModelPrice, usage: ModelUsage): Decimal {
  const rates = ratesFor(price, usage.input + usage.cacheRead + usage.cacheWrite);
  return rates.input
    .times(usage.input)
    .plus(rates.output.times(usage.output))
    .plus(rates.cache_read.times(usage.cacheRead))
    .plus(rates.cache_write.times(usage.cacheWrite))
    .div(MILLION);
}

/** The most that a request can cost, in USD: the dearest rate of any tier, for every token. */
export function worstCost(price: ModelPrice, promptTokens: number, maxTokens: number): Decimal {
  const all: readonly TokenRates[] = [price, ...price.tiers];
  const dearestIn = max(price.input, ...all.flatMap((rates) => [rates.input, rates.cache_read, rates.cache_write]));
  const dearestOut = max(price.output, ...all.map((rates) => rates.output));
  return dearestIn.times(promptTokens).plus(dearestOut.times(maxTokens)).div(MILLION);
}

/** What providers put around a prompt: roles, tool and schema instructions. In tokens. */
const AROUND_A_PROMPT = 1_024;

/**
 * Never fewer tokens than `text` has: no tokenizer in use makes more than one token of a byte of UTF-8.
 * Three to four times the real count of English text.
 */
export function tokenCeiling(text: string): number {
  return Buffer.byteLength(text, "utf8") + AROUND_A_PROMPT;
}

function ratesFor(price: ModelPrice, promptTokens: number): TokenRates {
  let rates: TokenRates = price;
  let above = -1;
  for (const tier of price.tiers) {
    if (promptTokens > tier.above && tier.above > above) {
      rates = tier;
      above = tier.above;
    }
  }
  return rates;
}
