import { type Clock, type Instant, SECOND } from "../../core/clock.ts";
import { type Decimal, decimal, fromUnits, toUnits } from "../../core/decimal.ts";
import { UsageError } from "../../core/errors.ts";
import { type Address, type Hex, isAddress, lower } from "../../core/hex.ts";
import { withPrice } from "../market.ts";
import { ACTOR_KEYS } from "./actors.ts";
import { type Anvil, GENESIS_TIME, startAnvil } from "./anvil.ts";
import { baseState } from "./base-state.ts";
import {
  answerFeed,
  type Gift,
  giveTokens,
  nextTickAt,
  priceOf,
  publishMarket,
  type WorldState,
  withNextTick,
} from "./evm-market.ts";
import { firstState, type MarketOptions } from "./first-state.ts";
import type { RpcCall } from "./json-rpc.ts";
import { mineBlock } from "./send-transaction.ts";
import { SerialSleep } from "./serial-sleep.ts";
import { WORLD_ADDRESSES } from "./world-addresses.ts";
import { SYMBOLS, type TokenSymbol } from "./world-spec.ts";

/** Whole tokens as plain decimals, above zero: { ETH: "1", USDC: "1500.50" }. What a token has no decimals for is cut. */
export type Funds = Readonly<Partial<Record<TokenSymbol | "ETH", string>>>;

/** USD for a whole token, by symbol. */
export type TruePrices = Readonly<Partial<Record<TokenSymbol, Decimal | string>>>;

export interface EvmWorldOptions extends MarketOptions {
  /** Default 31337. */
  readonly chainId?: number;
  readonly fund?: Readonly<Record<Address, Funds>>;
  /** Where downloads and the built base state are kept. Default: `MANDATE_CACHE` or the user's cache folder. */
  readonly cache?: string;
}

/**
 * Where a world was. It can be returned to any number of times, until one goes back to before it. Only the world that
 * made it knows what it stands for.
 */
export interface WorldSnapshot {
  readonly number: number;
}

interface SavedSnapshot {
  readonly state: WorldState;
  /** Of the block after the snapshot: anvil forgets it when it reverts. */
  readonly nextBaseFee: Hex;
  /** anvil's own name for it, good for one revert. */
  readonly id: Hex;
}

/**
 * A chain with real contracts and a market that moves. The world owns time: it stands still until somebody sleeps on
 * {@link EvmWorld.clock}, but for the second that each block takes.
 */
export interface EvmWorld {
  /** JSON-RPC. */
  readonly url: string;
  readonly chainId: number;
  readonly clock: Clock;
  /** The same in every world. */
  readonly addresses: typeof WORLD_ADDRESSES;
  /** Private keys of the world's own people, throwaway. */
  readonly keys: typeof ACTOR_KEYS;
  /** What cannot be read from the chain: prices, schedule, seed. */
  readonly state: WorldState;
  /** The node itself, for what only a rehearsal can do. */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Several calls to it in one message, begun in their order. */
  rpcAll(calls: readonly RpcCall[]): Promise<readonly unknown[]>;
  /** Adds to an account's balances, in one block. */
  fund(address: Address, funds: Funds): Promise<void>;
  /** USD, at most 8 decimal places. */
  truePrice(symbol: TokenSymbol): Decimal;
  /** Puts a price, in one block with the arbitrage and the feeds that follow from it. Chance goes on from there. */
  setTruePrice(symbol: TokenSymbol, price: Decimal | string): Promise<void>;
  /** Puts several, in one block. */
  setTruePrices(prices: TruePrices): Promise<void>;
  /** Same as `clock.sleep`. */
  advance(until: Instant): Promise<void>;
  /** One empty block, a second after the last. */
  mine(): Promise<void>;
  /**
   * Makes a feed answer anything, zero and negative included, in one block. Unless frozen it answers the truth again as soon as
   * that is due.
   *
   * @param updatedAt default: the time of the block before
   */
  setFeed(symbol: TokenSymbol, price: Decimal | string, updatedAt?: Instant): Promise<void>;
  /** While frozen, no feed answers anew: prices move on, answers grow old. */
  freezeFeeds(frozen: boolean): Promise<void>;
  /** A stable coin's true price leaves its peg; pools and feeds follow. */
  breakPeg(symbol: "USDC" | "DAI", price: Decimal | string): Promise<void>;
  snapshot(): Promise<WorldSnapshot>;
  revert(to: WorldSnapshot): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a world. The same options give the same chain, block hash for block hash; so does what is done to it after.
 * The first start on a machine fetches and deploys the contracts (seconds), later ones load them.
 *
 * @throws {UsageError} for a start, a price or a scenario that cannot be.
 * @throws {PackageFetchError | PackageIntegrityError | AnvilMissingError | AnvilStartError}
 */
export async function startEvmWorld(options: EvmWorldOptions): Promise<EvmWorld> {
  const state = firstState(options);
  const stateFile = await baseState(options.cache);
  const chain = await startAnvil({ stateFile, ...(options.chainId === undefined ? {} : { chainId: options.chainId }) });
  try {
    const opened = await publishMarket(chain, state, { now: GENESIS_TIME, at: state.start / SECOND, noise: false });
    const world = new LocalEvmWorld(chain, opened);
    if (options.fund !== undefined) await world.fundAll(options.fund);
    return world;
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

/**
 * A world of its own that begins where another is now, under another chain id: nothing signed for one is valid on the
 * other. It reads what it has not touched from its parent, which must keep running, must not be moving while the fork
 * is made, and forgets the forked block 256 blocks later.
 */
export async function forkOf(parent: EvmWorld, chainId: number): Promise<EvmWorld> {
  const { state, url } = parent;
  const forkBlock = BigInt((await parent.rpc("eth_blockNumber")) as Hex);
  return new LocalEvmWorld(await startAnvil({ forkUrl: url, forkBlock, chainId }), state);
}

class LocalEvmWorld implements EvmWorld {
  readonly url: string;
  readonly chainId: number;
  readonly clock: Clock;
  readonly addresses = WORLD_ADDRESSES;
  readonly keys = ACTOR_KEYS;
  readonly #chain: Anvil;
  readonly #snapshots = new Map<number, SavedSnapshot>();
  #taken = 0;
  #state: WorldState;
  /** The world does one thing at a time: each of its own steps waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(chain: Anvil, state: WorldState) {
    this.#chain = chain;
    this.#state = state;
    this.url = chain.url;
    this.chainId = chain.chainId;
    const sleeping = new SerialSleep((until) => this.#inTurn(() => this.#step(until)));
    this.clock = {
      now: async () => (await this.#latest()) * SECOND,
      sleep: (until, signal) => sleeping.sleep(until, signal),
    };
  }

  get state(): WorldState {
    return this.#state;
  }

  rpc(method: string, params?: readonly unknown[]): Promise<unknown> {
    return this.#chain.rpc(method, params);
  }

  rpcAll(calls: readonly RpcCall[]): Promise<readonly unknown[]> {
    return this.#chain.rpcAll(calls);
  }

  fund(address: Address, funds: Funds): Promise<void> {
    return this.fundAll({ [address]: funds });
  }

  fundAll(all: Readonly<Record<Address, Funds>>): Promise<void> {
    return this.#inTurn(async () => {
      const gifts: Gift[] = [];
      for (const [to, funds] of Object.entries(all)) {
        if (!isAddress(to)) throw new UsageError(`${to} is not an address`);
        if (funds.ETH !== undefined) await this.#addEther(to, positive(funds.ETH));
        for (const symbol of SYMBOLS) {
          const amount = funds[symbol];
          if (amount !== undefined) gifts.push({ symbol, to: lower(to), amount: positive(amount) });
        }
      }
      this.#state = await giveTokens(this.#chain, this.#state, gifts);
    });
  }

  truePrice(symbol: TokenSymbol): Decimal {
    return priceOf(this.#state, symbol);
  }

  setTruePrice(symbol: TokenSymbol, price: Decimal | string): Promise<void> {
    return this.setTruePrices({ [symbol]: price });
  }

  setTruePrices(prices: TruePrices): Promise<void> {
    return this.#inTurn(async () => {
      let { market } = this.#state;
      for (const symbol of SYMBOLS) {
        const price = prices[symbol];
        if (price !== undefined) market = withPrice(market, symbol, positive(price));
      }
      const state = { ...this.#state, market };
      this.#state = await publishMarket(this.#chain, state, { now: await this.#latest(), noise: false });
    });
  }

  breakPeg(symbol: "USDC" | "DAI", price: Decimal | string): Promise<void> {
    return this.setTruePrice(symbol, price);
  }

  advance(until: Instant): Promise<void> {
    return this.clock.sleep(until);
  }

  mine(): Promise<void> {
    return this.#inTurn(() => mineBlock(this.#chain));
  }

  setFeed(symbol: TokenSymbol, price: Decimal | string, updatedAt?: Instant): Promise<void> {
    return this.#inTurn(async () => {
      const seconds = updatedAt === undefined ? await this.#latest() : Math.floor(updatedAt / SECOND);
      this.#state = await answerFeed(this.#chain, this.#state, symbol, { price: asDecimal(price), updatedAt: seconds });
    });
  }

  freezeFeeds(frozen: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#state = { ...this.#state, frozen };
    });
  }

  snapshot(): Promise<WorldSnapshot> {
    return this.#inTurn(async () => {
      const history = (await this.#chain.rpc("eth_feeHistory", ["0x1", "latest", []])) as {
        readonly baseFeePerGas: readonly Hex[];
      };
      const nextBaseFee = history.baseFeePerGas.at(-1) ?? "0x0";
      const snapshot = { number: ++this.#taken };
      this.#snapshots.set(snapshot.number, { state: this.#state, nextBaseFee, id: await this.#saveChain() });
      return snapshot;
    });
  }

  revert({ number }: WorldSnapshot): Promise<void> {
    return this.#inTurn(async () => {
      const saved = this.#snapshots.get(number);
      if (saved === undefined) {
        throw new UsageError("the world does not know this snapshot, or went back to before it", { remedy: "Take a new one." });
      }
      await this.#chain.rpc("evm_revert", [saved.id]);
      for (const later of [...this.#snapshots.keys()]) if (later > number) this.#snapshots.delete(later);
      this.#snapshots.set(number, { ...saved, id: await this.#saveChain() });
      await this.#chain.rpc("anvil_setNextBlockBaseFeePerGas", [saved.nextBaseFee]);
      this.#state = saved.state;
    });
  }

  stop(): Promise<void> {
    return this.#chain.stop();
  }

  /** Makes the next market tick, if it is due by `until`, else a block at `until`. True when `until` is reached. */
  async #step(until: Instant): Promise<boolean> {
    const end = Math.ceil(until / SECOND);
    const now = await this.#latest();
    if (now >= end) return true;
    if (nextTickAt(this.#state) > end * SECOND) {
      // The next second comes by itself, also when somebody else's block takes it first.
      await (end === now + 1 ? mineBlock(this.#chain) : mineBlock(this.#chain, end));
      return true;
    }
    let state = withNextTick(this.#state);
    // Ticks that other blocks have overtaken happened; the market shows where they led.
    while (nextTickAt(state) <= now * SECOND) state = withNextTick(state);
    const at = Math.max((state.start + state.market.tick * state.process.period) / SECOND, now + 1);
    this.#state = await publishMarket(this.#chain, state, { now, at, noise: true });
    return at >= end;
  }

  /** Time of the latest block, in seconds. */
  async #latest(): Promise<number> {
    const { timestamp } = (await this.#chain.rpc("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: Hex };
    return Number(timestamp);
  }

  async #saveChain(): Promise<Hex> {
    return (await this.#chain.rpc("evm_snapshot")) as Hex;
  }

  async #addEther(to: Address, amount: Decimal): Promise<void> {
    const held = fromUnits(BigInt((await this.#chain.rpc("eth_getBalance", [to, "latest"])) as Hex), 18);
    await this.#chain.rpc("anvil_setBalance", [to, `0x${toUnits(held.plus(amount), 18).toString(16)}`]);
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(action);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

function asDecimal(value: Decimal | string): Decimal {
  return typeof value === "string" ? decimal(value) : value;
}

function positive(value: Decimal | string): Decimal {
  const amount = asDecimal(value);
  if (amount.lte(0)) throw new UsageError(`an amount or price is above zero, not ${amount.toFixed()}`);
  return amount;
}
