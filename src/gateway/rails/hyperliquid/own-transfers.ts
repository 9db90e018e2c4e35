import { type Instant, MINUTE } from "../../../core/clock.ts";
import { type Decimal, decimal, sum } from "../../../core/decimal.ts";
import type { AmountsBody, SettledBody, TransferBody } from "../../../journal/entries.ts";
import type { RequestState, WalletState } from "../../../journal/fold-wallet.ts";
import type { ClassTransfer } from "../../../protocols/effects.ts";
import { classTransferOf } from "../../../protocols/hyperliquid/class-transfer.ts";
import type { LedgerUpdates } from "../../../protocols/hyperliquid/info-schemas.ts";

/** How far the venue's clock and the gateway's may stand apart. */
const CLOCKS_APART = MINUTE;

const NOTHING: AmountsBody = {
  spend_usd: "0",
  loss_usd: "0",
  exit_loss_usd: "0",
  gas_usd: "0",
  exit_gas_usd: "0",
  buys_usd: "0",
  sells_usd: "0",
  spend_units: {},
};

/** A transfer that the gateway signed, and when the venue's ledger may tell of it. */
export interface OwnTransfer {
  readonly hash: string;
  readonly usd: Decimal;
  readonly toPerp: boolean;
  readonly from: Instant;
  readonly until: Instant;
}

/** The transfer of a request, where it is one. */
export function transferIn({ transactions }: Pick<RequestState, "transactions">): TransferBody | null {
  for (const { exchange } of transactions) if (exchange?.transfer) return exchange.transfer;
  return null;
}

/** How a transfer ends. It is no trade: it takes nothing from any budget, and the account's dollars are as many as before. */
export function settledTransfer(
  { key, transactions }: Pick<RequestState, "key" | "transactions">,
  { outcome, reason }: Pick<SettledBody, "outcome" | "reason">,
): SettledBody {
  const status = outcome === "confirmed" ? "success" : outcome === "rejected" ? "reverted" : "unknown";
  return {
    key,
    outcome,
    reason,
    actual: NOTHING,
    deltas: [],
    transactions: transactions.map(({ hash }) => ({ hash, status, block: null })),
    nonces: {},
  };
}

/** Every transfer of the journal that was made, or may have been. */
export function ownTransfers({ requests }: Pick<WalletState, "requests">): readonly OwnTransfer[] {
  return [...requests.values()].flatMap((request) => {
    const transfer = transferIn(request);
    const { settled, closedAt } = request;
    if (transfer === null || (settled !== null && settled.outcome !== "confirmed")) return [];
    const [hash = ""] = request.transactions.map((one) => one.hash);
    const until = closedAt === null ? Number.POSITIVE_INFINITY : closedAt + CLOCKS_APART;
    return [{ hash, usd: decimal(transfer.usd), toPerp: transfer.to_perp, from: transfer.since, until }];
  });
}

/** Why the ledger could not tell a transfer from an earlier one. Null: it can. */
export function transferProblem({ amount, toPerp }: ClassTransfer, own: readonly OwnTransfer[], now: Instant): string | null {
  if (own.some(({ until }) => until === Number.POSITIVE_INFINITY))
    return "while nobody knows yet whether an earlier one was made";
  const alike = own.some((one) => one.toPerp === toPerp && one.usd.eq(decimal(amount)) && now <= one.until + CLOCKS_APART);
  return alike ? "again of the same amount within two minutes: the ledger could not tell the two apart" : null;
}

/** Dollars that transfers which are not settled may yet take from perpetuals. */
export function leavingPerps(state: Pick<WalletState, "requests" | "open">): Decimal {
  const transfers = state.open.flatMap((key) => {
    const request = state.requests.get(key);
    const transfer = request ? transferIn(request) : null;
    return transfer && !transfer.to_perp ? [decimal(transfer.usd)] : [];
  });
  return sum(transfers);
}

/** What is journaled of a transfer: with how often the ledger told of such a one before it was sent. */
export function transferBody({ amount, toPerp }: ClassTransfer, ledger: LedgerUpdates, now: Instant): TransferBody {
  const since = now - CLOCKS_APART;
  return { usd: amount, to_perp: toPerp, since, known: countIn(ledger, { usd: amount, to_perp: toPerp, since }) };
}

/** Whether the venue's ledger tells of a transfer. One is open at a time, so one more than before is it. */
export function isMade(transfer: TransferBody, ledger: LedgerUpdates): boolean {
  return countIn(ledger, transfer) > transfer.known;
}

function countIn(ledger: LedgerUpdates, { usd, to_perp, since }: Omit<TransferBody, "known">): number {
  return ledger.filter((entry) => {
    const found = entry.time >= since ? classTransferOf(entry) : null;
    return found !== null && found.toPerp === to_perp && found.usd.eq(decimal(usd));
  }).length;
}
