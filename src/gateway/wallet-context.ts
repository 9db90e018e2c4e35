import type { Clock, Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { InvariantError, messageOf } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { TransactionBody, WalletEntry } from "../journal/entries.ts";
import type { RequestState, WalletState } from "../journal/fold-wallet.ts";
import type { SignedStore } from "../journal/signed-store.ts";
import type { Terms } from "../mandate/terms.ts";
import type { AssetId, ChainLabel, Holding, Prices } from "../protocols/effects.ts";
import type { WalletId } from "./contract.ts";
import { type Crash, noCrash } from "./crash-point.ts";
import { GatewayError } from "./gateway-error.ts";
import type { EvmRail, SignedTransaction } from "./rails/evm/evm-rail.ts";
import type { WalletStream } from "./wallet-stream.ts";

export interface WalletParts {
  readonly wallet: WalletId;
  readonly terms: Terms;
  readonly stream: WalletStream;
  readonly signed: SignedStore;
  readonly rails: ReadonlyMap<ChainLabel, EvmRail>;
  readonly clock: Pick<Clock, "now">;
  readonly crash?: Crash;
  /** Rails for other terms, when they are amended. */
  readonly railsFor: (terms: Terms) => ReadonlyMap<ChainLabel, EvmRail>;
  /** Told of terms that were amended, once they are in the journal. */
  readonly onAmended: (terms: Terms) => void;
}

/** One wallet's stream, rails and clock, and what every step of its pipeline asks of them. */
export class WalletContext {
  readonly crash: Crash;
  #parts: WalletParts;

  constructor(parts: WalletParts) {
    this.#parts = parts;
    this.crash = parts.crash ?? noCrash;
  }

  get parts(): WalletParts {
    return this.#parts;
  }

  /** Goes on with terms that the journal has been told of. */
  adopt(terms: Terms, rails: ReadonlyMap<ChainLabel, EvmRail>): void {
    this.#parts = { ...this.#parts, terms, rails };
    this.#parts.onAmended(terms);
  }

  /** What every own account holds on every chain now. */
  async holdings(): Promise<readonly Holding[]> {
    const rails = [...this.parts.rails.values()];
    return (await this.reach(() => Promise.all(rails.map((rail) => rail.holdings("latest"))))).flat();
  }

  async prices(now: Instant): Promise<Prices> {
    const rails = [...this.parts.rails.values()];
    return Object.assign({}, ...(await Promise.all(rails.map((rail) => rail.prices("latest", now))))) as Prices;
  }

  /** Signed bytes are kept first and named in the journal after: bytes that no entry names are never sent. */
  async keepSigned(key: Hash, signed: readonly SignedTransaction[], purpose: TransactionBody["purpose"]): Promise<void> {
    for (const { hash, bytes } of signed) await this.parts.signed.put(hash, Buffer.from(bytes.slice(2), "hex"));
    const chain = this.railOfRequest(key).chain;
    const transactions = signed.map(({ hash, nonce, gasMost }) => ({ hash, chain, nonce, gas_most: gasMost.toFixed(), purpose }));
    await this.commit([{ kind: "signed", body: { key, transactions } }], await this.now());
  }

  railOfRequest(key: Hash): EvmRail {
    const { reserved, transactions } = this.request(key);
    const chain = transactions[0]?.chain ?? reserved.bounds[0]?.asset.split("/")[0] ?? [...this.parts.rails.keys()][0];
    const rail = chain === undefined ? undefined : this.parts.rails.get(chain);
    if (!rail) throw new InvariantError(`there is no rail for the chain of request ${key}`);
    return rail;
  }

  nonceOf(rail: EvmRail): number {
    const nonce = this.state.nonces[rail.chain];
    if (nonce === undefined) throw new InvariantError(`no nonce is known on ${rail.chain}`);
    return nonce;
  }

  /** What the journal says is held. */
  expected(): readonly Holding[] {
    return Object.entries(this.state.holdings).map(([key, amount]) => splitHolding(key, amount));
  }

  request(key: Hash): RequestState {
    const request = this.state.requests.get(key);
    if (!request) throw new InvariantError(`request ${key} is not in the journal`);
    return request;
  }

  get state(): WalletState {
    return this.parts.stream.state;
  }

  commit(entries: readonly WalletEntry[], now: Instant): Promise<WalletState> {
    return this.parts.stream.commit(entries, now);
  }

  /** Never less than the last entry's time: a clock set back frees no budget. */
  async now(): Promise<Instant> {
    return Math.max(await this.parts.clock.now(), this.state.at);
  }

  async reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new GatewayError("CHAIN_UNREACHABLE", `the chain cannot be read: ${messageOf(error)}`, {
        cause: error,
        remedy: "Check the chain's rpc and settle. What was sent before stays open until it is looked up.",
      });
    }
  }

  /** Code hashes pinned for a chain's book, by "kind/label". */
  pinnedCode(chain: ChainLabel): Readonly<Record<string, Hash>> {
    const prefix = `${chain}/`;
    const code = this.state.pinned?.code ?? {};
    return Object.fromEntries(
      Object.entries(code).flatMap(([label, hash]) => (label.startsWith(prefix) ? [[label.slice(prefix.length), hash]] : [])),
    );
  }
}

function splitHolding(key: string, amount: Decimal): Holding {
  const [account = "", asset = ""] = key.split(" ");
  return { account, asset: asset as AssetId, amount };
}
