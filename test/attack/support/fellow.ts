import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { InvariantError } from "../../../src/core/errors.ts";
import { type Address, lower } from "../../../src/core/hex.ts";
import { type OpenedWallet, openWallet } from "../../../src/gateway/open-wallet.ts";
import type { Mandate } from "../../../src/mandate/terms.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";
import type { House } from "../../support/house.ts";

const account = privateKeyToAccount(keccak256(toHex("mandate tests: a fellow of the rehearsal wallet")));

/** The other wallet of a fleet. */
export const FELLOW: Address = lower(account.address);
export const FELLOW_FUNDS = { ETH: "0.2", WETH: "0.3", USDC: "1500" };

/** A wallet of the same house: it keeps its journal where the first does, and takes from the same budget. */
export class Fellow implements AsyncDisposable {
  readonly world: EvmWorld;
  readonly mandate: Mandate;
  readonly #house: House;
  readonly #endpoint: string;
  #opened: OpenedWallet | null = null;

  private constructor(house: House, endpoint: string) {
    const { world, mandate } = house;
    this.world = world;
    this.mandate = { ...mandate, terms: { ...mandate.terms, accounts: { wallet: FELLOW } } };
    this.#house = house;
    this.#endpoint = endpoint;
  }

  /** Null: the mandate names no fleet. */
  static async of(house: House, endpoint: string): Promise<Fellow | null> {
    if (house.mandate.terms.fleet === undefined) return null;
    const fellow = new Fellow(house, endpoint);
    await fellow.open();
    return fellow;
  }

  get opened(): OpenedWallet {
    if (!this.#opened) throw new InvariantError("the fellow's gateway is closed");
    return this.#opened;
  }

  async open(): Promise<void> {
    const home = join(this.#house.home, "fellow");
    const keyFile = join(this.#house.home, "fellow.json");
    writeFileSync(keyFile, "");
    this.#opened = await openWallet({
      home,
      terms: this.mandate.terms,
      signer: account,
      keyFile,
      clock: this.world.clock,
      journal: this.#house.opened.stream.journal,
      endpoints: { base: this.#endpoint },
      onMirrorFailure: (failure) => {
        throw failure;
      },
    });
  }

  async close(): Promise<void> {
    await this.#opened?.close();
    this.#opened = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
