import { MandateError } from "../../core/errors.ts";
import { readMandate } from "../../mandate/read-mandate.ts";
import { modeProblem } from "../../protocols/hyperliquid/account-mode.ts";
import { infoClient } from "../../protocols/hyperliquid/info-client.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { type Finding, missing, ok } from "./finding.ts";

/**
 * Whether the accounts of a mandate are kept by their exchanges in a mode that a gateway judges. A chain has no such thing.
 *
 * @param network - of the mandate, instead of the one that it names.
 * @throws {MandateFileError}, {@link UsageError}: the file cannot be read.
 */
export async function examineAccounts(file: string, network?: string): Promise<readonly Finding[]> {
  const { terms } = readMandate(file, { network, worldWallet: REHEARSAL_WALLET });
  const { wallet } = terms.accounts;
  const found = Object.entries(terms.book.exchanges).map(async ([label, { api }]): Promise<Finding> => {
    const name = `account at ${label}`;
    if (wallet === undefined || api === "world") return ok(name, "a world's exchange keeps spot and perpetuals apart");
    const info = infoClient({ url: api });
    try {
      const [told, spot] = await Promise.all([info.userAbstraction(wallet), info.spotState(wallet)]);
      const problem = modeProblem(told, spot);
      if (problem === null) return ok(name, `${wallet} is standard: spot and perpetuals are apart`);
      return missing(
        name,
        `${wallet}: ${problem}`,
        "At the venue, without positions and orders, set the account to Standard; or name another account as the mandate's wallet",
      );
    } catch (error) {
      if (!(error instanceof MandateError)) throw error;
      return missing(name, error.message, "A gateway opens nothing until the venue says in what mode the account is: try again");
    }
  });
  return Promise.all(found);
}
