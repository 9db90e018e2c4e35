import { DAY, type Instant } from "../../../core/clock.ts";
import type { Address } from "../../../core/hex.ts";

/** A key that may trade for an account and not take anything out of it. */
export interface ApiWallet {
  readonly address: Address;
  readonly master: Address;
  /** Empty for the one that has no name. */
  readonly name: string;
  readonly validUntil: Instant;
}

export interface Approval {
  readonly master: Address;
  readonly address: Address;
  /** May end in " valid_until <milliseconds>". */
  readonly name: string;
  readonly now: Instant;
}

const DEFAULT_LIFE = 90 * DAY;
const LONGEST_LIFE = 180 * DAY;
const NAMED = 3;
const LONGEST_NAME = 16;

/** The API wallets of every account: one without a name, three with one. */
export class ApiWallets {
  readonly #byAddress: Map<Address, ApiWallet>;

  constructor(saved: readonly ApiWallet[] = []) {
    this.#byAddress = new Map(saved.map((wallet) => [wallet.address, wallet]));
  }

  /**
   * Registers a wallet; the one that had its name before is no longer one. Says why not, in words.
   *
   * @param isTaken - whether an address is an account already
   */
  approve({ master, address, name: given, now }: Approval, isTaken: (address: Address) => boolean): string | null {
    const { name, validUntil } = readName(given, now);
    if (name.length > LONGEST_NAME) return `Agent name must be at most ${LONGEST_NAME} characters.`;
    if (validUntil === null || validUntil <= now || validUntil > now + LONGEST_LIFE) return "Invalid agent expiry.";
    const before = this.#byAddress.get(address);
    if (before !== undefined && (before.master !== master || before.name !== name)) return "Extra agent already used.";
    if (before === undefined && (address === master || isTaken(address))) return "Cannot add an existing user as an agent.";
    const own = this.of(master, now);
    const replaced = own.find((wallet) => wallet.name === name);
    if (name !== "" && replaced === undefined && own.filter((wallet) => wallet.name !== "").length >= NAMED) {
      return "Too many extra agents.";
    }
    for (const wallet of [...this.#byAddress.values()]) {
      if (wallet.master === master && wallet.name === name) this.#byAddress.delete(wallet.address);
    }
    this.#byAddress.set(address, { address, master, name, validUntil });
    return null;
  }

  /** Whose wallet this address is, if it still is one. */
  masterOf(address: Address, now: Instant): Address | null {
    const wallet = this.#byAddress.get(address);
    return wallet !== undefined && wallet.validUntil > now ? wallet.master : null;
  }

  of(master: Address, now: Instant): readonly ApiWallet[] {
    return [...this.#byAddress.values()].filter((wallet) => wallet.master === master && wallet.validUntil > now);
  }

  toJSON(): readonly ApiWallet[] {
    return [...this.#byAddress.values()];
  }
}

function readName(given: string, now: Instant): { readonly name: string; readonly validUntil: Instant | null } {
  const found = /^(.*?) ?valid_until (\d+)$/.exec(given);
  if (found === null) return { name: given, validUntil: now + DEFAULT_LIFE };
  const until = Number(found[2]);
  return { name: found[1] ?? "", validUntil: Number.isSafeInteger(until) ? until : null };
}
