import type { Hash } from "../core/hex.ts";
import type { ReopenedBody } from "../journal/entries.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
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
  const settled = [...wallet.state.requests.values()].flatMap((request) => {
    const rail = wallet.parts.rails.get(request.transactions[0]?.chain ?? request.signature?.chain ?? "");
    const mined = minedOf(request);
    return rail && mined.length > 0 ? [{ key: request.key, rail, mined }] : [];
  });
  const rails = [...new Set(settled.map(({ rail }) => rail))];
  const found = await wallet.reach(() =>
    Promise.all(
      rails.map((rail) =>
        reorgedOn(
          rail,
          settled.filter((one) => one.rail === rail),
        ),
      ),
    ),
  );
  return found.flat();
}

interface Settled {
  readonly key: Hash;
  readonly mined: readonly Mined[];
}

/** What was found where it was, by chain: the last blocks that settled requests lie in. A rail is one wallet's. */
const checked = new WeakMap<EvmRail, string>();

/**
 * While the newest of those blocks stands where it was, so does all that is below it, once that was read with it in place:
 * then nothing else is asked for.
 */
async function reorgedOn(rail: EvmRail, settled: readonly Settled[]): Promise<readonly ReopenedBody[]> {
  const all = settled.flatMap(({ mined }) => mined);
  const newest = all.reduce((a, b) => (b.block > a.block ? b : a));
  // All at once: what a node is asked in one breath travels as one message.
  const [height, top] = await Promise.all([rail.height(), hashOf(rail, newest.block)]);
  const last = JSON.stringify(all.filter(({ block }) => block >= newest.block - watchedBlocks(rail)));
  if (height >= newest.block && top === newest.blockHash && checked.get(rail) === last) return [];
  checked.delete(rail);
  const view = new ChainView(rail, height);
  const found = await Promise.all(
    settled
      .filter(({ mined }) => mined.some((one) => view.watches(one)))
      .map(async ({ key, mined }): Promise<readonly ReopenedBody[]> => {
        const problems = await Promise.all(mined.map((one) => view.problem(one)));
        const reason = problems.find((problem) => problem !== null);
        return reason ? [{ key, reason }] : [];
      }),
  );
  const reorged = found.flat();
  // Only where the newest stood before and after the others were read.
  if (reorged.length === 0 && top === newest.blockHash) checked.set(rail, last);
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
        remedy: "It is behind. Wait, or use another RPC.",
      });
    }
    const hash = this.#hashes.get(block) ?? this.#rail.blockHash(block);
    this.#hashes.set(block, hash);
    const now = await hash;
    return now === blockHash ? null : `block ${block} was ${blockHash} and is ${now ?? "none"} now`;
  }
}
