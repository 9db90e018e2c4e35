import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Address } from "../../../src/core/hex.ts";
import { type RpcClient, rpcClient } from "../../../src/protocols/json-rpc.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld, WorldSnapshot } from "../../../src/worlds/anvil/evm-world.ts";
import { FULL_BOOK } from "../../effects/support/full-book.ts";
import { PAYEE } from "../../gateway/support/signing-house.ts";
import { governedHouse } from "../../operator/support/governed-house.ts";
import { MALLORY } from "../../support/mallory.ts";
import { startRpcProxy } from "../../support/rpc-proxy.ts";
import { nonceOf } from "../../support/standing.ts";
import { letAct, startArena } from "./accomplice.ts";
import { Crasher } from "./crasher.ts";
import { FELLOW, FELLOW_FUNDS } from "./fellow.ts";
import type { HostileMandate } from "./hostile-mandates.ts";
import { deployOdd, withOdd } from "./odd-token.ts";
import { Changes, quickWorld } from "./quick-world.ts";
import { deploySigning, withSigning } from "./signing-arena.ts";
import { Stage } from "./stage.ts";
import type { Tally } from "./tally.ts";

/** A node keeps something of every block that it goes back to before. */
const RUNS_A_WORLD = 100;
/** Journals that nobody needs tomorrow need no disk. */
const RAM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Where sequences are played: a world that is as it was at its start for each of them. */
export class Arena implements AsyncDisposable {
  #world: { readonly at: EvmWorld; readonly start: WorldSnapshot } | null = null;
  #runs = 0;
  /** Tokens, the same in every world: they are the first that are deployed there. */
  odd: Address = MALLORY;
  permits: Address = MALLORY;
  /** The wallet's first. */
  nonce = 0;
  readonly changes = new Changes();
  /** What the world of now is read by. */
  reads: RpcClient = rpcClient("");

  /** A gateway of its own for one sequence, and all that comes to it. */
  async stage(mandate: HostileMandate, tally: Tally): Promise<Stage> {
    const world = await this.fresh();
    const { limits, full, odd: turns, signs, fleet } = mandate;
    const { changes, reads, odd, permits, nonce } = this;
    const crasher = new Crasher();
    const proxy = await startRpcProxy(world.url, changes.touched);
    const plain = full ? FULL_BOOK : EVM_BOOK;
    const turning = turns ? withOdd(plain, odd) : plain;
    const governed = await governedHouse({
      world,
      under: RAM,
      endpoint: proxy.url,
      limits: { ...limits },
      crash: crasher.crash,
      book: signs ? withSigning(turning, permits) : turning,
      front: fleet === null ? {} : { fleet },
    });
    return Stage.open({ governed, proxy, crasher, limits, tally, changes, reads, odd, permits, nonce });
  }

  async fresh(): Promise<EvmWorld> {
    if (this.#world && this.#runs % RUNS_A_WORLD === 0) await this.#end();
    this.#runs += 1;
    if (this.#world) {
      const { at, start } = this.#world;
      await at.revert(start);
      // What waited for a block waits there still.
      await at.rpc("anvil_dropAllTransactions");
    } else {
      const others = { [FELLOW]: FELLOW_FUNDS };
      const world = await startArena(7, {}, others);
      this.reads = rpcClient(world.url);
      const at = quickWorld(world, this.changes, this.reads);
      this.odd = await deployOdd(at);
      this.permits = await deploySigning(at);
      await letAct(at, PAYEE);
      this.nonce = await nonceOf(at);
      this.#world = { at, start: await at.snapshot() };
    }
    return this.#world.at;
  }

  async #end(): Promise<void> {
    await this.#world?.at.stop();
    this.#world = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
