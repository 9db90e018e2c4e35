import type { Instant } from "../../core/clock.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { RequestState, WalletState } from "../../journal/fold-wallet.ts";
import { isSignedMessage } from "../../journal/open-signatures.ts";
import type { Holding } from "../../protocols/effects.ts";
import { RpcError } from "../../protocols/json-rpc.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { Move } from "../rails/evm/signatures/read-moves.ts";
import type { WalletContext } from "../wallet-context.ts";

/** What left the own account in transactions that the gateway did not sign, in blocks `from` to `to`. */
export async function movesByOthers(
  wallet: WalletContext,
  rail: EvmRail,
  range: { readonly owner: Address; readonly from: number; readonly to: number; readonly until?: Instant },
): Promise<readonly Move[]> {
  const moves = await rail.signatures.moves(range);
  if (moves.length === 0) return [];
  const own = new Set(
    [...wallet.state.requests.values()].flatMap(({ transactions }) => transactions.map(({ hash }) => lower(hash as Address))),
  );
  return moves.filter(({ transaction }) => !own.has(transaction));
}

/** Moves that no settled message stands for yet. */
export function unaccounted(state: WalletState, moves: readonly Move[]): readonly Move[] {
  const accounted = new Set(
    [...state.requests.values()]
      .filter(isSignedMessage)
      .flatMap(({ settled }) => (settled?.transactions ?? []).map(({ hash, log }) => `${hash} ${log}`)),
  );
  return moves.filter(({ transaction, log }) => !accounted.has(`${transaction} ${log}`));
}

/**
 * What others took by messages while a request of transactions was in flight: it is theirs, and no effect of the request.
 * Nothing is read where no message was live since the request was reserved. Where the node tells no logs, all of it counts
 * as the request's own, for a request that nobody can settle would keep everybody in.
 */
export async function takenMeanwhile(
  wallet: WalletContext,
  rail: EvmRail,
  { reservedAt }: RequestState,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Holding[]> {
  const messages = [...wallet.state.requests.values()].filter(
    (one) => isSignedMessage(one) && one.signature.chain === rail.chain && (one.closedAt === null || one.closedAt >= reservedAt),
  );
  if (messages.length === 0) return [];
  const [account, owner] = Object.entries(wallet.parts.terms.accounts)[0] ?? [];
  if (account === undefined || owner === undefined) return [];
  const moves = await toldOrNone(() => movesByOthers(wallet, rail, { owner: lower(owner), from, to }));
  return moves.map(({ asset, amount }) => ({ account, asset, amount }));
}

async function toldOrNone(read: () => Promise<readonly Move[]>): Promise<readonly Move[]> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RpcError) || error.rpcCode === null) throw error;
    return [];
  }
}
