import { type Instant, MINUTE } from "../../../core/clock.ts";
import { ONE } from "../../../core/decimal.ts";
import type { WalletState } from "../../../journal/fold-wallet.ts";
import { classTransferOf } from "../../../protocols/hyperliquid/class-transfer.ts";
import { isIncoming } from "../../../protocols/hyperliquid/incoming.ts";
import type { Fill, LedgerUpdates } from "../../../protocols/hyperliquid/info-schemas.ts";
import type { WalletContext } from "../../wallet-context.ts";
import type { HyperliquidRail } from "./hyperliquid-rail.ts";
import { type OwnTransfer, ownTransfers } from "./own-transfers.ts";
import type { HyperliquidView } from "./read-view.ts";

/** Something at the venue that no signature of this gateway explains. */
export interface Foreign {
  readonly code: "FOREIGN_ORDER" | "LIQUIDATED";
  readonly reason: string;
}

/**
 * So far back is looked again: the venue's clock and the gateway's may stand apart, and the last answer may have been one
 * that was known before.
 */
const LOOKS_BACK = 2 * MINUTE;

/** Of a request that is over: when it was settled, and whether anything of it was done. Null: it is open. */
type Ended = { readonly at: Instant; readonly done: boolean } | null;

/** Every id that this wallet's journal ever gave an order, and what the journal says of its request. */
export function ownCloids({ requests }: Pick<WalletState, "requests">): ReadonlyMap<string, Ended> {
  const own = new Map<string, Ended>();
  for (const { transactions, settled, closedAt } of requests.values()) {
    const ended =
      closedAt === null ? null : { at: closedAt, done: settled?.outcome !== "released" && settled?.outcome !== "rejected" };
    for (const { exchange } of transactions) for (const { cloid } of exchange?.orders ?? []) own.set(cloid, ended);
  }
  return own;
}

/**
 * Looks for what somebody else did with the account: an order, a fill or a ledger entry without an own id.
 *
 * What was found once is not found again, so that a person's word about it can stand.
 */
export class ForeignWatch {
  readonly #rail: HyperliquidRail;
  readonly #seen = new Set<string>();
  /** Own transfers that the ledger has told of. */
  readonly #explained = new Set<string>();
  /** What is no younger was there before, or was looked at by the gateway's life before this one. */
  readonly #known: Instant;
  #since: Instant;
  #first = true;

  /** @param lastLife - the life before this one wrote its last entry then. Left out: this is the first. */
  constructor(rail: HyperliquidRail, { at, acceptedAt }: Pick<WalletState, "at" | "acceptedAt">, lastLife?: Instant) {
    this.#rail = rail;
    this.#known = lastLife === undefined ? at : Math.max(acceptedAt, lastLife - LOOKS_BACK);
    this.#since = this.#known - LOOKS_BACK;
  }

  /** Stops the wallet where {@link find} finds something. */
  async stopWhereFound(wallet: WalletContext, view: HyperliquidView, now: Instant): Promise<void> {
    const { state } = wallet;
    const foreign = await wallet.reach(() => this.find(view, ownCloids(state), ownTransfers(state), now));
    if (foreign) await wallet.stop(foreign.code, foreign.reason, now);
  }

  async find(
    view: HyperliquidView,
    own: ReadonlyMap<string, Ended>,
    transfers: readonly OwnTransfer[],
    now: Instant,
  ): Promise<Foreign | null> {
    const [fills, ledger] = await Promise.all([this.#rail.fills(this.#since), this.#rail.ledger(this.#since)]);
    const known = (time: Instant) => this.#first && time <= this.#known;
    const found: Foreign[] = [];
    for (const { cloid, oid, tid, coin, sz, px, dir, time } of fills.filter((fill) => !isDust(fill))) {
      const ended = cloid ? own.get(cloid) : undefined;
      if (ended?.done === false && this.#isNew(`late ${tid}`)) {
        found.push({
          code: "FOREIGN_ORDER",
          reason: `order ${oid} filled ${sz.toFixed()} ${coin}, and the venue had said that it never took it`,
        });
      }
      if (ended !== undefined) continue;
      if (!this.#isNew(`fill ${tid}`) || known(time)) continue;
      const liquidated = /liquidat|deleverag/i.test(dir) || ledger.some(({ delta }) => delta.type === "liquidation");
      found.push(
        liquidated
          ? { code: "LIQUIDATED", reason: `the venue liquidated ${sz.toFixed()} ${coin} at ${px.toFixed()}` }
          : { code: "FOREIGN_ORDER", reason: `order ${oid} filled ${sz.toFixed()} ${coin}, and this gateway did not sign it` },
      );
    }
    for (const entry of ledger) {
      const { delta, hash, time } = entry;
      if (!this.#isNew(`ledger ${hash} ${time} ${delta.type}`) || known(time)) continue;
      // What came is a deposit, whoever sent it: else anybody could stop the wallet with a cent.
      if (this.#isOwnTransfer(entry, transfers) || isIncoming(entry, this.#rail.account)) continue;
      found.push(
        delta.type === "liquidation"
          ? { code: "LIQUIDATED", reason: "the venue liquidated a position" }
          : { code: "FOREIGN_ORDER", reason: `the account's ledger has a ${delta.type} that this gateway did not sign` },
      );
    }
    for (const { cloid, oid, coin } of view.orders) {
      const ended = cloid ? own.get(cloid) : undefined;
      // One answer may be older than another; not for long.
      if (ended && now > ended.at + LOOKS_BACK)
        found.push({ code: "FOREIGN_ORDER", reason: `order ${oid} on ${coin} rests, and the venue had said that it was over` });
      if (ended !== undefined) continue;
      found.push({ code: "FOREIGN_ORDER", reason: `order ${oid} on ${coin} rests, and this gateway did not sign it` });
    }
    this.#first = false;
    // A venue that says that it is later than it is does not make what comes until then go unseen.
    this.#since = Math.min(now, view.perp.time) - LOOKS_BACK;
    return found.find(({ code }) => code === "FOREIGN_ORDER") ?? found[0] ?? null;
  }

  /** Each transfer explains one entry. */
  #isOwnTransfer(entry: LedgerUpdates[number], transfers: readonly OwnTransfer[]): boolean {
    const found = classTransferOf(entry);
    const own = found
      ? transfers.find(
          ({ hash, usd, toPerp, from, until }) =>
            !this.#explained.has(hash) &&
            toPerp === found.toPerp &&
            usd.eq(found.usd) &&
            entry.time >= from &&
            entry.time <= until,
        )
      : undefined;
    if (own) this.#explained.add(own.hash);
    return own !== undefined;
  }

  #isNew(what: string): boolean {
    if (this.#seen.has(what)) return false;
    this.#seen.add(what);
    return true;
  }
}

/** Once a day the venue sells what is left of a token and is worth no more than a dollar. Anybody can send somebody that. */
function isDust({ dir, sz, px }: Fill): boolean {
  return dir === "Spot Dust Conversion" && sz.times(px).lte(ONE);
}
