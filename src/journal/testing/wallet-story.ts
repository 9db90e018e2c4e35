import type { Instant } from "../../core/clock.ts";
import { toJson } from "../../core/json.ts";
import type { AmountsBody, ReservedBody, SettledBody, WalletEntry } from "../entries.ts";
import { applyEntry, emptyWallet, type WalletState } from "../fold-wallet.ts";

export const NO_AMOUNTS: AmountsBody = {
  spend_usd: "0",
  loss_usd: "0",
  exit_loss_usd: "0",
  gas_usd: "0",
  exit_gas_usd: "0",
  buys_usd: "0",
  sells_usd: "0",
  spend_units: {},
};

/** One entry of a wallet's stream, at an instant. */
export type Told = readonly [at: Instant, entry: WalletEntry];

/** What a stream of these entries folds to. */
export function foldOf(...story: readonly Told[]): WalletState {
  return story.reduce(
    (state, [at, { kind, body }]) =>
      applyEntry(state, { stream: "wallet:0x00", seq: state.seq + 1, at, kind, body: toJson(body), prev: "", hash: "" }),
    emptyWallet,
  );
}

export function opened(
  cycle: number,
  value: string | null = null,
  holdings: readonly { account: string; asset: string; amount: string }[] = [],
): WalletEntry {
  return { kind: "opened", body: { cycle, value_usd: value, holdings } };
}

export function reserved(
  key: string,
  cycle: number,
  amounts: Partial<AmountsBody> = {},
  rest: Partial<ReservedBody> = {},
): WalletEntry {
  const body: ReservedBody = {
    key,
    cycle,
    step: 1,
    class: "spend",
    actions: 1,
    at_worst: { ...NO_AMOUNTS, ...amounts },
    until: null,
    prices: {},
    bounds: [],
    ...rest,
  };
  return { kind: "reserved", body };
}

export function settled(
  key: string,
  outcome: SettledBody["outcome"],
  actual: Partial<AmountsBody> = {},
  deltas: SettledBody["deltas"] = [],
): WalletEntry {
  return {
    kind: "settled",
    body: { key, outcome, reason: null, actual: { ...NO_AMOUNTS, ...actual }, deltas, transactions: [], nonces: {} },
  };
}

export function signed(key: string, ...nonces: readonly number[]): WalletEntry {
  const transactions = nonces.map((nonce) => ({
    hash: `0x${key}${nonce}`,
    chain: "base",
    nonce,
    gas_most: "0.1",
    purpose: "call" as const,
  }));
  return { kind: "signed", body: { key, transactions } };
}
