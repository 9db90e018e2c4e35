import { existsSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../../gateway/gateway-error.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import { operatorSocket } from "../../gateway/operator/operator-socket.ts";
import { OPERATOR_SOCKET } from "../../gateway/operator/serve-operator.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import { applyEntry, emptyWallet } from "../../journal/fold-wallet.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { diffTerms, type TermsChange } from "../../mandate/diff-terms.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate, Terms } from "../../mandate/terms.ts";
import { termsFromJson, termsHash, termsToJson } from "../../mandate/terms-json.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { NoJournalError } from "../find-journal.ts";
import { homeOf, JOURNAL_FILE } from "../home.ts";
import { ownStream } from "../journal/wallet-streams.ts";
import { isPinned } from "../run/first-live.ts";
import { withClosedWallet } from "./amend-offline.ts";
import { type FirstLiveOrder, writeFirstLiveOrder } from "./order-first-live.ts";
import { operatorKeyOf } from "./reach-operator.ts";

export interface AmendParameters {
  readonly network?: string;
  readonly home?: string;
  readonly operatorKey?: string;
  readonly accept?: boolean;
  /** Where the order for a first start with real money is written. */
  readonly out?: string;
}

export interface Amended {
  readonly changes: readonly TermsChange[];
  readonly amended: boolean;
  /** Of the terms that hold now; of the file's where nothing is pinned yet. */
  readonly terms_hash: string;
  /** Nothing is pinned yet and the money is real: what the operator is asked for. Null: terms are pinned. */
  readonly first_live: {
    readonly mandate: Mandate;
    /** Null: not accepted. */
    readonly order: FirstLiveOrder | null;
  } | null;
}

/**
 * Holds a mandate file against the terms that are pinned to its key, and amends those where that is accepted. Where
 * nothing is pinned yet and the money is real, what is accepted is the first start.
 */
export async function amendMandate(file: string, { network, home: state, ...options }: AmendParameters): Promise<Amended> {
  const mandate = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  const { terms } = mandate;
  const home = homeOf({ file, id: terms.id, network: terms.network, home: state });
  if (isRealMoney(mandate) && !(await isPinned(home, walletId(terms)))) {
    const order = options.accept === true ? await writeFirstLiveOrder(file, mandate, options) : null;
    return { changes: [], amended: false, terms_hash: termsHash(terms), first_live: { mandate, order } };
  }
  const first_live = null;
  const pinned = await pinnedTerms(home, file);
  const changes = diffTerms(pinned, terms);
  if (options.accept !== true || changes.length === 0) {
    return { changes, amended: false, terms_hash: termsHash(pinned), first_live };
  }
  const key = operatorKeyOf(options);
  const order = (operator: Operator) => operator.amend(termsHash(pinned), termsToJson(terms));
  const socket = operatorSocket(join(home, OPERATOR_SOCKET), key);
  try {
    return { changes, amended: true, terms_hash: await order(socket), first_live };
  } catch (error) {
    // No gateway runs: it would not start with the file as it is.
    if (!(error instanceof GatewayError) || error.code !== "GATEWAY_UNREACHABLE") throw error;
    return { changes, amended: true, terms_hash: await withClosedWallet(home, pinned, key, order), first_live };
  } finally {
    socket.close();
  }
}

async function pinnedTerms(home: string, file: string): Promise<Terms> {
  if (!existsSync(join(home, JOURNAL_FILE))) throw new NoJournalError(file, ` with terms pinned in ${home}`, file);
  const journal = await openJournalReader(join(home, JOURNAL_FILE));
  try {
    const stream = await ownStream(journal, home);
    let state = emptyWallet;
    if (stream !== undefined) for await (const entry of journal.read(stream)) state = applyEntry(state, entry);
    if (!state.pinned) throw new NoJournalError(file, " with terms pinned", file);
    return termsFromJson(state.pinned.terms);
  } finally {
    await journal.close();
  }
}
