import { z } from "zod";
import type { Instant } from "../../core/clock.ts";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { MandateError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/json.ts";
import type { WorldState } from "../../worlds/anvil/evm-market.ts";

/** What of a world is not on its chain, and when it was, on the machine's clock. */
export interface KeptMarket {
  readonly state: WorldState;
  readonly here: Instant;
}

/** What was kept of a world cannot be read. */
export class KeptWorldError extends MandateError {
  constructor(cause: unknown) {
    super("KEPT_WORLD", "the kept world cannot be read", { remedy: "Begin a new one: --fresh", cause });
  }
}

const price = z.string().transform((text): Decimal => decimal(text));
const feed = z.strictObject({ price, updatedAt: z.number() });
const kept = z.strictObject({
  here: z.number(),
  state: z.strictObject({
    process: z.strictObject({
      seed: z.string(),
      assets: z.record(z.string(), z.strictObject({ price: z.string(), annualVolatility: z.number() })),
      scenario: z.array(
        z.strictObject({ at: z.number(), asset: z.string(), change: z.string(), over: z.number().exactOptional() }),
      ),
      period: z.number(),
    }),
    start: z.number(),
    market: z.strictObject({ tick: z.number(), prices: z.record(z.string(), price) }),
    feeds: z.strictObject({ WETH: feed, USDC: feed, DAI: feed, GOV: feed }),
    frozen: z.boolean(),
    nonce: z.number(),
  }),
});

export function writeMarket(market: KeptMarket): string {
  return canonicalJson(market);
}

/** @throws {KeptWorldError} */
export function readMarket(text: string): KeptMarket {
  try {
    return kept.parse(JSON.parse(text));
  } catch (error) {
    throw new KeptWorldError(error);
  }
}
