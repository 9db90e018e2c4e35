import { type Decimal, decimal, max, min, ONE, ZERO } from "../../core/decimal.ts";
import type { MarketEntry } from "../../mandate/exchange/exchange-book.ts";
import type { Limit, Mandate } from "../../mandate/terms.ts";
import { IntentError } from "../venue.ts";
import type { HyperliquidScope, MarketPin } from "./scope.ts";

/** Perpetuals keep this many times the margin in use before money may go to spot. */
const MARGIN_RATIO = decimal("1.25");
/** The share of `max_slippage_bps` that an order takes: the rest is for the price to move in before the gateway judges it. */
const SHARE_OF_SLIPPAGE = decimal("0.8");
/** No venue's leverage is higher: what stands for "unlimited". */
const HIGHEST_LEVERAGE = decimal(50);

/**
 * What an agent may look at and want, as its mandate has it: the markets that are allowed, by the book's pins.
 *
 * @throws {IntentError} NO_MARKET: the mandate names no exchange.
 */
export function hyperliquidScope({ terms, brief }: Pick<Mandate, "terms" | "brief">): HyperliquidScope {
  const [found] = Object.entries(terms.book.exchanges);
  const [account] = Object.entries(terms.accounts);
  if (!found || !account) {
    throw new IntentError("NO_MARKET", `the network ${terms.network} has no exchange`, "Give it one under exchanges.");
  }
  const [label, book] = found;
  const { limits } = terms;
  const pins = limits.allowed_markets.flatMap((name) => {
    const entry = book.markets[name];
    return entry ? [[name, pinOf(entry)] as const] : [];
  });
  const leverage = finite(limits.max_leverage);
  return {
    label,
    account: { label: account[0], address: account[1] },
    markets: Object.fromEntries(pins),
    slippage_bps: slippageOf(brief.plan.slippage_bps, limits.max_slippage_bps),
    leverage: max(ONE, leverage.floor()).toNumber(),
    margin: limits.margin_mode,
    most_gross: max(ONE, leverage),
    transfers: book.class_transfers ?? false,
    closes_below_least: true,
    margin_ratio: MARGIN_RATIO,
    spot_buffer_usd: ZERO,
    max_age: book.max_age,
  };
}

/** An order whose limit stands at the whole of it is refused as soon as the oracle has moved at all. */
function slippageOf(planned: Decimal, most: Limit): Decimal {
  return most === "unlimited" ? planned : min(planned, most.times(SHARE_OF_SLIPPAGE));
}

function finite(limit: Limit): Decimal {
  return limit === "unlimited" ? HIGHEST_LEVERAGE : limit;
}

function pinOf(entry: MarketEntry): MarketPin {
  const { coin, asset, sz_decimals } = entry;
  return entry.kind === "perp"
    ? { kind: "perp", dex: entry.dex, coin, asset, sz_decimals }
    : { kind: "spot", coin, asset, sz_decimals, token_id: entry.token_id, priced_by: entry.priced_by };
}
