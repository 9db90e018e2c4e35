import type { Instant } from "../../core/clock.ts";
import { decimal } from "../../core/decimal.ts";
import type { Address, Hex } from "../../core/hex.ts";
import type { DeliveredBody, WalletEntry } from "../../journal/entries.ts";
import { waitingRequests } from "../../journal/open-signatures.ts";
import { holdingsUnderWay, type TransitState } from "../../journal/transit.ts";
import { type AssetId, type ChainLabel, type Holding, splitAssetId } from "../../protocols/effects.ts";
import { GatewayError } from "../gateway-error.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { WalletContext } from "../wallet-context.ts";

/** Messages that are on their way to a chain, oldest first. */
export function underWayTo({ state }: Pick<WalletContext, "state">, chain: ChainLabel): readonly TransitState[] {
  return Object.values(state.transit.underWay).filter(({ to }) => to === chain);
}

/** What is under way and counts as held, without messages that are `delivered` already, to chains that the book still names. */
export function heldUnderWay(
  { state, parts }: Pick<WalletContext, "state" | "parts">,
  now: Instant,
  delivered?: ReadonlySet<string>,
): readonly Holding[] {
  const held = holdingsUnderWay(state.transit, now, delivered).map((one) => ({ ...one, asset: one.asset as AssetId }));
  return held.filter(({ asset }) => parts.rails.has(splitAssetId(asset).chain));
}

/**
 * Which of the messages have been delivered at a block, by id. One that the mailbox does not tell of may be held there
 * already: whoever took it for undelivered would count it twice.
 *
 * @throws {GatewayError} CHAIN_UNREACHABLE
 */
export async function deliveredAt(rail: EvmRail, messages: readonly TransitState[], block: string): Promise<ReadonlySet<string>> {
  const { delivered, untold } = await toldAt(rail, messages, block);
  const [first] = untold;
  if (first === undefined) return delivered;
  throw new GatewayError("CHAIN_UNREACHABLE", `the mailbox on ${rail.chain} does not say whether it delivered ${first}`, {
    remedy: "Use another RPC for the chain.",
  });
}

/** See {@link deliveredAt}, with those that the mailbox does not tell of. */
export async function toldAt(
  { warp }: EvmRail,
  messages: readonly TransitState[],
  block: string,
): Promise<{ readonly delivered: ReadonlySet<string>; readonly untold: ReadonlySet<string> }> {
  const told = await Promise.all(messages.map(({ mailbox, id }) => warp.isDelivered(mailbox as Address, id as Hex, block)));
  const those = (said: boolean | null) => new Set(messages.flatMap(({ id }, i) => (told[i] === said ? [id] : [])));
  return { delivered: those(true), untold: those(null) };
}

/**
 * Records the messages that were delivered deep enough to count as final. What is under way to a chain that the book no
 * longer names stays under way.
 *
 * @throws {GatewayError} CHAIN_UNREACHABLE
 */
export async function recordDeliveries(wallet: WalletContext): Promise<void> {
  const found = await wallet.fromEach(async (rail): Promise<readonly DeliveredBody[]> => {
    const { chain } = rail;
    const messages = underWayTo(wallet, chain);
    // What comes in the blocks of a request is told apart when that settles.
    if (messages.length === 0 || waitingRequests(wallet.state).some((key) => wallet.labelOfRequest(key) === chain)) return [];
    const block = (await rail.height()) - rail.book.confirmations + 1;
    const delivered = block < 0 ? new Set<string>() : await deliveredAt(rail, messages, tag(block));
    return messages.flatMap(({ id }) => (delivered.has(id) ? [{ id, chain, block }] : []));
  });
  const bodies = found.flat();
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
 * What messages brought in the blocks of a request, as changes that are not its own; null where a node does not tell, as
 * when it has forgotten the blocks. And all that has come by now.
 *
 * @param range - its first and its last block.
 * @throws {GatewayError} CHAIN_UNREACHABLE
 */
export async function arrivedMeanwhile(
  wallet: WalletContext,
  rail: EvmRail,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly inBlocks: readonly Holding[] | null; readonly byNow: readonly Holding[] }> {
  const messages = underWayTo(wallet, rail.chain);
  if (messages.length === 0) return { inBlocks: [], byNow: [] };
  const [before, after, now] = await Promise.all([
    toldAt(rail, messages, tag(from - 1)),
    toldAt(rail, messages, tag(to)),
    deliveredAt(rail, messages, "latest"),
  ]);
  const untold = before.untold.size + after.untold.size > 0;
  return {
    inBlocks: untold ? null : messages.filter(({ id }) => after.delivered.has(id) && !before.delivered.has(id)).map(brought),
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
