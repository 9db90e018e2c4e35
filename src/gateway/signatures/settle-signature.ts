import { toHex } from "viem/utils";
import { type Decimal, decimal, sum, ZERO } from "../../core/decimal.ts";
import type { Address } from "../../core/hex.ts";
import type { AllowanceBody, AmountsBody, SettledBody, WalletEntry } from "../../journal/entries.ts";
import { holdingKey } from "../../journal/moved-holdings.ts";
import { ALLOWS, liveSignatures, type SignedMessage, takeable, waitingRequests } from "../../journal/open-signatures.ts";
import { type AssetId, splitAssetId } from "../../protocols/effects.ts";
import { RpcError } from "../../protocols/json-rpc.ts";
import type { Outcome } from "../contract.ts";
import { outcomeOf } from "../outcome.ts";
import type { EvmRail } from "../rails/evm/evm-rail.ts";
import type { Move } from "../rails/evm/signatures/read-moves.ts";
import type { SignatureSighting } from "../rails/evm/signatures/signature-rail.ts";
import { unresolved } from "../settlement.ts";
import type { WalletContext } from "../wallet-context.ts";
import { movesByOthers, unaccounted } from "./moves-by-others.ts";

/** Until when a message that has no end would be looked at. There is none: every one has a deadline in it. */
const NEVER = 0;

/**
 * Finds out whether a message that was signed was used. Until the chain can take it no more it stays open, at its full
 * amount: used, what really moved counts; over or taken back, what was reserved is given back. Where a node does not tell,
 * it stays open too: nothing waits for a message, and nobody's way home may.
 */
export async function settleSignature(wallet: WalletContext, rail: EvmRail, request: SignedMessage): Promise<Outcome> {
  const now = await wallet.now();
  const found = await findOut(wallet, rail, request);
  if (found === null) return outcomeOf(request);
  const { seen, own, lost } = found;
  if (lost !== null) {
    // Said once: it stays as it is until the operator reconciles.
    if (request.settled === null) {
      const stop: WalletEntry = { kind: "stopped", body: { code: "UNEXPLAINED_DECREASE", reason: lost } };
      await wallet.commit([{ kind: "settled", body: unresolved(request, lost) }, stop], now);
    }
    return outcomeOf(wallet.request(request.key));
  }
  wallet.crash("before-settle");
  await wallet.commit([{ kind: "settled", body: settledBody(request, seen, own) }], now);
  await wallet.parts.signed.delete(request.signature.digest);
  return outcomeOf(wallet.request(request.key));
}

interface Found {
  readonly seen: SignatureSighting;
  readonly own: readonly Move[];
  /** Why nothing may be given back all the same. */
  readonly lost: string | null;
}

/** What came of a message that the chain can take no more. Null: it still can, or nobody tells. */
async function findOut(wallet: WalletContext, rail: EvmRail, request: SignedMessage): Promise<Found | null> {
  try {
    return await lookAt(wallet, rail, request);
  } catch (error) {
    if (error instanceof RpcError) return null;
    throw error;
  }
}

async function lookAt(wallet: WalletContext, rail: EvmRail, request: SignedMessage): Promise<Found | null> {
  const { signature, reserved } = request;
  const until = reserved.until ?? NEVER;
  const seen = await rail.signatures.look(signature, until);
  const live = liveSignatures(wallet.state);
  if (seen.kind === "live" || (seen.kind === "used" && mustWait(request, live))) return null;
  // What an allowance is used for is some own request's, and counts there.
  if (signature.type === ALLOWS) return { seen, own: [], lost: null };
  const range = { owner: signature.owner as Address, from: signature.block + 1, to: seen.block, until };
  const moves = seen.kind === "used" ? unaccounted(wallet.state, await movesByOthers(wallet, rail, range)) : [];
  const own = movesOf(request, await inOwnBlocks(rail, request, moves), live);
  return { seen, own, lost: own.length === 0 ? await lostMeanwhile(wallet, rail, request, seen.block) : null };
}

/** Blocks with moves that are looked into, at most. */
const MOST_BLOCKS = 32;

/**
 * The moves in blocks in which the message itself let something be taken. Where a node does not tell of one, as without
 * its past states, every move may be the message's.
 */
async function inOwnBlocks(rail: EvmRail, { signature }: SignedMessage, moves: readonly Move[]): Promise<readonly Move[]> {
  const assets = signature.amounts.map(({ asset }) => asset);
  const blocks = [...new Set(moves.filter(({ asset }) => assets.includes(asset)).map(({ block }) => block))];
  if (blocks.length > MOST_BLOCKS) return moves;
  const taken = new Map<number, readonly string[]>();
  for (const block of blocks) {
    const found = await rail.signatures.takenIn(signature, block);
    if (found === null) return moves;
    taken.set(block, found);
  }
  return moves.filter(({ asset, block }) => taken.get(block)?.includes(asset));
}

/**
 * What is gone of a message's tokens though no log says that it moved any: then the node keeps something back, and what
 * was reserved may not be given back. Null: nothing is gone, or other requests are in flight whose own look tells.
 */
async function lostMeanwhile(
  wallet: WalletContext,
  rail: EvmRail,
  { signature }: SignedMessage,
  block: number,
): Promise<string | null> {
  const { state } = wallet;
  if (waitingRequests(state).length > 0) return null;
  const holdings = await rail.holdings(toHex(block));
  for (const { asset, amount } of signature.amounts) {
    const others = takeable(state, { asset }).minus(decimal(amount));
    for (const held of holdings.filter((one) => one.asset === asset)) {
      const expected = state.holdings[holdingKey(held.account, asset)] ?? ZERO;
      if (held.amount.plus(others).gte(expected)) continue;
      return `${held.account} holds ${held.amount.toFixed()} ${asset}, the journal says ${expected.toFixed()}, and no transfer shows where it went`;
    }
  }
  return null;
}

/**
 * Whether what was pulled bit by bit has to wait until messages that move all at once are settled. Those take the largest
 * move that fits them, so that there is always one for each; what is left is this one's.
 */
function mustWait({ key, signature }: SignedMessage, live: readonly SignedMessage[]): boolean {
  if (!PULLED.includes(signature.type)) return false;
  const assets = signature.amounts.map(({ asset }) => asset);
  return live.some(
    (other) =>
      other.key !== key &&
      !PULLED.includes(other.signature.type) &&
      other.signature.amounts.some(({ asset }) => assets.includes(asset)),
  );
}

/** Messages of which any number of transfers may come. */
const PULLED: readonly string[] = ["PermitSingle", "PermitBatch"];

/**
 * The moves that a message stands for: no more than it lets be taken, the largest first, and none that another one names
 * exactly. A log does not say by which message it came, so two that were used in one block may be taken for each other;
 * each move is counted once all the same.
 */
function movesOf({ key, signature }: SignedMessage, moves: readonly Move[], live: readonly SignedMessage[]): readonly Move[] {
  const exact = isExact(signature.type);
  const left = new Map<string, Decimal>(signature.amounts.map(({ asset, amount }) => [asset, decimal(amount)]));
  const once = !PULLED.includes(signature.type);
  const taken: Move[] = [];
  for (const move of [...moves].sort((a, b) => b.amount.cmp(a.amount))) {
    if (once && taken.some(({ asset }) => asset === move.asset)) continue;
    const room = left.get(move.asset) ?? ZERO;
    const others = live.some((other) => other.key !== key && isExact(other.signature.type) && names(other, move));
    const fits = exact ? move.to === signature.spender && move.amount.eq(room) : !others && move.amount.lte(room);
    if (!fits || move.amount.isZero()) continue;
    left.set(move.asset, room.minus(move.amount));
    taken.push(move);
  }
  return taken;
}

function names({ signature }: SignedMessage, { asset, to, amount }: Move): boolean {
  return signature.spender === to && signature.amounts.some((part) => part.asset === asset && decimal(part.amount).eq(amount));
}

/** Whether all of it moves at once, and to whom it says. */
function isExact(type: string): boolean {
  return type === "TransferWithAuthorization" || type === "ReceiveWithAuthorization";
}

function settledBody(request: SignedMessage, seen: SignatureSighting, moves: readonly Move[]): SettledBody {
  const { key, signature, reserved } = request;
  const account = reserved.bounds[0]?.account ?? "wallet";
  const moved = signature.amounts.map(({ asset }) => ({
    asset,
    amount: sum(moves.filter((move) => move.asset === asset).map(({ amount }) => amount)),
  }));
  const priceOf = (asset: string) => reserved.prices[asset] ?? "0";
  const usd = sum(moved.map(({ asset, amount }) => amount.times(decimal(priceOf(asset)))));
  const allowances = signature.type === ALLOWS && seen.kind === "used" ? allowancesOf(request, seen) : [];
  const confirmed = moves.length > 0 || allowances.length > 0;
  const rows = moves.map(({ transaction, log, block, blockHash }) => ({
    hash: transaction,
    status: "success" as const,
    block,
    block_hash: blockHash,
    log,
  }));
  // Where the chain was looked at: another block in its place means that it has to be looked at again.
  const looked = {
    hash: signature.digest,
    status: confirmed ? ("success" as const) : ("voided" as const),
    block: seen.block,
    block_hash: seen.blockHash,
  };
  return {
    key,
    outcome: confirmed ? "confirmed" : "released",
    reason: confirmed ? null : seen.kind === "expired" ? "it expired unused" : "it was taken back, and moved nothing",
    actual: amountsOf(request, usd, moved),
    deltas: moved
      .filter(({ amount }) => !amount.isZero())
      .map(({ asset, amount }) => ({ account, asset, amount: amount.negated().toFixed() })),
    ...(allowances.length === 0 ? {} : { allowances }),
    transactions: [...rows, looked],
    nonces: {},
  };
}

function allowancesOf({ signature, reserved }: SignedMessage, { allowed }: SignatureSighting): readonly AllowanceBody[] {
  const { owner, spender } = signature;
  return signature.amounts.map(({ asset }, i) => {
    const after = (allowed[i] ?? ZERO).toFixed();
    return { owner, asset, spender, before: "0", after, price: reserved.prices[asset] ?? "0" };
  });
}

function amountsOf(
  { reserved }: SignedMessage,
  usd: Decimal,
  moved: readonly { readonly asset: string; readonly amount: Decimal }[],
): AmountsBody {
  const units = moved.flatMap(({ asset, amount }) => {
    const { symbol } = splitAssetId(asset as AssetId);
    return symbol in reserved.at_worst.spend_units && !amount.isZero() ? [[symbol, amount.toFixed()] as const] : [];
  });
  const nothing = { loss_usd: "0", exit_loss_usd: "0", gas_usd: "0", exit_gas_usd: "0", sells_usd: "0" };
  return { ...nothing, spend_usd: usd.toFixed(), buys_usd: usd.toFixed(), spend_units: Object.fromEntries(units) };
}
