import { min } from "../../core/decimal.ts";
import { type Json, toJson } from "../../core/json.ts";
import type { Mandate } from "../../mandate/terms.ts";

/** By this a workspace is known. */
export const WORKSPACE_MARK = "mandate-workspace";

/**
 * `config.json` of a workspace: what scripts need to know of a mandate. No endpoint of a chain is in it, for such URLs
 * often are secrets: the gateway is the way there.
 */
export function workspaceConfig({ terms, brief }: Pick<Mandate, "terms" | "brief">): Json {
  const { limits, book } = terms;
  const known = new Set(limits.allowed_tokens);
  return {
    kind: WORKSPACE_MARK,
    id: terms.id,
    venue: terms.venue,
    network: terms.network,
    wallet: terms.accounts.wallet ?? null,
    numeraire: terms.numeraire,
    slippage_bps: Number(
      (limits.max_slippage_bps === "unlimited"
        ? brief.plan.slippage_bps
        : min(brief.plan.slippage_bps, limits.max_slippage_bps)
      ).toFixed(),
    ),
    max_deadline_seconds: Number(limits.max_deadline_seconds.toFixed()),
    chains: Object.fromEntries(
      Object.entries(book.chains).map(([label, { id, native, assets, contracts, pools, feeds }]) => [
        label,
        {
          id,
          native: native.symbol,
          tokens: toJson(Object.fromEntries(Object.entries(assets).filter(([symbol]) => known.has(symbol)))),
          contracts: toJson(
            Object.fromEntries(Object.entries(contracts).filter(([name]) => limits.allowed_contracts.includes(name))),
          ),
          pools: toJson(pools),
          feeds: Object.fromEntries(Object.entries(feeds).map(([symbol, { address, kind }]) => [symbol, { address, kind }])),
        },
      ]),
    ),
    limits: toJson(limits),
  };
}
