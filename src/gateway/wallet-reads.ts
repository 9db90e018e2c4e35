import { systemClock } from "../core/clock.ts";
import { type Json, toJson } from "../core/json.ts";
import { follow } from "../journal/follow.ts";
import type { Entry } from "../journal/journal.ts";
import { pricedAs } from "../mandate/priced-as.ts";
import type { Terms } from "../mandate/terms.ts";
import { termsHash } from "../mandate/terms-json.ts";
import type { AssetId, NoPrice, Price } from "../protocols/effects.ts";
import type { WalletId } from "./contract.ts";
import { GatewayError } from "./gateway-error.ts";
import type { AssetPrice, GatewayHealth, GatewayReads, MarketHoldings, MarketPrices, WalletLimits } from "./read-contract.ts";
import type { WalletGateway } from "./wallet-gateway.ts";
import type { WalletStream } from "./wallet-stream.ts";

/** Most that watch at once. */
const MOST_WATCHERS = 16;

/** What may be looked at of a wallet, from the gateway that has it. */
export class WalletReads implements GatewayReads {
  readonly #with: { readonly wallet: WalletId; readonly gateway: WalletGateway; readonly stream: WalletStream };
  #watchers = 0;

  constructor(parts: { readonly wallet: WalletId; readonly gateway: WalletGateway; readonly stream: WalletStream }) {
    this.#with = parts;
  }

  limits(wallet: WalletId): Promise<WalletLimits> {
    return this.#with.gateway.read(wallet, async ({ parts: { terms } }) => {
      const limits = toJson(terms.limits) as { readonly [key: string]: Json };
      return { wallet, terms_hash: termsHash(terms), limits };
    });
  }

  prices(wallet: WalletId): Promise<MarketPrices> {
    return this.#with.gateway.read(wallet, async (context, now) => {
      const prices = await context.reach(() => context.prices(now));
      const rows = Object.entries(prices) as [AssetId, Price | NoPrice][];
      return { wallet, now, prices: rows.map(([asset, price]) => priceRow(context.parts.terms, asset, price, now)) };
    });
  }

  holdings(wallet: WalletId): Promise<MarketHoldings> {
    return this.#with.gateway.read(wallet, async (context, now) => ({ wallet, now, holdings: await context.holdings() }));
  }

  health(): Promise<GatewayHealth> {
    const { gateway, wallet } = this.#with;
    return gateway.read(wallet, async ({ state }, now) => ({
      wallet,
      now,
      seq: state.seq,
      stopped: state.stopped?.code ?? null,
    }));
  }

  async *watch(wallet: WalletId, { after = 0, signal }: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<Entry> {
    const { stream, wallet: own } = this.#with;
    if (wallet !== own)
      throw new GatewayError("UNKNOWN_WALLET", `this gateway does not have ${wallet}`, { remedy: `It has ${own}.` });
    if (this.#watchers >= MOST_WATCHERS) {
      throw new GatewayError("RATE_LIMITED", `${MOST_WATCHERS} watch already`, { remedy: "End one of them." });
    }
    this.#watchers += 1;
    try {
      yield* follow(stream.journal, stream.stream, { after, clock: systemClock, ...(signal ? { signal } : {}) });
    } finally {
      this.#watchers -= 1;
    }
  }
}

function priceRow({ book }: Terms, asset: AssetId, price: Price | NoPrice, now: number): AssetPrice {
  const [chain = "", symbol = ""] = asset.split("/");
  const entry = book.chains[chain];
  const feed = entry && pricedAs(entry, symbol);
  const source = entry && feed !== undefined && Object.hasOwn(entry.feeds, feed) ? `${chain}/${feed}` : null;
  if ("usd" in price) {
    const { usd, error_bps, at } = price;
    return { asset, usd, error_bps, at, age_ms: Math.max(0, now - at), source, missing: null, reason: null };
  }
  return { asset, usd: null, error_bps: null, at: null, age_ms: null, source, missing: price.missing, reason: price.reason };
}
