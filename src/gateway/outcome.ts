import { decimal } from "../core/decimal.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import type { AssetId, Await, Delta } from "../protocols/effects.ts";
import type { Outcome, SentTransaction } from "./contract.ts";

/** What the journal says of a request, as everybody else is told. */
export function outcomeOf(request: RequestState): Outcome {
  const { key, settled, transactions } = request;
  if (settled) {
    return {
      kind: settled.outcome,
      key,
      done: settled.deltas.map(({ account, asset, amount }) => ({ account, asset: asset as AssetId, amount: decimal(amount) })),
      awaits: settled.outcome === "unresolved" ? awaitsOf(request) : [],
      transactions: settled.transactions.map(({ hash, status }) => ({ hash, status })),
      reason: settled.reason,
    };
  }
  const sent: SentTransaction[] = transactions.map(({ hash }) => ({ hash, status: "pending" }));
  return { kind: "open", key, done: [], awaits: awaitsOf(request), transactions: sent, reason: null };
}

function awaitsOf({ transactions, signature, reserved }: RequestState): readonly Await[] {
  const orders = transactions.flatMap(({ exchange }) =>
    (exchange?.orders ?? []).map(({ cloid, asset, side, size }): Await => {
      const most = side === "buy" ? decimal(size) : decimal(size).negated();
      const account = "wallet";
      return {
        id: cloid,
        kind: "order",
        rest: [{ account, asset: asset as AssetId, least: most, most }],
        by: exchange?.expires ?? 0,
      };
    }),
  );
  if (orders.length > 0) return orders;
  const rest: Delta[] = reserved.bounds.map(({ account, asset, least, most }) => ({
    account,
    asset: asset as AssetId,
    least: decimal(least),
    most: most === "unbounded" ? most : decimal(most),
  }));
  const by = reserved.until ?? 0;
  if (signature !== null) return [{ id: signature.digest, kind: "signature", rest, by }];
  return transactions.map(({ hash }, i) => ({
    id: hash,
    kind: "transaction" as const,
    rest: i === transactions.length - 1 ? rest : [],
    by,
  }));
}
