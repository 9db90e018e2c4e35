import type { Instant } from "../core/clock.ts";
import { ZERO } from "../core/decimal.ts";
import { lower } from "../core/hex.ts";
import type { AllowedBody } from "../journal/entries.ts";
import type { WalletState } from "../journal/fold-wallet.ts";
import { allowanceKey } from "../journal/live-allowances.ts";
import { holdingKey } from "../journal/moved-holdings.ts";
import { takeable } from "../journal/open-signatures.ts";
import { type Holding, splitAssetId } from "../protocols/effects.ts";
import type { Allowance } from "./rails/evm/evm-rail.ts";
import type { WalletContext } from "./wallet-context.ts";

/** The code of a stop, and both sides of every difference. */
export interface Difference {
  readonly code: "UNEXPLAINED_DECREASE" | "UNEXPLAINED_ALLOWANCE";
  readonly reason: string;
}

/** What is held, and allowed where that was read, must be what the journal says: else everything stops but getting home. */
export async function stopWhereDifferent(
  wallet: WalletContext,
  { holdings, allowances }: { readonly holdings: readonly Holding[]; readonly allowances: readonly Allowance[] | undefined },
  now: Instant,
): Promise<void> {
  const { state } = wallet;
  // At an exchange what is held moves with the market: there every order, fill and ledger entry is held against the journal.
  const onChains = holdings.filter(({ asset }) => wallet.parts.rails.has(splitAssetId(asset).chain));
  const differences = [missingHoldings(state, onChains), allowances ? unknownAllowances(state, allowances) : null];
  for (const found of differences) if (found) await wallet.stop(found.code, found.reason, now);
}

/** Whether less is held than the journal says. More is a deposit. */
export function missingHoldings(state: WalletState, holdings: readonly Holding[]): Difference | null {
  const short = holdings.flatMap(({ account, asset, amount }) => {
    const expected = state.holdings[holdingKey(account, asset)];
    // What a live message lets others take may be gone already: that message settles it.
    return expected && amount.plus(takeable(state, { asset })).lt(expected)
      ? [`${account} holds ${amount.toFixed()} ${asset}, the journal says ${expected.toFixed()}`]
      : [];
  });
  return short.length === 0 ? null : { code: "UNEXPLAINED_DECREASE", reason: short.join("; ") };
}

/** Whether more is allowed than the journal knows of. Less was used, or taken back. */
export function unknownAllowances(state: WalletState, allowances: readonly Allowance[]): Difference | null {
  const wide = allowances.flatMap(({ owner, spender, asset, amount }) => {
    const known = state.known[allowanceKey({ owner: lower(owner), asset, spender })] ?? ZERO;
    return amount.gt(known.plus(takeable(state, { asset, spender: lower(spender) })))
      ? [`${spender} may take ${amount.toFixed()} ${asset} of ${lower(owner)}, the journal says ${known.toFixed()}`]
      : [];
  });
  return wide.length === 0 ? null : { code: "UNEXPLAINED_ALLOWANCE", reason: wide.join("; ") };
}

/** Those that are not zero, as the journal keeps them. */
export function allowedBodies(allowances: readonly Allowance[]): readonly AllowedBody[] {
  return allowances
    .filter(({ amount }) => !amount.isZero())
    .map(({ owner, asset, spender, amount }) => ({ owner: lower(owner), asset, spender, amount: amount.toFixed() }));
}
