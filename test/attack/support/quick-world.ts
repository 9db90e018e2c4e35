import { type Instant, SECOND } from "../../../src/core/clock.ts";
import type { Hex } from "../../../src/core/hex.ts";
import type { RpcClient } from "../../../src/protocols/json-rpc.ts";
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

/** Remembers an answer for as long as nothing has changed; whoever asks while it is being asked for waits for the same. */
export function remembered<T>(changes: Changes, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly value: Promise<T> } | null = null;
  return () => {
    if (known?.at !== changes.count) {
      const one = { at: changes.count, value: ask() };
      known = one;
      one.value.catch(() => {
        if (known === one) known = null;
      });
    }
    return known.value;
  };
}

/** Methods that leave a chain as it is. */
const READS = /^(eth_(call|get|block|fee|chain)|debug_|web3_|net_)/;

/**
 * A world that everybody asks for the time and few change: it tells the time from memory until something was done to it, and
 * what is read of it in one turn travels as one message. Whatever does not go through it, as what a gateway sends, has to be
 * told to `changes`.
 *
 * @param reads - what it is read by
 */
export function quickWorld(world: EvmWorld, changes: Changes, reads: RpcClient): EvmWorld {
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    changes.touched();
    try {
      return await work();
    } finally {
      changes.touched();
    }
  };
  const now = async (): Promise<Instant> => {
    const { timestamp } = await reads.request<{ readonly timestamp: Hex }>("eth_getBlockByNumber", ["latest", false]);
    return Number(timestamp) * SECOND;
  };
  const sleep = (until: Instant, signal?: AbortSignal) => around(() => world.clock.sleep(until, signal));
  return {
    url: world.url,
    chainId: world.chainId,
    addresses: world.addresses,
    keys: world.keys,
    clock: { now: remembered(changes, now), sleep },
    get state() {
      return world.state;
    },
    rpc: (method, params = []) => (READS.test(method) ? reads.request(method, params) : around(() => world.rpc(method, params))),
    rpcAll: (calls) => around(() => world.rpcAll(calls)),
    truePrice: (symbol) => world.truePrice(symbol),
    fund: (...of) => around(() => world.fund(...of)),
    setTruePrice: (...of) => around(() => world.setTruePrice(...of)),
    setTruePrices: (...of) => around(() => world.setTruePrices(...of)),
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
