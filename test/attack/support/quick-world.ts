import type { Instant } from "../../../src/core/clock.ts";
import type { EvmWorld } from "../../../src/worlds/anvil/evm-world.ts";

/** Counts what may have changed a chain, so that what is known of it is not asked again. */
export class Changes {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Before something that may change the chain is sent, and again once it is done. */
  readonly touched = (): void => {
    this.#count += 1;
  };
}

/** Remembers an answer for as long as nothing has changed. An answer that came while something did is not kept. */
export function remembered<T>(changes: Changes, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly value: T } | null = null;
  return async () => {
    if (known?.at === changes.count) return known.value;
    const at = changes.count;
    const value = await ask();
    if (at === changes.count) known = { at, value };
    return value;
  };
}

/** Methods that leave a chain as it is. */
const READS = /^(eth_(call|get|block|fee|chain)|debug_|web3_|net_)/;

/**
 * A world that everybody asks for the time and few change: it tells the time from memory until something was done to it.
 * Whatever does not go through it, as what a gateway sends, has to be told to `changes`.
 */
export function quickWorld(world: EvmWorld, changes: Changes): EvmWorld {
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    changes.touched();
    try {
      return await work();
    } finally {
      changes.touched();
    }
  };
  const sleep = (until: Instant, signal?: AbortSignal) => around(() => world.clock.sleep(until, signal));
  return {
    url: world.url,
    chainId: world.chainId,
    addresses: world.addresses,
    keys: world.keys,
    clock: { now: remembered(changes, () => world.clock.now()), sleep },
    get state() {
      return world.state;
    },
    rpc: (method, params) => (READS.test(method) ? world.rpc(method, params) : around(() => world.rpc(method, params))),
    truePrice: (symbol) => world.truePrice(symbol),
    fund: (...of) => around(() => world.fund(...of)),
    setTruePrice: (...of) => around(() => world.setTruePrice(...of)),
    advance: (until) => sleep(until),
    mine: () => around(() => world.mine()),
    setFeed: (...of) => around(() => world.setFeed(...of)),
    freezeFeeds: (...of) => around(() => world.freezeFeeds(...of)),
    breakPeg: (...of) => around(() => world.breakPeg(...of)),
    snapshot: () => around(() => world.snapshot()),
    revert: (to) => around(() => world.revert(to)),
    stop: () => world.stop(),
  };
}
