import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { InvariantError } from "../../core/errors.ts";
import { GatewayError } from "../../gateway/gateway-error.ts";
import { openWallet } from "../../gateway/open-wallet.ts";
import type { Operator } from "../../gateway/operator/operator.ts";
import { operatorAt } from "../../gateway/operator/operator-desk.ts";
import type { OperatorKey } from "../../gateway/operator/operator-key.ts";
import type { RailSigner } from "../../gateway/rails/evm/evm-rail.ts";
import type { Terms } from "../../mandate/terms.ts";

/**
 * The operator's side of a wallet whose gateway does not run, because it would not with the file as it is: the journal is
 * opened with the terms that are pinned and with a key that cannot sign.
 *
 * @throws {GatewayError} NO_OPERATOR. {@link JournalLockedError} when a gateway does run.
 */
export async function withClosedWallet<T>(
  home: string,
  terms: Terms,
  key: OperatorKey,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const endpoints = Object.fromEntries(Object.entries(terms.book.chains).map(([chain, { rpc }]) => [chain, rpc]));
  const opened = await openWallet({
    home,
    terms,
    signer: blind(terms),
    keyFile: join(home, "operator"),
    clock: systemClock,
    endpoints,
    onMirrorFailure: (failure) => {
      throw failure;
    },
  });
  try {
    if (!opened.desk) {
      throw new GatewayError("NO_OPERATOR", "no operator is named for this wallet", {
        remedy: "Put the file back as it was and start the gateway once with --operator-key FILE.",
      });
    }
    return await work(operatorAt(opened.desk, key));
  } finally {
    await opened.close();
  }
}

function blind({ accounts }: Terms): RailSigner {
  const { wallet } = accounts;
  if (wallet === undefined) throw new InvariantError("every mandate has a wallet");
  return {
    address: wallet,
    signTransaction: () => {
      throw new InvariantError("a wallet that is opened to be amended signs nothing");
    },
  };
}
