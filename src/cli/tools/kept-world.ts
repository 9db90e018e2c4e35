import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type Clock, type Instant, SECOND, systemClock } from "../../core/clock.ts";
import type { Hex } from "../../core/hex.ts";
import { type Anvil, startAnvil } from "../../worlds/anvil/anvil.ts";
import { nextTickAt, publishMarket, type WorldState, withNextTick } from "../../worlds/anvil/evm-market.ts";
import { type Funds, startEvmWorld } from "../../worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../worlds/anvil/rehearsal-wallet.ts";
import { mineBlock } from "../../worlds/anvil/send-transaction.ts";
import { readMarket, writeMarket } from "./kept-market.ts";

const CHAIN_FILE = "world.json";
const MARKET_FILE = "market.json";

/** A world that is the same one at the next call. */
export interface KeptWorld extends AsyncDisposable {
  readonly url: string;
  readonly clock: Clock;
  /** Lets the time that has passed on this machine pass in the world too: prices move, feeds answer. */
  catchUp(): Promise<void>;
  /** Writes down what the world is now. */
  keep(): Promise<void>;
}

export interface KeptWorldOptions {
  readonly chainId: number;
  /** What the wallet holds at the beginning. */
  readonly fund: Funds;
  /** The machine's time. */
  readonly now?: () => Promise<Instant>;
}

/**
 * The world of a home: made at the first call, and from then on as the last call left it, with the time since then gone
 * by. So a journal in the same home fits it, and limits that count over a day hold from one call to the next.
 *
 * @param home - made when it is not there.
 */
export async function openKeptWorld(
  home: string,
  { chainId, fund, now = systemClock.now }: KeptWorldOptions,
): Promise<KeptWorld> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const files = { chain: join(home, CHAIN_FILE), market: join(home, MARKET_FILE) };
  if (!existsSync(files.chain)) {
    const world = await startEvmWorld({ seed: 1, chainId, fund: { [REHEARSAL_WALLET]: fund } });
    const chain: Anvil = {
      url: world.url,
      chainId: world.chainId,
      rpc: (method, params) => world.rpc(method, params),
      rpcAll: (calls) => world.rpcAll(calls),
      stop: () => world.stop(),
    };
    return new LocalKeptWorld(chain, files, world.state, { here: await now(), there: await latestOf(chain) }, now);
  }
  const { state, here } = readMarket(readFileSync(files.market, "utf8"));
  const chain = await startAnvil({ chainId, stateFile: files.chain });
  try {
    const there = await latestOf(chain);
    // A chain that is loaded would go on from its genesis time.
    await chain.rpc("evm_setNextBlockTimestamp", [there + 1]);
    return new LocalKeptWorld(chain, files, state, { here, there }, now);
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

class LocalKeptWorld implements KeptWorld {
  readonly url: string;
  readonly clock: Clock;
  readonly #chain: Anvil;
  readonly #files: { readonly chain: string; readonly market: string };
  /** One moment on both clocks: the machine's in milliseconds, the chain's in seconds. */
  readonly #anchor: { readonly here: Instant; readonly there: number };
  readonly #now: () => Promise<Instant>;
  #state: WorldState;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    chain: Anvil,
    files: { readonly chain: string; readonly market: string },
    state: WorldState,
    anchor: { readonly here: Instant; readonly there: number },
    now: () => Promise<Instant>,
  ) {
    this.#chain = chain;
    this.#files = files;
    this.#state = state;
    this.#anchor = anchor;
    this.#now = now;
    this.url = chain.url;
    this.clock = {
      now: async () => (await latestOf(chain)) * SECOND,
      sleep: (until, signal) =>
        this.#inTurn(async () => (signal?.aborted ? undefined : this.#advance(Math.ceil(until / SECOND)))),
    };
  }

  catchUp(): Promise<void> {
    return this.#inTurn(async () => {
      const passed = Math.floor(((await this.#now()) - this.#anchor.here) / SECOND);
      await this.#advance(this.#anchor.there + passed);
    });
  }

  keep(): Promise<void> {
    return this.#inTurn(async () => {
      const dump = (await this.#chain.rpc("anvil_dumpState")) as string;
      const chain = await promisify(gunzip)(Buffer.from(dump.slice(2), "hex"));
      const passed = ((await latestOf(this.#chain)) - this.#anchor.there) * SECOND;
      replace(
        this.#files.market,
        writeMarket({ state: this.#state, here: Math.max(await this.#now(), this.#anchor.here + passed) }),
      );
      replace(this.#files.chain, chain);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#chain.stop();
  }

  /** @param to - in seconds. */
  async #advance(to: number): Promise<void> {
    const now = await latestOf(this.#chain);
    if (to <= now) return;
    let state = this.#state;
    while (nextTickAt(state) <= to * SECOND) state = withNextTick(state);
    if (state === this.#state) await mineBlock(this.#chain, to);
    else this.#state = await publishMarket(this.#chain, state, { now, at: to, noise: false });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(action);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** Time of the newest block, in seconds. */
async function latestOf(chain: Anvil): Promise<number> {
  const { timestamp } = (await chain.rpc("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: Hex };
  return Number(timestamp);
}

function replace(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
