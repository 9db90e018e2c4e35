import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { AccountId, ChainLabel } from "../protocols/effects.ts";
import type { Request } from "./contract.ts";
import { deskFor } from "./desk-for.ts";
import { GatewayError } from "./gateway-error.ts";
import type { RailDesk } from "./rail-desk.ts";
import type { WalletContext } from "./wallet-context.ts";

/** A wallet's desks, one for each of its rails. */
export class Desks {
  readonly #wallet: WalletContext;
  readonly #known = new WeakMap<object, RailDesk>();

  constructor(wallet: WalletContext) {
    this.#wallet = wallet;
  }

  /** The desk that a request goes to. @throws {GatewayError} BAD_REQUEST */
  of({ actions }: Request): RailDesk {
    const { exchanges, rails, terms } = this.#wallet.parts;
    // An account trades at one exchange: its label stands in no action.
    const labels = new Set(actions.map((action) => (action.rail === "evm" ? action.chain : [...exchanges.keys()][0])));
    const froms = new Set(actions.map(({ from }) => from));
    const [label] = labels;
    const [from] = froms;
    const kind = actions[0].rail === "evm" ? rails : exchanges;
    if (
      label === undefined ||
      !kind.has(label) ||
      labels.size !== 1 ||
      froms.size !== 1 ||
      from === undefined ||
      !this.#signsFor(from)
    ) {
      throw new GatewayError("BAD_REQUEST", "a request's actions are of one own account on one chain of the mandate's book", {
        remedy: `Chains: ${[...rails.keys(), ...exchanges.keys()].join(", ")}. Accounts: ${Object.keys(terms.accounts).join(", ")}.`,
      });
    }
    return this.at(label);
  }

  /** The desk of a request that is in the journal. */
  ofKnown(key: Hash): RailDesk {
    return this.at(this.#wallet.labelOfRequest(key));
  }

  /** Made anew where the terms were amended: a desk goes with its rail. */
  at(label: ChainLabel): RailDesk {
    const { exchanges, rails } = this.#wallet.parts;
    const rail = rails.get(label) ?? exchanges.get(label);
    if (!rail) throw new InvariantError(`there is no rail for ${label}`);
    const known = this.#known.get(rail);
    const desk = known ?? deskFor(this.#wallet, rail);
    this.#known.set(rail, desk);
    return desk;
  }

  /** What is simulated from one account and signed for another would be judged by the wrong balances. */
  #signsFor(account: AccountId): boolean {
    const { accounts } = this.#wallet.parts.terms;
    return Object.hasOwn(accounts, account) && accounts[account] === accounts.wallet;
  }
}
