import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import type { ReopenedBody } from "../journal/entries.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import { factOf } from "../journal/request-history.ts";
import { RpcError } from "../protocols/json-rpc.ts";
import { GatewayError } from "./gateway-error.ts";
import type { EvmRail } from "./rails/evm/evm-rail.ts";
import type { WalletContext } from "./wallet-context.ts";

/** Blocks for which a settled request is held against the chain, beyond the confirmations that the book asks for. */
const WATCHED_BLOCKS = 64;

/**
 * Settled requests of the last blocks that the chain has taken back: where the block that they were measured at was, it
 * has another one.
 *
 * @throws {GatewayError} CHAIN_UNREACHABLE, also where a node has not come to blocks that it has shown before.
 */
export async function findReorged(wallet: WalletContext): Promise<readonly ReopenedBody[]> {
  const { requests, acceptedAt } = wallet.state;
  const found = await wallet.fromEach(async (rail) => {
    const parts = requests.leaves.flatMap((leaf) => settledIn(leaf).get(rail.chain) ?? []);
    return parts.length === 0 ? [] : reorgedOn(rail, parts, acceptedAt);
  });
  return found.flat();
}

interface Settled {
  readonly key: Hash;
  readonly closedAt: Instant;
  readonly mined: readonly Mined[];
}

/** What was settled on one chain of some requests, and the newest block of it. */
interface Part {
  readonly settled: readonly Settled[];
  readonly newest: Mined;
}

const settledIn = factOf((requests): ReadonlyMap<string, Part> => {
  const parts = new Map<string, Part>();
  for (const request of requests) {
    const chain = request.transactions[0]?.chain ?? request.signature?.chain ?? "";
    const mined = minedOf(request);
    if (mined.length === 0) continue;
    const one = { key: request.key, closedAt: request.closedAt ?? Number.POSITIVE_INFINITY, mined };
    parts.set(chain, partOf([...(parts.get(chain)?.settled ?? []), one]));
  }
  return parts;
});

/** What was found where it was: the last blocks that settled requests lie in, and the newest of them. */
interface Checked {
  readonly newest: Mined;
  /** Their hashes by number. */
  readonly blocks: ReadonlyMap<number, string>;
}

/** By chain. A rail is one wallet's. */
const checked = new WeakMap<EvmRail, Checked>();

/**
 * While the newest of those blocks stands where it was, so does all that is below it, once that was read with it in place:
 * then nothing else is asked for. When a newer one comes, the one that was newest has to stand beside it, for all of its own.
 */
async function reorgedOn(rail: EvmRail, parts: readonly Part[], acceptedAt: Instant): Promise<readonly ReopenedBody[]> {
  const newest = newestOf(parts.map((part) => part.newest));
  const lowest = newest.block - watchedBlocks(rail);
  // All at once: what a node is asked in one breath travels as one message.
  const [height, top] = await Promise.all([rail.height(), hashOf(rail, newest.block)]);
  const farthest = height + watchedBlocks(rail);
  if (rail.book.rpc !== "world" && newest.block > farthest) {
    // A node that once told of blocks which never came would keep the wallet waiting for them for ever.
    const settled = parts.flatMap((part) => part.settled);
    const real = settled.filter(({ closedAt, mined }) => closedAt > acceptedAt || newestOf(mined).block <= farthest);
    if (real.length < settled.length) return real.length === 0 ? [] : reorgedOn(rail, [partOf(real)], acceptedAt);
  }
  const watched = parts.filter((part) => part.newest.block >= lowest).flatMap(({ settled }) => settled);
  const recent = watched.flatMap(({ mined }) => mined.filter(({ block }) => block >= lowest));
  const known = checked.get(rail);
  const unread = recent.filter((one) => known?.blocks.get(one.block) !== one.blockHash);
  const inPlace = height >= newest.block && top === newest.blockHash;
  if (inPlace && unread.length === 0 && known?.newest.blockHash === newest.blockHash) return [];
  checked.delete(rail);
  const now: Checked = { newest, blocks: new Map(recent.map(({ block, blockHash }) => [block, blockHash])) };
  const view = new ChainView(rail, height);
  if (inPlace && known && known.newest.block <= height && view.watches(known.newest)) {
    const problems = await Promise.all([known.newest, ...unread, newest].map((one) => view.problem(one)));
    if (problems.every((problem) => problem === null)) {
      checked.set(rail, now);
      return [];
    }
  }
  const found = await Promise.all(
    parts
      .flatMap(({ settled }) => settled)
      .filter(({ mined }) => mined.some((one) => view.watches(one)))
      .map(async ({ key, mined }): Promise<readonly ReopenedBody[]> => {
        const problems = await Promise.all(mined.map((one) => view.problem(one)));
        const reason = problems.find((problem) => problem !== null);
        return reason ? [{ key, reason }] : [];
      }),
  );
  const reorged = found.flat();
  // Only where the newest stood before and after the others were read.
  if (reorged.length === 0 && top === newest.blockHash) checked.set(rail, now);
  return reorged;
}

/** Null also where a node objects to being asked for a block that it has not come to. */
async function hashOf(rail: EvmRail, block: number): Promise<string | null> {
  try {
    return await rail.blockHash(block);
  } catch (error) {
    if (error instanceof RpcError && error.rpcCode !== null) return null;
    throw error;
  }
}

function watchedBlocks(rail: EvmRail): number {
  return rail.book.confirmations + WATCHED_BLOCKS;
}

interface Mined {
  readonly block: number;
  readonly blockHash: string;
}

function partOf(settled: readonly Settled[]): Part {
  return { settled, newest: newestOf(settled.flatMap(({ mined }) => mined)) };
}

function newestOf(blocks: readonly Mined[]): Mined {
  return blocks.reduce((a, b) => (b.block > a.block ? b : a));
}

function minedOf({ settled }: RequestState): readonly Mined[] {
  return (settled?.transactions ?? []).flatMap(({ block, block_hash: blockHash }) =>
    block === null || blockHash === undefined ? [] : [{ block, blockHash }],
  );
}

/** One chain's last blocks, each read once. */
class ChainView {
  readonly #rail: EvmRail;
  readonly #height: number;
  readonly #hashes = new Map<number, Promise<string | null>>();

  constructor(rail: EvmRail, height: number) {
    this.#rail = rail;
    this.#height = height;
  }

  /** Whether a block is new enough to be looked at. */
  watches({ block }: Pick<Mined, "block">): boolean {
    return block >= this.#height - watchedBlocks(this.#rail);
  }

  /** Why a block is not the one that it was; null: it is, or it lies too deep to be looked at. */
  async problem({ block, blockHash }: Mined): Promise<string | null> {
    const { rpc } = this.#rail.book;
    if (!this.watches({ block })) return null;
    if (block > this.#height) {
      // A world may go back. Elsewhere a node that is behind tells nothing, and nothing is built on what it shows.
      if (rpc === "world") return `the chain ends at block ${this.#height}, before block ${block}`;
      throw new GatewayError("CHAIN_UNREACHABLE", `the node is at block ${this.#height} and has been at ${block}`, {
        remedy: "It is behind: wait, or use another RPC. If that block never was, order: mandate unfreeze FILE --why TEXT",
      });
    }
    const hash = this.#hashes.get(block) ?? this.#rail.blockHash(block);
    this.#hashes.set(block, hash);
    const now = await hash;
    return now === blockHash ? null : `block ${block} was ${blockHash} and is ${now ?? "none"} now`;
  }
}
