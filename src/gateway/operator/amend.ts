import type { Instant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import type { Json } from "../../core/json.ts";
import type { HoldingBody, OrderProof } from "../../journal/entries.ts";
import { holdingKey } from "../../journal/moved-holdings.ts";
import { isRealMoneyBook } from "../../mandate/real-money.ts";
import type { Terms } from "../../mandate/terms.ts";
import { termsFromJson, termsHash, termsToJson } from "../../mandate/terms-json.ts";
import { GatewayError } from "../gateway-error.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import { holdingBody } from "../settlement.ts";
import { wrongRoutes } from "../transit/wrong-routes.ts";
import type { Rails, WalletContext } from "../wallet-context.ts";

/**
 * Replaces the pinned terms, narrower or wider, by the operator's order. The code of what they name is pinned anew; what
 * is not there, or is not what it should be, amends nothing.
 *
 * @throws {GatewayError} TERMS_NOT_AMENDABLE, STANDING_MOVED, PENDING_TRANSACTIONS
 */
export async function amend(
  wallet: WalletContext,
  { from, terms: json }: { readonly from: Hash; readonly terms: Json },
  order: OrderProof,
  now: Instant,
): Promise<Hash> {
  const terms = read(json);
  if (termsHash(wallet.parts.terms) !== from) {
    throw new GatewayError("STANDING_MOVED", "the pinned terms are not those that the change was shown against", {
      remedy: "Look at the change again: mandate amend FILE",
    });
  }
  const own = wallet.parts.terms;
  if (terms.accounts.wallet !== own.accounts.wallet || terms.network !== own.network) {
    throw refused("another wallet or another network is another mandate, not a change of this one");
  }
  if (isRealMoneyBook(terms.book) !== isRealMoneyBook(own.book)) {
    throw refused("what began without real money goes live as a mandate of its own, and the other way round");
  }
  if (wallet.state.open.length > 0) {
    throw new GatewayError("PENDING_TRANSACTIONS", "a request is still open under the terms as they are", {
      remedy: "Settle or reconcile it first. Messages that are live end by their deadlines: freeze the wallet meanwhile.",
    });
  }
  const rails = railsOf(wallet, terms);
  const [misrouted] = await wallet.reach(() => wrongRoutes(rails.rails));
  if (misrouted !== undefined) throw refused(misrouted);
  const code: Record<string, Hash> = {};
  const nonces: Record<string, number> = {};
  const holdings: HoldingBody[] = [];
  for (const [chain, rail] of rails.rails) {
    Object.assign(code, await pinnableCode(wallet, chain, rail));
    if (wallet.state.nonces[chain] === undefined) nonces[chain] = await wallet.reach(() => rail.minedNonce());
    for (const held of await wallet.reach(() => rail.holdings("latest"))) {
      if (wallet.state.holdings[holdingKey(held.account, held.asset)] === undefined) holdings.push(holdingBody(held));
    }
  }
  const hash = termsHash(terms);
  const body = { terms_hash: hash, terms: termsToJson(terms), code, nonces, holdings, order };
  await wallet.commit([{ kind: "amended", body }], now);
  wallet.adopt(terms, rails);
  return hash;
}

/**
 * The code of everything that a chain's book names, by "chain/kind/label".
 *
 * @throws {GatewayError} TERMS_NOT_AMENDABLE
 */
async function pinnableCode(wallet: WalletContext, chain: string, rail: EvmRail): Promise<Readonly<Record<string, Hash>>> {
  const [id, pools, decimals, code] = await wallet.reach(() =>
    Promise.all([rail.chainId(), rail.poolProblems(), rail.decimalsProblems(), rail.code()]),
  );
  if (id !== rail.book.id) throw refused(`the endpoint of ${chain} is chain ${id}, the book says ${rail.book.id}`);
  const [wrong] = [...pools, ...decimals];
  if (wrong !== undefined) throw refused(`${chain}: ${wrong}`);
  return Object.fromEntries(
    Object.entries(code).map(([label, hash]) => {
      if (hash === null) throw refused(`there is no contract at ${chain}/${label}`);
      return [`${chain}/${label}`, hash];
    }),
  );
}

function read(json: Json): Terms {
  try {
    return termsFromJson(json);
  } catch (error) {
    throw refused(messageOf(error), error);
  }
}

function railsOf(wallet: WalletContext, terms: Terms): Rails {
  try {
    return wallet.parts.railsFor(terms);
  } catch (error) {
    throw refused(messageOf(error), error);
  }
}

function refused(why: string, cause?: unknown): GatewayError {
  return new GatewayError("TERMS_NOT_AMENDABLE", why, { remedy: "Correct the mandate file and look again.", cause });
}
