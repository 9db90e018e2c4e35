import { BPS, type Decimal, sum, ZERO } from "../core/decimal.ts";
import { lower } from "../core/hex.ts";
import type { KnownAllowances } from "../journal/known-allowances.ts";
import { allowanceKey } from "../journal/live-allowances.ts";
import { leastReduction } from "../mandate/least-reduction.ts";
import { pricedAs } from "../mandate/priced-as.ts";
import { leavesOf, simplifies } from "../mandate/simplifies.ts";
import type { Terms } from "../mandate/terms.ts";
import { decodeCall } from "../protocols/decode-call.ts";
import { type Action, type AssetId, type HyperliquidAction, type Prices, priceIn, splitAssetId } from "../protocols/effects.ts";
import type { Flow, Meaning } from "../protocols/protocol.ts";
import { couldReduce } from "./rails/hyperliquid/could-reduce.ts";

/** The price may have moved since it was last seen: what looks at least so much of a reduction may be one. */
const DOUBT_BPS = 5_000;

/** What is known of a wallet without asking anybody. */
export interface KnownOfWallet {
  readonly terms: Terms;
  /** What the journal says is held, by "account asset". */
  readonly holdings: Readonly<Record<string, Decimal>>;
  /** As they were last seen. An asset without one may be worth anything. */
  readonly prices: Prices;
  readonly known: KnownAllowances;
}

/**
 * Whether a request's bytes could be a way to safety at all. Only judging tells what reduces, and judging asks a node:
 * this keeps what cannot reduce from asking. It errs to yes.
 */
export function mayReduce(actions: readonly Action[], known: KnownOfWallet): boolean {
  const orders = actions.filter((action): action is HyperliquidAction => action.rail === "hyperliquid");
  if (orders.length > 0) return orders.length === actions.length && orders.every(({ action }) => couldReduce(action));
  const calls = actions.flatMap((action) => (action.rail === "evm" && "call" in action ? [action] : []));
  const [first] = calls;
  const book = first && known.terms.book.chains[first.chain];
  if (!first || !book || calls.length !== actions.length) return false;
  const context = { chain: first.chain, book, accounts: known.terms.accounts, from: first.from };
  const meanings = calls.map(({ call }) => decodeCall(context, call));
  const leaves = meanings.flatMap(({ call }) => leavesOf(call));
  if (leaves.some(({ kind }) => kind === "uniswap-v3-positions")) {
    // What a position holds is in no bytes: its ways out are told by their names.
    return simplifies(meanings.map(({ call }) => call));
  }
  return meanings.every(({ unknown, pays }) => unknown.length === 0 && pays.length === 0) && removes(meanings, known);
}

/** Whether something that is no cash leaves, enough of it, and nothing else that is none comes instead. */
function removes(meanings: readonly Meaning[], known: KnownOfWallet): boolean {
  const { terms } = known;
  const through = (asset: AssetId): AssetId => {
    const { chain, symbol } = splitAssetId(asset);
    const book = terms.book.chains[chain];
    return book ? `${chain}/${pricedAs(book, symbol)}` : asset;
  };
  const risky = (asset: AssetId) => splitAssetId(through(asset)).symbol !== terms.numeraire;
  const gives = meanings.flatMap((meaning) => meaning.gives).filter(({ asset }) => risky(asset));
  const drained = new Set(
    meanings.flatMap(({ drains }) => drains).flatMap(({ asset }) => (risky(asset) ? [through(asset)] : [])),
  );
  const given = new Set([...gives.map(({ asset }) => through(asset)), ...drained]);
  const comes = meanings.flatMap(({ gets, expects }) => [...gets, ...expects]).map(({ asset }) => asset);
  if (comes.some((asset) => risky(asset) && !given.has(through(asset)))) return false;
  if (given.size === 0) return meanings.some((meaning) => revokes(meaning, known));
  return [...given].every((asset) => drained.has(asset) || isEnough(gives, asset, through, known));
}

/** Whether it is at least what counts as a reduction, or all of it. What is held may be more than the journal knows. */
function isEnough(gives: readonly Flow[], asset: AssetId, through: (asset: AssetId) => AssetId, known: KnownOfWallet): boolean {
  const usd = (one: AssetId) => priceIn(known.prices, one)?.usd ?? null;
  const leaving = gives.filter((flow) => through(flow.asset) === asset);
  if (leaving.some((flow) => usd(flow.asset) === null)) return true;
  const held = Object.entries(known.holdings).flatMap(([key, amount]) => {
    const [, one = ""] = key.split(" ");
    return through(one as AssetId) === asset ? [amount.times(usd(one as AssetId) ?? ZERO)] : [];
  });
  const [size, position] = [sum(leaving.map((flow) => flow.amount.times(usd(flow.asset) ?? ZERO))), sum(held)];
  const { limits } = known.terms;
  const least = leastReduction(limits, position, limits.max_single_trade[splitAssetId(asset).symbol]?.times(usd(asset) ?? ZERO));
  return size.gt(0) && (size.gte(position) || size.times(BPS).gte(least.times(DOUBT_BPS)));
}

/** Whether it takes back an allowance that stands. */
function revokes({ approves }: Meaning, { known, terms }: KnownOfWallet): boolean {
  return approves.some(({ owner, asset, spender, amount }) => {
    const account = terms.accounts[owner];
    const allowed = account && known[allowanceKey({ owner: lower(account), asset, spender: lower(spender) })];
    return amount.isZero() && (allowed?.gt(0) ?? false);
  });
}
