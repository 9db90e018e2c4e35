import type { Terms } from "../../mandate/terms.ts";
import { describeIntent } from "../../venues/evm/describe-intent.ts";
import type { EvmIntent } from "../../venues/evm/intents.ts";
import type { EvmObservation } from "../../venues/evm/observation.ts";
import type { VenueWords } from "../venue-words.ts";
import { chainNamed, protocolNamed, tokenNamed } from "./names.ts";

/** Other names of an intent's keys, as users know them from elsewhere. */
const KEYS: Readonly<Record<string, string>> = {
  from_token: "sell",
  token_in: "sell",
  to_token: "buy",
  token_out: "buy",
  vault_address: "vault",
  position_id: "position",
};
const TOKENS: readonly string[] = ["sell", "buy", "asset", "vault"];

const OWN_TOOLS: Readonly<Partial<Record<EvmIntent["kind"], string>>> = {
  swap: "swap_tokens",
  wrap: "wrap_native",
  unwrap: "unwrap_native",
  lp_open: "open_lp_position",
  lp_increase: "open_lp_position",
  lp_close: "close_lp_position",
  lp_collect_fees: "collect_lp_fees",
  vault_deposit: "deposit_vault",
  vault_redeem: "withdraw_vault",
};

/** How an EVM chain's things are called. Symbols become "chain/SYMBOL"; everything else is read strictly after that. */
export const evmWords: VenueWords<EvmIntent, EvmObservation> = {
  intentOf(type, params, { venue, mandate }) {
    const { chain, protocol, ...rest } = params;
    protocolNamed(text(protocol));
    const label = chainNamed(mandate.terms, text(chain));
    const keyed = Object.entries(rest).map(([key, value]): [string, unknown] => [
      Object.hasOwn(KEYS, key) ? (KEYS[key] ?? key) : key,
      value,
    ]);
    const named = keyed.map(([key, value]): [string, unknown] => [
      key,
      typeof value === "string" ? nameOf(key, value, label, mandate.terms) : value,
    ]);
    const needsChain = /^(un)?wrap(_native)?$|^call$/i.test(type);
    return venue.readIntent({ ...Object.fromEntries(named), kind: type, ...(needsChain ? { chain: label } : {}) });
  },
  describe: describeIntent,
  toolOf: ({ kind }) => OWN_TOOLS[kind] ?? null,
  assetOf: (name, chain, { mandate }) => tokenNamed(mandate.terms, name, chain).asset,
};

function nameOf(key: string, value: string, chain: string, terms: Pick<Terms, "book">): string {
  if (TOKENS.includes(key)) return tokenNamed(terms, value, chain).asset;
  if (key === "pool" && !value.includes("/")) return `${chain}/${value}`;
  return value;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
