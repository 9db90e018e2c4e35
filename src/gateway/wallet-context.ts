import { type Instant, SECOND } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { InvariantError, messageOf } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { SignedBody, TransactionBody, WalletEntry } from "../journal/entries.ts";
import { type Budgets, budgetsAt } from "../journal/fold-budgets.ts";
import { fleetBudgetsAt } from "../journal/fold-fleet.ts";
import type { RequestState, WalletState } from "../journal/fold-wallet.ts";
import { StaleError } from "../journal/journal.ts";
import type { SignedStore } from "../journal/signed-store.ts";
import { CLOCK_JUMPED } from "../journal/stops.ts";
import { type WindowEnds, windowEnds } from "../journal/window-ends.ts";
import { portfolioValue } from "../mandate/facts.ts";
import type { Terms } from "../mandate/terms.ts";
import {
  type AccountId,
  type AssetId,
  assetId,
  type ChainLabel,
  type Holding,
  type Prices,
  priceIn,
} from "../protocols/effects.ts";
import { clockProblems } from "./clock-problems.ts";
import type { WalletId } from "./contract.ts";
import { type Crash, noCrash } from "./crash-point.ts";
import { FleetStream, fleetEntries } from "./fleet-stream.ts";
import { GatewayError } from "./gateway-error.ts";
import type { Allowance, EvmRail, SignedTransaction } from "./rails/evm/evm-rail.ts";
import type { HyperliquidRail } from "./rails/hyperliquid/hyperliquid-rail.ts";
import { SilentChains } from "./silent-chains.ts";
import type { SteadyTime } from "./steady-time.ts";
import { heldUnderWay, holdingsBeside } from "./transit/deliveries.ts";
import type { WalletStream } from "./wallet-stream.ts";

/** How a wallet executes: on chains, at an exchange. */
export type Rails = Pick<WalletParts, "rails" | "exchanges">;

export interface WalletParts {
  readonly wallet: WalletId;
  readonly terms: Terms;
  readonly stream: WalletStream;
  readonly signed: SignedStore;
  readonly rails: ReadonlyMap<ChainLabel, EvmRail>;
  readonly exchanges: ReadonlyMap<ChainLabel, HyperliquidRail>;
  /** Chains whose endpoint did not answer at the start: which chain it is has to be asked yet. */
  readonly unproven?: ReadonlySet<ChainLabel>;
  readonly time: SteadyTime;
  readonly crash?: Crash;
  /** Rails for other terms, when they are amended. */
  readonly railsFor: (terms: Terms) => Rails;
  /** Told of terms that were amended, once they are in the journal. */
  readonly onAmended: (terms: Terms) => void;
  /** When the life before this one wrote its last entry: from then on nobody has looked. Left out: this is the first. */
  readonly lastLife?: Instant;
}

/** How long an exchange is left in peace about a clock that it contradicted. */
const ASK_AGAIN = 10 * SECOND;

/** One wallet's stream, rails and clock, and what every step of its pipeline asks of them. */
export class WalletContext {
  readonly crash: Crash;
  readonly silent = new SilentChains();
  readonly #unproven: Set<ChainLabel>;
  #parts: WalletParts;
  #fleet: FleetStream | null = null;
  /** When an exchange was last asked whether a clock that jumped is right. */
  #doubted: Instant | null = null;

  constructor(parts: WalletParts) {
    this.#parts = parts;
    this.#unproven = new Set(parts.unproven);
    this.crash = parts.crash ?? noCrash;
  }

  get parts(): WalletParts {
    return this.#parts;
  }

  /** Goes on with terms that the journal has been told of. */
  adopt(terms: Terms, rails: Rails): void {
    this.#parts = { ...this.#parts, terms, ...rails };
    this.#parts.onAmended(terms);
  }

  /**
   * What every own account holds now, without what the journal has as under way still.
   *
   * @param where - on every chain, or on those that answer.
   */
  async holdings(where: "everywhere" | "answering" = "everywhere"): Promise<readonly Holding[]> {
    const read = (rail: EvmRail) => holdingsBeside(this, rail);
    const exchanges = [...this.parts.exchanges.values()];
    const reads = () =>
      Promise.all([
        where === "answering" ? this.fromEach(read) : Promise.all([...this.parts.rails.values()].map(read)),
        Promise.all(exchanges.map((rail) => rail.holdings(this.accountId))),
      ]);
    return (await this.reach(reads)).flat(2);
  }

  /**
   * Asks every chain at once, but those that are silent already.
   *
   * @throws {GatewayError} CHAIN_UNREACHABLE: none of them answers.
   */
  async fromEach<T>(work: (rail: EvmRail) => Promise<T>): Promise<readonly T[]> {
    const { rails } = this.parts;
    const ask = (rail: EvmRail) =>
      this.silent.ask(rail.chain, rails, () =>
        this.reach(async () => {
          if (this.#unproven.has(rail.chain)) await this.#prove(rail);
          return work(rail);
        }),
      );
    return (await Promise.all([...rails.values()].map(ask))).flatMap((answer) => (answer === undefined ? [] : [answer]));
  }

  /** @throws {GatewayError} CHAIN_UNREACHABLE: what answers is another chain. */
  async #prove(rail: EvmRail): Promise<void> {
    const id = await rail.chainId();
    if (id !== rail.book.id) {
      throw new GatewayError("CHAIN_UNREACHABLE", `the endpoint of ${rail.chain} is chain ${id}, not ${rail.book.id}`, {
        remedy: "Correct the chain's rpc in the book.",
      });
    }
    this.#unproven.delete(rail.chain);
  }

  /** The own account's label. */
  get accountId(): AccountId {
    return Object.keys(this.parts.terms.accounts)[0] ?? "wallet";
  }

  /** Prices, asked for now: what is asked of a chain in the same breath travels with it. Null: at an exchange few are wanted. */
  pricesAhead(now: Instant): Promise<Prices> | null {
    if (this.parts.exchanges.size > 0) return null;
    const prices = this.prices(now);
    prices.catch(() => undefined);
    return prices;
  }

  /**
   * What the accounts are worth, in USD. Null: something that is held has no price, or lies where nobody answers.
   *
   * @param ahead - prices that were asked for before.
   */
  async value(holdings: readonly Holding[], now: Instant, ahead: Promise<Prices> | null = null): Promise<Decimal | null> {
    const [exchange] = this.parts.exchanges.values();
    if (this.silent.problem) return null;
    if (!exchange) {
      return portfolioValue(
        this.parts.terms,
        { before: [...holdings, ...heldUnderWay(this, now)] },
        await (ahead ?? this.prices(now)),
      );
    }
    const cash = assetId(exchange.label, "USDC");
    const held = holdings.filter(({ asset, amount }) => asset !== cash && !amount.isZero());
    const prices = held.length === 0 ? {} : await this.prices(now);
    if (held.some(({ asset }) => priceIn(prices, asset) === undefined)) return null;
    return this.reach(() => exchange.value(now));
  }

  /** Every own allowance to what the books name, on every chain now. */
  async allowances(): Promise<readonly Allowance[]> {
    const rails = [...this.parts.rails.values()];
    return (await this.reach(() => Promise.all(rails.map((rail) => rail.allowances("latest"))))).flat();
  }

  async prices(now: Instant): Promise<Prices> {
    const rails = [...this.parts.rails.values()];
    const exchanges = [...this.parts.exchanges.values()];
    const reads = () =>
      Promise.all([...rails.map((rail) => rail.prices("latest", now)), ...exchanges.map((rail) => rail.prices(now))]);
    return Object.assign({}, ...(await this.reach(reads))) as Prices;
  }

  /** Signed bytes are kept first and named in the journal after: bytes that no entry names are never sent. */
  async keepSigned(
    key: Hash,
    signed: readonly SignedTransaction[],
    purpose: TransactionBody["purpose"],
    more?: SignedBody["more"],
  ): Promise<void> {
    const { chain } = this.railOfRequest(key);
    const kept = signed.map(({ hash, bytes, nonce, gasMost }) => ({
      bytes: Buffer.from(bytes.slice(2), "hex"),
      body: { hash, chain, nonce, gas_most: gasMost.toFixed(), purpose },
    }));
    await this.keep(key, kept, more);
  }

  /** See {@link keepSigned}. */
  async keep(
    key: Hash,
    signed: readonly { readonly bytes: Uint8Array; readonly body: TransactionBody }[],
    more?: SignedBody["more"],
  ): Promise<void> {
    await this.parts.signed.putAll(signed.map(({ body, bytes }) => ({ hash: body.hash, bytes })));
    const transactions = signed.map(({ body }) => body);
    const body = { key, transactions, ...(more === undefined ? {} : { more }) };
    await this.commit([{ kind: "signed", body }], await this.steadyNow());
  }

  /** The chain or the exchange that a request is of. */
  labelOfRequest(key: Hash): ChainLabel {
    const { reserved, signature, transactions } = this.request(key);
    const [first] = [...this.parts.rails.keys(), ...this.parts.exchanges.keys()];
    return transactions[0]?.chain ?? signature?.chain ?? reserved.bounds[0]?.asset.split("/")[0] ?? first ?? "";
  }

  railOfRequest(key: Hash): EvmRail {
    const rail = this.parts.rails.get(this.labelOfRequest(key));
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

  /**
   * Appends to the wallet's stream, and what that takes of a shared budget or gives back to that budget's stream.
   *
   * @param bodies - what entries refer to, stored with them.
   * @throws {StaleError} another wallet of the fleet was first, and the entries reserve: they have to be judged again.
   */
  async commit(entries: readonly WalletEntry[], now: Instant, bodies: readonly Uint8Array[] = []): Promise<WalletState> {
    const fleet = await this.#sharedBudget();
    const shared = fleet === null ? [] : fleetEntries(this.parts.wallet, this.state, entries);
    if (fleet === null || shared.length === 0) return this.parts.stream.commit(entries, now, { bodies });
    for (;;) {
      try {
        return await this.parts.stream.commit(entries, now, { shared: { fleet, entries: shared }, bodies });
      } catch (error) {
        if (!(error instanceof StaleError) || error.stream !== fleet.stream) throw error;
        await fleet.refresh();
        if (shared.some(({ kind }) => kind === "reserved")) throw error;
      }
    }
  }

  /** Budgets for a request of `cycle`, with what other wallets have taken of a shared one. */
  async budgets(now: Instant, cycle: number): Promise<Budgets> {
    const fleet = await this.#sharedBudget();
    await fleet?.refresh();
    return budgetsAt(this.state, now, cycle, fleet ? fleetBudgetsAt(fleet.state, now, this.parts.wallet) : undefined);
  }

  /** When each budget that holds something has room again, for whoever is refused. */
  async windowEnds(now: Instant, cycle: number): Promise<Readonly<Record<string, WindowEnds>>> {
    return windowEnds(this.state, now, cycle, (await this.#sharedBudget())?.state);
  }

  async #sharedBudget(): Promise<FleetStream | null> {
    const id = this.parts.terms.fleet?.id;
    if (id === undefined) return null;
    if (this.#fleet?.id !== id) this.#fleet = await FleetStream.open(this.parts.stream.journal, id);
    return this.#fleet;
  }

  /**
   * Never less than the last entry's time: a clock set back frees no budget. A clock that jumped is believed where every
   * chain's own time agrees with it, as after a machine's sleep. Until one does the wallet is stopped, and what has passed
   * counts in its place.
   */
  async now(): Promise<Instant> {
    const { now, jump } = await this.parts.time.read();
    const at = Math.max(now, this.state.at);
    if (jump === null || (this.#doubted !== null && at < this.#doubted + ASK_AGAIN)) return at;
    const told = await this.parts.time.clock();
    const [problem] = await clockProblems(this.parts, told.now);
    if (problem !== undefined) {
      // An exchange counts who asks it how often; a chain's newest block is asked for at every step anyway.
      this.#doubted = this.parts.exchanges.size > 0 ? at : null;
      await this.stop(CLOCK_JUMPED, `${jump}; ${problem}`, at);
      return at;
    }
    this.#doubted = null;
    this.parts.time.adopt(told);
    const believed = Math.max(told.now, this.state.at);
    if (this.state.stopped?.code === CLOCK_JUMPED) {
      await this.commit(
        [{ kind: "resumed", body: { why: "the chains' own time agrees with the clock", by: "clock" } }],
        believed,
      );
    }
    return believed;
  }

  /**
   * The time by what has passed, where nobody is asked whether a clock is right: between what is reserved and what is sent
   * for it no chain is waited for.
   */
  async steadyNow(): Promise<Instant> {
    return Math.max((await this.parts.time.read()).now, this.state.at);
  }

  /**
   * Takes a clock that jumped at its word again, where the chains' own time agrees.
   *
   * @throws {GatewayError} CLOCK_WRONG
   */
  async adoptClock(): Promise<void> {
    if ((await this.parts.time.read()).jump === null) return;
    const told = await this.parts.time.clock();
    const [problem] = await clockProblems(this.parts, told.now);
    if (problem !== undefined) {
      throw new GatewayError("CLOCK_WRONG", `the clock and the chain do not agree: ${problem}`, {
        remedy: "Set the machine's clock right, then order it again.",
      });
    }
    this.parts.time.adopt(told);
  }

  /** The first stop is the one that is told. What stops for another reason outlasts a clock that is right again. */
  async stop(code: string, reason: string, now: Instant): Promise<void> {
    const { stopped } = this.state;
    if (stopped !== null && (stopped.code !== CLOCK_JUMPED || code === CLOCK_JUMPED)) return;
    await this.commit([{ kind: "stopped", body: { code, reason } }], now);
  }

  async reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof GatewayError) throw error;
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
