import { decimal } from "../../core/decimal.ts";
import type { AssetId, Effects, Prices } from "../../protocols/effects.ts";
import type { AccountFigures, ExchangeEffects, MarketStanding, OrderEffect } from "../../protocols/exchange-effects.ts";
import { parseMandate } from "../parse-mandate.ts";
import type { Limits, Terms } from "../terms.ts";
import { effectsWith, NOW, termsWith } from "./judging.ts";

/** A mandate of an exchange: three perpetuals, a spot market that hedges one of them, and the documented defaults. */
export const EXCHANGE_MANDATE = `---
id: perps
venue: hyperliquid
network: main
numeraire: USDC
every: 60s
decider: structured
model: { provider: anthropic, id: claude-sonnet-4-5 }
limits:
  max_single_trade_usd: 500
  max_daily_spend_usd: 2000
  max_daily_loss_usd: 60
  max_position_size_usd: 3000
  max_margin_at_risk_usd: 1000
networks:
  main:
    wallet: "0x00000000000000000000000000000000000bbbbb"
    exchanges:
      hl:
        kind: hyperliquid
        api: https://api.hyperliquid.xyz
        network: mainnet
        markets:
          "BTC:perp": { asset: 0, sz_decimals: 5 }
          "ETH:perp": { asset: 1, sz_decimals: 4 }
          "HYPE:perp": { asset: 159, sz_decimals: 2 }
          "HYPE:spot": { asset: 10107, sz_decimals: 2, coin: "@107", token_id: "0x0d01dc56dcaaca66ad901c959b4011ec", priced_by: HYPE }
---
Trade a little.
`;

/** The mandate's terms with every limit off but these: an exchange's own, and those that {@link termsWith} turns off. */
export function exchangeTerms(limits: Partial<Limits> = {}): Terms {
  const { terms } = parseMandate(EXCHANGE_MANDATE, { file: "MANDATE.md" });
  const off: Partial<Limits> = {
    max_leverage: "unlimited",
    margin_mode: "cross",
    max_margin_at_risk_usd: "unlimited",
    max_unhedged_usd: "unlimited",
    max_open_orders: "unlimited",
    min_liquidation_distance_pct: "unlimited",
    allow_schedule_cancel: true,
  };
  const { allowed_markets, order_expiry_seconds } = terms.limits;
  return { ...terms, limits: { ...termsWith().limits, ...off, allowed_markets, order_expiry_seconds, ...limits } };
}

const at = (usd: number) => ({ usd: decimal(usd), error_bps: decimal(50), at: NOW });

/** A coin of each market costs $100. */
export const EXCHANGE_PRICES: Prices = {
  "hl/USDC": at(1),
  "hl/BTC:perp": at(100),
  "hl/ETH:perp": at(100),
  "hl/HYPE:perp": at(100),
  "hl/HYPE:spot": at(100),
};

/** A market in which nothing is held or rests; of a perpetual, isolated at one time. */
export function market(
  asset: AssetId,
  position: number | string = 0,
  change: Partial<Omit<MarketStanding, "resting">> & {
    readonly resting?: Partial<Record<keyof MarketStanding["resting"], number>>;
  } = {},
): MarketStanding {
  const [underlying = "", kind] = asset.slice(asset.indexOf("/") + 1).split(":");
  const { resting = {}, ...rest } = change;
  const size = (name: keyof MarketStanding["resting"]) => decimal(resting[name] ?? 0);
  return {
    asset,
    kind: kind === "spot" ? "spot" : "perp",
    underlying,
    position: decimal(position),
    resting: {
      opening_buys: size("opening_buys"),
      opening_sells: size("opening_sells"),
      closing_buys: size("closing_buys"),
      closing_sells: size("closing_sells"),
    },
    leverage: kind === "spot" ? null : { value: decimal(1), isolated: true },
    ...rest,
  };
}

/** A purchase of one BTC perpetual at the pinned price, that does not rest. */
export function exchangeOrder({
  size = 1,
  price = 100,
  trigger,
  ...change
}: Partial<Omit<OrderEffect, "size" | "price" | "trigger">> & {
  readonly size?: number | string;
  readonly price?: number | string;
  readonly trigger?: number | string;
} = {}): OrderEffect {
  return {
    asset: "hl/BTC:perp",
    side: "buy",
    reduceOnly: false,
    rests: trigger !== undefined,
    ...change,
    size: decimal(size),
    price: decimal(price),
    trigger: trigger === undefined ? null : { price: decimal(trigger), kind: "sl" },
  };
}

const FIGURES: AccountFigures = {
  value_usd: decimal(10_000),
  leverage: decimal(0),
  margin_at_risk_usd: decimal(0),
  liquidation_distance_pct: null,
  liquidation_distances: {},
  open_orders: 0,
  quota_left: decimal(1),
};

/** What a request does at the exchange. Every market of the mandate is there, empty, unless it is given. */
export function exchangeEffects({
  moves = [],
  markets = [],
  before = {},
  after = {},
  idle_exits = 0,
  fee_bps = { perp: decimal(0), spot: decimal(0) },
}: Partial<Omit<ExchangeEffects, "before" | "after">> & {
  readonly before?: Partial<AccountFigures>;
  readonly after?: Partial<AccountFigures>;
}): Effects {
  const empty = (["hl/BTC:perp", "hl/ETH:perp", "hl/HYPE:perp", "hl/HYPE:spot"] as const)
    .filter((asset) => !markets.some((given) => given.asset === asset))
    .map((asset) => market(asset));
  const { quota_left: _, ...known } = FIGURES;
  const exchange: ExchangeEffects = {
    moves,
    markets: [...markets, ...empty],
    before: { ...known, ...before },
    after: { ...FIGURES, ...after },
    idle_exits,
    fee_bps,
  };
  return effectsWith({ calls: [], deadline: null, block: null, before: [], exchange });
}
