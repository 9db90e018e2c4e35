import { type Decimal, decimal, max, ZERO } from "../core/decimal.ts";
import { type Address, shortHex } from "../core/hex.ts";
import type { Bound } from "./bound.ts";
import { dollars } from "./dollars.ts";
import { errorOf } from "./price-error.ts";
import { pricedAs } from "./priced-as.ts";
import { spanText } from "./span.ts";
import type { Terms } from "./terms.ts";
import { warpRoutesOf } from "./warp-routes.ts";

/** What the worst case takes for granted, one sentence each. */
export function restsOn(terms: Terms, { high, known }: { readonly high: Bound; readonly known: boolean }): readonly string[] {
  const { limits, book } = terms;
  const chains = Object.entries(book.chains);
  const size =
    high === "unbounded"
      ? []
      : known
        ? [`the accounts hold no more than ${dollars(high)} at their high`]
        : [`the accounts hold no more than the position limits allow, ${dollars(high)}, at their high${beyond(terms)}`];
  return [
    ...chains.map(([label, { rpc, witnesses }]) => {
      if (rpc === "world") return `${label}: the world's own chain; nothing real is at stake`;
      const hosts = [rpc, ...witnesses].map(hostOf).join(", ");
      return witnesses.length === 0
        ? `${label}: the word of one RPC, ${hosts}, entirely`
        : `${label}: that not all of ${witnesses.length + 1} RPCs lie alike about code, holdings and prices: ${hosts}; simulations and receipts are the word of the first`;
    }),
    ...(chains.some(([, { rpc }]) => rpc !== "world")
      ? [
          "that whoever runs the agent can read neither the gateway's key nor the operator's: mandate doctor --keystore FILE --operator-key FILE says so, as the agent's user",
        ]
      : []),
    "the code of the contracts and pools named in the book, as pinned",
    ...chains.flatMap(([label, { assets, feeds }]) =>
      limits.allowed_tokens.flatMap((token) => {
        const feed = feeds[token];
        if (!assets[token] || !feed) return [];
        const off = errorOf(feed).toFixed();
        return [
          feed.kind === "peg"
            ? `${label}/${token} is worth ${dollars(feed.peg)} to within ${off} bps, as its feed says at most ${spanText(feed.max_age)} ago`
            : `the feed of ${label}/${token} answers within ${off} bps of the truth, at most ${spanText(feed.max_age)} ago`,
          ...(feed.twap
            ? [
                `${label}/${token} is also held against the mean of ${feed.twap.pool} over ${spanText(feed.twap.window)}, to within ${feed.twap.band_bps.toFixed()} bps beside the feeds' own error`,
              ]
            : []),
        ];
      }),
    ),
    ...chains.flatMap(([label, { assets }]) =>
      Object.entries(assets).flatMap(([symbol, { kind, of }]) =>
        kind === "erc4626" && limits.allowed_tokens.includes(symbol)
          ? [
              `${label}/${symbol} redeems what the vault says, in ${of}, and its code takes what it is allowed from its caller alone`,
            ]
          : [],
      ),
    ),
    ...chains.flatMap(([label]) =>
      warpRoutesOf(book, label)
        .filter((route) => limits.allowed_contracts.includes(route.label))
        .flatMap((route) =>
          Object.keys(route.to).map(
            (to) =>
              `what ${label}/${route.label} sends to ${to} is delivered there: its owners lead nothing elsewhere and nobody takes its collateral first; under way it counts as held for a day`,
          ),
        ),
    ),
    ...size,
    "no position is above max_position_size_usd at the start of the day",
    ...(limits.allowed_signatures.length === 0
      ? []
      : [
          `what is signed (${limits.allowed_signatures.join(", ")}) counts as spent in full from that moment until the chain can take it no more; who is given a message of Permit2's may send what it pays anywhere`,
        ]),
    "what the market does to what is held is not in it",
    "in all is how far the account can fall below its high; while prices that rise or lag make up for what trades lose, no stop sees it: over several days at most the day's figure for each day",
  ];
}

function beyond({ limits }: Terms): string {
  const stop = limits.stop_loss_pct;
  return stop === "unlimited" ? "" : `; each $1,000 above that adds ${dollars(decimal(1000).times(stop).div(100))} in all`;
}

/** To whom it can be lost: those who trade against the pools, those who are paid fees, and payees. */
export function receivers({ book, limits }: Terms): readonly string[] {
  const allowed = (token: string) => limits.allowed_tokens.includes(token);
  const chains = Object.entries(book.chains);
  return [
    ...chains.flatMap(([chain, { pools }]) =>
      Object.entries(pools)
        .filter(([, { tokens }]) => tokens.every(allowed))
        .map(([label, { address }]) => `whoever stands in pool ${chain}/${label} ${shortHex(address)}`),
    ),
    ...chains.map(([chain]) => `${chain}'s fees`),
    ...chains.flatMap(([chain]) =>
      warpRoutesOf(book, chain)
        .filter(({ label, to }) => limits.allowed_contracts.includes(label) && Object.keys(to).length > 0)
        .map(({ label, address }) => `the owners and hooks of the route ${chain}/${label} ${shortHex(address)}`),
    ),
    ...limits.allow_unfloored.map((vault) => `the vault ${vault}, which is given money without a floor`),
    ...limits.allowed_recipients.map((recipient: Address) => `the allowed recipient ${recipient}`),
  ];
}

/** The coins that gas is paid in. */
export function nativeSymbols({ book }: Terms): readonly string[] {
  return [...new Set(Object.values(book.chains).map(({ native }) => native.symbol))];
}

/** Allowed tokens without a price: limited in their own units, and lost in full at worst. */
export function unpricedTokens({
  book,
  limits,
}: Terms): Readonly<Record<string, { readonly per_trade: Decimal; readonly per_day: Decimal }>> {
  const chains = Object.values(book.chains);
  return Object.fromEntries(
    limits.allowed_tokens
      .filter((token) => chains.some((chain) => chain.assets[token] && !chain.feeds[pricedAs(chain, token)]))
      .map((token) => {
        const per_trade = limits.max_single_trade[token] ?? ZERO;
        const held = limits.max_position_size[token] ?? ZERO;
        return [token, { per_trade, per_day: max(per_trade, held.plus(limits.max_daily_spend[token] ?? ZERO)) }];
      }),
  );
}

/** A URL's host: its path may carry a key. */
function hostOf(rpc: string): string {
  return URL.canParse(rpc) ? new URL(rpc).host : rpc;
}
