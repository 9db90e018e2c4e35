import { existsSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../../gateway/gateway-error.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import { operatorSocket } from "../../gateway/operator/operator-socket.ts";
import { OPERATOR_SOCKET } from "../../gateway/operator/serve-operator.ts";
import { applyEntry, emptyWallet } from "../../journal/fold-wallet.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { diffTerms, type TermsChange } from "../../mandate/diff-terms.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import type { Terms } from "../../mandate/terms.ts";
import { termsFromJson, termsHash, termsToJson } from "../../mandate/terms-json.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { NoJournalError } from "../find-journal.ts";
import { homeOf, JOURNAL_FILE } from "../home.ts";
import { ownStream } from "../journal/wallet-streams.ts";
import { withClosedWallet } from "./amend-offline.ts";
import { operatorKeyOf } from "./reach-operator.ts";

export interface AmendParameters {
  readonly network?: string;
  readonly home?: string;
  readonly operatorKey?: string;
  readonly accept?: boolean;
}

export interface Amended {
  readonly changes: readonly TermsChange[];
  readonly amended: boolean;
  /** Of the terms that hold now. */
  readonly terms_hash: string;
}

/** Holds a mandate file against the terms that are pinned to its key, and amends those where that is accepted. */
export async function amendMandate(file: string, { network, home: state, ...options }: AmendParameters): Promise<Amended> {
  const { terms } = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  const home = homeOf({ file, id: terms.id, network: terms.network, home: state });
  const pinned = await pinnedTerms(home, file);
  const changes = diffTerms(pinned, terms);
  if (options.accept !== true || changes.length === 0) return { changes, amended: false, terms_hash: termsHash(pinned) };
  const key = operatorKeyOf(options);
  const order = (operator: Operator) => operator.amend(termsHash(pinned), termsToJson(terms));
  const socket = operatorSocket(join(home, OPERATOR_SOCKET), key);
  try {
    return { changes, amended: true, terms_hash: await order(socket) };
  } catch (error) {
    // No gateway runs: it would not start with the file as it is.
    if (!(error instanceof GatewayError) || error.code !== "GATEWAY_UNREACHABLE") throw error;
    return { changes, amended: true, terms_hash: await withClosedWallet(home, pinned, key, order) };
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
