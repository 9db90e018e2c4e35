import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { GatewayError } from "../../gateway/gateway-error.ts";
import { openWallet } from "../../gateway/open-wallet.ts";
import { orderFirstLive } from "../../gateway/operator/first-live.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import { operatorAt } from "../../gateway/operator/operator-desk.ts";
import type { OperatorKey } from "../../gateway/operator/operator-key.ts";
import { readPinnedCopy } from "../../gateway/operator/pinned-copy.ts";
import type { RailSigner } from "../../gateway/rails/evm/evm-rail.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import type { Terms } from "../../mandate/terms.ts";
import { termsHash } from "../../mandate/terms-json.ts";
import type { ChainLabel } from "../../protocols/effects.ts";

export interface WithoutJournalParameters {
  /** Where the journal is that cannot be read. Nothing is written there. */
  readonly lost: string;
  /** The new journal's folder: must not hold one. */
  readonly home: string;
  /** The mandate file's terms: the scope only where `scopeFromFile` says so. */
  readonly terms: Terms;
  readonly scopeFromFile: boolean;
  readonly key: OperatorKey;
  readonly signer: RailSigner;
  readonly keyFile: string;
  readonly clock: Pick<Clock, "now">;
  readonly endpoints: Readonly<Record<ChainLabel, string>>;
}

export interface WithoutJournal {
  readonly operator: Operator;
  /** The scope: what was pinned, or what the file says. */
  readonly terms: Terms;
  close(): Promise<void>;
}

/**
 * Opens a wallet anew when its journal is lost or does not verify, for the operator's way home and nothing else: the
 * budgets of the lost journal are not known, so the wallet is killed before anything is signed.
 *
 * @throws {GatewayError} PROOF_INVALID for another operator's key, PENDING_TRANSACTIONS when the chain's pending nonce moves.
 */
export async function openWithoutJournal(parameters: WithoutJournalParameters): Promise<WithoutJournal> {
  const { lost, home, terms: written, scopeFromFile, key } = parameters;
  if (existsSync(join(home, "journal.sqlite"))) {
    throw new UsageError(`${home} holds a journal already`, { remedy: "Give a new folder: --new-home DIR" });
  }
  const copy = scopeFromFile ? null : readPinnedCopy(lost);
  if (copy?.operator !== undefined && copy.operator !== null && copy.operator !== key.publicKey) {
    throw new GatewayError("PROOF_INVALID", "this is not the operator's key that was pinned", {
      remedy: "Give the operator's key file of this wallet.",
    });
  }
  const terms = copy?.terms ?? written;
  const opened = await openWallet({
    home,
    terms,
    signer: parameters.signer,
    keyFile: parameters.keyFile,
    clock: parameters.clock,
    endpoints: parameters.endpoints,
    operatorKey: key.publicKey,
    goLive: orderFirstLive(key, { wallet: walletId(terms), terms: termsHash(terms) }, await parameters.clock.now()),
    abandon: true,
    onMirrorFailure: (failure) => {
      throw failure;
    },
  });
  try {
    if (!opened.desk) throw new GatewayError("NO_OPERATOR", "the new journal names no operator");
    const operator = operatorAt(opened.desk, key);
    const { chains } = await operator.standing();
    const moving = chains.filter(({ chain_nonce, pending_nonce }) => chain_nonce !== pending_nonce);
    if (moving.length > 0) {
      throw new GatewayError(
        "PENDING_TRANSACTIONS",
        `transactions of this key wait on ${moving.map(({ chain }) => chain).join(", ")}`,
        {
          remedy: "Somebody signs with this key, or something of it is still on its way. Wait until nothing is, then try again.",
        },
      );
    }
    await operator.kill("opened without its journal: only the way home passes");
    opened.claimKey();
    return { operator, terms, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
