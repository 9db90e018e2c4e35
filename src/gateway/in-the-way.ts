import type { Hash } from "../core/hex.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import { waitingRequests } from "../journal/open-signatures.ts";
import type { Verdict } from "../mandate/verdict.ts";
import { type AssetId, type ChainLabel, splitAssetId } from "../protocols/effects.ts";

/** Whether a verdict lets something pass that reduces, and nothing else. */
export function isExit(verdict: Pick<Verdict, "kind"> & { readonly atWorst?: { readonly class: string } }): boolean {
  return verdict.kind === "allow" && verdict.atWorst?.class === "reduce";
}

/**
 * Open requests that have to be settled before one on `chain` is signed: all of them, and for what only reduces those that
 * are of the chain or bring something there. Null: it is of no chain, and waits for all. So a chain that does not answer keeps nobody from going home on another.
 */
export function inTheWay(state: WalletState, chain: ChainLabel | null, verdict: Parameters<typeof isExit>[0]): readonly Hash[] {
  return chain !== null && isExit(verdict) ? waitsOn(state, chain) : waitingRequests(state);
}

/** Open requests that are of a chain, or may be: their own nonces, or bounds of what is held there. */
export function waitsOn(state: WalletState, chain: ChainLabel): readonly Hash[] {
  return waitingRequests(state).filter((key) => {
    const request = state.requests.get(key);
    if (!request) return true;
    const chains = new Set([
      ...request.transactions.map((transaction) => transaction.chain),
      ...request.reserved.bounds.map(({ asset }) => splitAssetId(asset as AssetId).chain),
    ]);
    return chains.size === 0 || chains.has(chain);
  });
}
