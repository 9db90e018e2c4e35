import { decimal } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { DeliveredBody, WalletEntry } from "../../journal/entries.ts";
import { waitingRequests } from "../../journal/open-signatures.ts";
import type { TransitState } from "../../journal/transit.ts";
import type { AssetId, ChainLabel, Holding } from "../../protocols/effects.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { WalletContext } from "../wallet-context.ts";

/** Messages that are on their way to a chain, oldest first. */
export function underWayTo({ state }: Pick<WalletContext, "state">, chain: ChainLabel): readonly TransitState[] {
  return Object.values(state.transit.underWay).filter(({ to }) => to === chain);
}

/** Which of the messages have been delivered at a block, by id. One that the mailbox does not tell of has not been. */
export async function deliveredAt(rail: EvmRail, messages: readonly TransitState[], block: string): Promise<ReadonlySet<string>> {
  const told = await Promise.all(messages.map(({ mailbox, id }) => rail.warp.isDelivered(mailbox as Address, id as Hex, block)));
  return new Set(messages.flatMap(({ id }, i) => (told[i] === true ? [id] : [])));
}

/**
 * Records the messages that were delivered deep enough to count as final. What is under way to a chain that the book no
 * longer names stays under way.
 *
 * @throws {GatewayError} CHAIN_UNREACHABLE
 */
export async function recordDeliveries(wallet: WalletContext): Promise<void> {
  const bodies: DeliveredBody[] = [];
  for (const [chain, rail] of wallet.parts.rails) {
    const messages = underWayTo(wallet, chain);
    // What comes in the blocks of a request is told apart when that settles.
    if (messages.length === 0 || waitingRequests(wallet.state).some((key) => wallet.labelOfRequest(key) === chain)) continue;
    await wallet.reach(async () => {
      const block = (await rail.height()) - rail.book.confirmations + 1;
      const delivered = block < 0 ? new Set<string>() : await deliveredAt(rail, messages, tag(block));
      bodies.push(...messages.flatMap(({ id }) => (delivered.has(id) ? [{ id, chain, block }] : [])));
    });
  }
  if (bodies.length === 0) return;
  const entries = bodies.map((body): WalletEntry => ({ kind: "delivered", body }));
  await wallet.commit(entries, await wallet.now());
}

/** What is held on a chain now, without what messages brought that the journal does not count as delivered: it has that as under way. */
export async function holdingsBeside(wallet: WalletContext, rail: EvmRail): Promise<readonly Holding[]> {
  const messages = underWayTo(wallet, rail.chain);
  if (messages.length === 0) return rail.holdings("latest");
  const block = tag(await rail.height());
  const [holdings, delivered] = await Promise.all([rail.holdings(block), deliveredAt(rail, messages, block)]);
  return less(
    holdings,
    messages.filter(({ id }) => delivered.has(id)),
  );
}

/**
 * What messages brought in the blocks of a request, as changes that are not its own. Where a node has forgotten the
 * blocks, all that has come by now.
 *
 * @param range - its first and its last block.
 */
export async function arrivedMeanwhile(
  wallet: WalletContext,
  rail: EvmRail,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly inBlocks: readonly Holding[]; readonly byNow: readonly Holding[] }> {
  const messages = underWayTo(wallet, rail.chain);
  if (messages.length === 0) return { inBlocks: [], byNow: [] };
  const [before, after, now] = await Promise.all([
    deliveredAt(rail, messages, tag(from - 1)),
    deliveredAt(rail, messages, tag(to)),
    deliveredAt(rail, messages, "latest"),
  ]);
  return {
    inBlocks: messages.filter(({ id }) => after.has(id) && !before.has(id)).map(brought),
    byNow: messages.filter(({ id }) => now.has(id)).map(brought),
  };
}

function brought({ account, asset, amount }: TransitState): Holding {
  return { account, asset: asset as AssetId, amount: decimal(amount) };
}

function less(holdings: readonly Holding[], messages: readonly TransitState[]): readonly Holding[] {
  return messages.reduce<readonly Holding[]>(
    (rest, message) =>
      rest.map((held) =>
        held.account === message.account && held.asset === message.asset
          ? { ...held, amount: held.amount.minus(decimal(message.amount)) }
          : held,
      ),
    holdings,
  );
}

function tag(block: number): string {
  return `0x${block.toString(16)}`;
}
