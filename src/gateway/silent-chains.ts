import type { ChainLabel } from "../protocols/effects.ts";
import { GatewayError } from "./gateway-error.ts";

/**
 * Chains of a wallet that did not answer in what is being done. What is held on the others can go home all the same; all
 * else waits, since nobody knows what is held here.
 */
export class SilentChains {
  readonly #found = new Map<ChainLabel, GatewayError>();

  /** Why nothing but what reduces may be signed. Null: every chain that was asked has answered. */
  get problem(): GatewayError | null {
    const [found] = this.#found;
    if (!found) return null;
    const [chain, error] = found;
    return new GatewayError(error.code, `${chain}: ${error.message}; until it answers, only what reduces elsewhere passes`, {
      cause: error,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
  }

  /** Every chain is asked again. */
  forget(): void {
    this.#found.clear();
  }

  /**
   * Asks one of the chains. Undefined: it is silent, and others are left.
   *
   * @throws {GatewayError} CHAIN_UNREACHABLE: none of the chains answers.
   */
  async ask<T>(chain: ChainLabel, chains: ReadonlyMap<ChainLabel, unknown>, work: () => Promise<T>): Promise<T | undefined> {
    const known = this.#found.get(chain);
    if (known) return undefined;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "CHAIN_UNREACHABLE" || !chains.has(chain)) throw error;
      this.#found.set(chain, error);
      if (this.#found.size >= chains.size) throw error;
      return undefined;
    }
  }
}
