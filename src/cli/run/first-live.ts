import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { messageOf, UsageError } from "../../core/errors.ts";
import { FirstLiveError, orderFirstLive } from "../../gateway/operator/first-live.ts";
import { holdsPrivateKey, operatorKeyHash, readOperatorKey } from "../../gateway/operator/operator-key.ts";
import { orderWire } from "../../gateway/operator/orders.ts";
import type { GatewayConfig } from "../../gateway/serve/run-gateway.ts";
import { walletId } from "../../gateway/wallet-id.ts";
import type { OrderProof } from "../../journal/entries.ts";
import { openJournalReader } from "../../journal/sqlite/open-journal-reader.ts";
import { isRealMoney } from "../../mandate/real-money.ts";
import type { Mandate } from "../../mandate/terms.ts";
import { termsHash } from "../../mandate/terms-json.ts";
import { JOURNAL_FILE } from "../home.ts";
import type { Output } from "../output.ts";
import { operatorPublicKey } from "./operator-public-key.ts";

export interface FirstLiveOptions {
  /** The mandate's path, as it was typed. */
  readonly file: string;
  /** Folder of the journal. */
  readonly home: string;
  /** Path of either half of the operator's key; made where there is none. */
  readonly operatorKey: string | undefined;
  /** Path of the order that `mandate amend` wrote. */
  readonly goLive: string | undefined;
}

/**
 * The operator's part of a gateway's configuration. Where real money starts for the first time, the order for it: the one
 * that is given, or one that the private key at hand signs now.
 *
 * @throws {FirstLiveError} neither is there. {@link UsageError} {@link OperatorKeyError}
 */
export async function firstLiveConfig(
  output: Pick<Output, "say">,
  mandate: Mandate,
  { file, home, operatorKey, goLive }: FirstLiveOptions,
): Promise<Pick<GatewayConfig, "operatorKey" | "goLive">> {
  const wallet = walletId(mandate.terms);
  const first = isRealMoney(mandate) && !(await isPinned(home, wallet));
  if (operatorKey === undefined) {
    if (!first) return {};
    throw new FirstLiveError(
      "FIRST_LIVE_NEEDS_OPERATOR",
      `${wallet} has not run with real money yet: its first start takes an operator, and none is named`,
      file,
    );
  }
  const key = operatorPublicKey(output, operatorKey);
  if (!first) return { operatorKey: key };
  if (goLive !== undefined) return { operatorKey: key, goLive: readGoLive(goLive) };
  if (!holdsPrivateKey(operatorKey)) {
    throw new FirstLiveError(
      "FIRST_LIVE_NOT_ORDERED",
      `the operator has not ordered the first start of ${wallet}, and ${operatorKey} cannot sign it`,
      file,
    );
  }
  const terms = termsHash(mandate.terms);
  const order = orderFirstLive(readOperatorKey(operatorKey), { wallet, terms }, await systemClock.now());
  const hash = operatorKeyHash(key).slice(0, 12);
  output.say(
    `first live start of ${wallet}, ordered with ${operatorKey}: from now on the orders of this key hold (${hash}), for terms ${terms.slice(0, 12)}`,
  );
  return { operatorKey: key, goLive: order };
}

/** Whether a journal in this folder has terms of the wallet already. */
export async function isPinned(home: string, wallet: string): Promise<boolean> {
  const path = join(home, JOURNAL_FILE);
  if (!existsSync(path)) return false;
  const journal = await openJournalReader(path);
  try {
    return (await journal.streams()).includes(wallet);
  } finally {
    await journal.close();
  }
}

function readGoLive(file: string): OrderProof {
  try {
    return orderWire.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new UsageError(`${file} is no order to go live: ${messageOf(error)}`, {
      remedy: "Have the operator write one: mandate amend FILE --accept --operator-key operator.key",
      cause: error,
    });
  }
}
