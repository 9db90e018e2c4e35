import type { Hex } from "viem";
import { type Instant, SECOND } from "../../core/clock.ts";
import { fromUnits } from "../../core/decimal.ts";
import { type Address, lower } from "../../core/hex.ts";
import type { EvmCall, Unknown } from "../effects.ts";
import { accountAt, bareMeaning, strayValue, unknown } from "../meaning.ts";
import type { CallContext, Flow, Meaning, Protocol } from "../protocol.ts";
import { callReader } from "../read-call.ts";
import { standardMeaning } from "../standard-calls.ts";
import { positionsAbi as abi } from "./abi.ts";
import { contents, flowsOf, liquidityAccount, type Market, marketOf, type OwnPosition, owedAccount } from "./position.ts";
import { leastLiquidity, sqrtRatioAtTick } from "./tick-math.ts";

const DEEPEST = 4;
const readCall = callReader(abi);
/** Farther than any deadline that makes sense; what is beyond has no instant. */
const LAST_SECOND = 8_640_000_000_000n;
const MOST_LIQUIDITY = (1n << 128n) - 1n;

/**
 * Uniswap v3's NonfungiblePositionManager. Liquidity is worth what it would hold at pinned prices; what the bytes
 * guarantee of it is what the two minimums leave whatever the pool's price is when they land. Ids must be own.
 */
export const positions: Protocol = {
  kind: "uniswap-v3-positions",
  // The callback of a mint pays from msg.sender of the call that began it.
  pullsOnlyFromCaller: true,
  decode(context, call, label) {
    const meaning = decodeAt(context, { call, label, depth: 0, owed: new Map() });
    return { ...meaning, unknown: [...strayValue(call), ...meaning.unknown] };
  },
};

interface At {
  readonly call: EvmCall;
  readonly label: string;
  readonly depth: number;
  /** By id: what earlier calls of the same multicall made collectable, at least. */
  readonly owed: Map<bigint, readonly [bigint, bigint]>;
}

function decodeAt(context: CallContext, at: At): Meaning {
  const { call, label, depth } = at;
  const read = readCall(call.data);
  const named = { contract: label, kind: positions.kind };
  const bare = bareMeaning(context, call, { ...named, name: read?.functionName ?? call.data.slice(0, 10) });
  if (!read || depth > DEEPEST) {
    const standard = standardMeaning(context, call, named);
    const what = `${label}.${standard?.call.function ?? bare.call.function} has no meaning that can be bounded`;
    return { ...(standard ?? bare), unknown: [unknown("FUNCTION_NOT_ALLOWED", what), ...(standard?.unknown ?? [])] };
  }
  switch (read.functionName) {
    case "multicall":
      return decodeMulticall(context, at, read.args[0], bare);
    case "mint": {
      const p = read.args[0];
      const recipient = accountAt(context.accounts, p.recipient);
      const problem = unknown("RECIPIENT_NOT_ALLOWED", `${lower(p.recipient)} may not be given a position`);
      return supply(context, at, bare, { ...p, who: recipient, problems: recipient === undefined ? [problem] : [] });
    }
    case "increaseLiquidity": {
      const p = read.args[0];
      const own = positionOf(context, label, p.tokenId);
      return own ? supply(context, at, bare, { ...own, ...p, who: own.owner, problems: [] }) : notOwn(bare, p.tokenId);
    }
    case "decreaseLiquidity": {
      const p = read.args[0];
      const own = positionOf(context, label, p.tokenId);
      return own ? decrease(context, at, bare, own, p) : notOwn(bare, p.tokenId);
    }
    case "collect": {
      const p = read.args[0];
      const own = positionOf(context, label, p.tokenId);
      return own ? collect(context, at, bare, own, p) : notOwn(bare, p.tokenId);
    }
    case "burn": {
      const own = positionOf(context, label, read.args[0]);
      return own ? withArgs(bare, { id: String(own.id) }) : notOwn(bare, read.args[0]);
    }
  }
}

/** Ids of somebody else cannot be told from what the accounts may lose or give away. */
function notOwn(bare: Meaning, id: bigint): Meaning {
  const what = `position ${id} is not held by an own account`;
  return { ...withArgs(bare, { id: String(id) }), unknown: [unknown("RECIPIENT_NOT_ALLOWED", what)] };
}

function withArgs(bare: Meaning, args: Readonly<Record<string, string>>): Meaning {
  return { ...bare, call: { ...bare.call, args } };
}

function positionOf({ liquidity }: CallContext, manager: string, id: bigint): OwnPosition | undefined {
  return liquidity?.positions.find((own) => own.manager === manager && own.id === id);
}

interface Supply extends Pick<OwnPosition, "token0" | "token1" | "fee" | "tickLower" | "tickUpper"> {
  readonly tokenId?: bigint;
  readonly amount0Desired: bigint;
  readonly amount1Desired: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
  readonly deadline: bigint;
  readonly who: string | undefined;
  readonly problems: readonly Unknown[];
}

function supply(context: CallContext, { label }: At, bare: Meaning, p: Supply): Meaning {
  const market = marketOf(context.chain, context.book, p);
  const [lowest, highest] = [sqrtRatioAtTick(p.tickLower), sqrtRatioAtTick(p.tickUpper)];
  const problems: Unknown[] = [...p.problems];
  if (!market) {
    problems.push(unknown("POOL_NOT_ALLOWED", `no pool of the book has ${lower(p.token0)}, ${lower(p.token1)} at fee ${p.fee}`));
  }
  if (p.amount0Min === 0n || p.amount1Min === 0n) problems.push(unknown("NO_FLOOR", "both minimums must be set"));
  const range = lowest !== undefined && highest !== undefined && lowest < highest ? { lower: lowest, upper: highest } : undefined;
  if (!range) problems.push(unknown("MALFORMED_CALL", `${p.tickLower} to ${p.tickUpper} is no range of ticks`));
  // Pools round what they take up by a base unit.
  const least = range ? leastLiquidity(p.amount0Min - 1n, p.amount1Min - 1n, range) : 0n;
  const prices = context.liquidity?.prices;
  const floor = market && prices && contents(market, prices, liquidityAccount(label), least, p);
  if (market && !floor) problems.push(unknown("NO_FLOOR", `there is no pinned price for what ${market.pool} holds`));
  const args = {
    ...(p.tokenId === undefined ? {} : { id: String(p.tokenId) }),
    pool: market?.pool ?? "?",
    ticks: `${p.tickLower} to ${p.tickUpper}`,
    ...(market ? amountArgs(market, "most", p.amount0Desired, p.amount1Desired) : {}),
    ...(market ? amountArgs(market, "least", p.amount0Min, p.amount1Min) : {}),
    owner: p.who ?? "?",
  };
  return {
    ...withArgs(bare, args),
    gives: market ? flowsOf(market, context.from, p.amount0Desired, p.amount1Desired) : [],
    gets: floor ?? [],
    expects: market ? waitingIn(market, label) : [],
    pools: market ? [market.pool] : [],
    supplies: market ? [market.pool] : [],
    deadline: instantOf(p.deadline),
    timeSensitive: true,
    unknown: problems,
  };
}

/** What a call may add to what is owed of either token. */
function waitingIn({ token0, token1 }: Market, label: string): Meaning["expects"] {
  return [token0, token1].map(({ id }) => ({ account: owedAccount(label), asset: id }));
}

function decrease(
  context: CallContext,
  { label, owed }: At,
  bare: Meaning,
  own: OwnPosition,
  p: { readonly liquidity: bigint; readonly amount0Min: bigint; readonly amount1Min: bigint; readonly deadline: bigint },
): Meaning {
  const market = marketOf(context.chain, context.book, own);
  const prices = context.liquidity?.prices;
  const part = market && prices && contents(market, prices, liquidityAccount(label), p.liquidity, own);
  // What is left of a position is rounded down too, so a part of it can be a base unit more than it is by itself.
  const gives = market && part && p.liquidity < own.liquidity ? withUnitMore(market, part) : part;
  if (!market || !gives) {
    return { ...bare, unknown: [unknown("POOL_NOT_ALLOWED", `position ${own.id} is in no pool of the book with a price`)] };
  }
  const before = owed.get(own.id) ?? [0n, 0n];
  owed.set(own.id, [before[0] + p.amount0Min, before[1] + p.amount1Min]);
  const args = {
    id: String(own.id),
    pool: market.pool,
    liquidity: `${p.liquidity} of ${own.liquidity}`,
    ...amountArgs(market, "least", p.amount0Min, p.amount1Min),
  };
  return {
    ...withArgs(bare, args),
    gives,
    gets: flowsOf(market, owedAccount(label), p.amount0Min, p.amount1Min),
    expects: gives.map(({ asset }) => ({ account: owedAccount(label), asset })),
    pools: [market.pool],
    deadline: instantOf(p.deadline),
    timeSensitive: true,
  };
}

function withUnitMore({ token0, token1 }: Market, [first, second]: readonly Flow[]): readonly Flow[] {
  const more = (flow: Flow | undefined, decimals: number) =>
    flow ? [{ ...flow, amount: flow.amount.plus(fromUnits(1n, decimals)) }] : [];
  return [...more(first, token0.decimals), ...more(second, token1.decimals)];
}

/** Pays out what is owed, fees that nobody has counted yet included: of each token all of it or nothing, to an own account. */
function collect(
  context: CallContext,
  { label, owed }: At,
  bare: Meaning,
  own: OwnPosition,
  p: { readonly recipient: Address; readonly amount0Max: bigint; readonly amount1Max: bigint },
): Meaning {
  const recipient = accountAt(context.accounts, p.recipient);
  const market = marketOf(context.chain, context.book, own);
  const args = { id: String(own.id), recipient: recipient ?? lower(p.recipient) };
  if (recipient === undefined) {
    // 0 stands for the manager itself, where what lies is nobody's.
    const what = `${lower(p.recipient)} may not be paid`;
    return { ...withArgs(bare, args), unknown: [unknown("RECIPIENT_NOT_ALLOWED", what)] };
  }
  if (!market) return { ...bare, unknown: [unknown("POOL_NOT_ALLOWED", `position ${own.id} is in no pool of the book`)] };
  const most = [p.amount0Max, p.amount1Max];
  if (most.some((max) => max !== 0n && max < MOST_LIQUIDITY) || most.every((max) => max === 0n)) {
    const what =
      "collect takes all that is owed of a token, or nothing: set the maximums to 2^128 - 1 or 0, one of them to more than 0";
    return { ...withArgs(bare, args), unknown: [unknown("MALFORMED_CALL", what)] };
  }
  const [takes0, takes1] = [p.amount0Max > 0n, p.amount1Max > 0n];
  const [more0, more1] = owed.get(own.id) ?? [0n, 0n];
  owed.set(own.id, [takes0 ? 0n : more0, takes1 ? 0n : more1]);
  const taken = ({ asset }: Flow) => (asset === market.token0.id ? takes0 : takes1);
  const gives = flowsOf(market, owedAccount(label), own.owed0 + more0, own.owed1 + more1).filter(taken);
  const gets = flowsOf(market, recipient, own.owed0 + more0, own.owed1 + more1).filter(taken);
  const only = takes0 && takes1 ? {} : { only: (takes0 ? market.token0 : market.token1).id };
  // Where the other cannot be paid out, this is what counts its fees.
  return { ...withArgs(bare, { ...args, ...only }), gives, gets, expects: waitingIn(market, label) };
}

function decodeMulticall(context: CallContext, at: At, calls: readonly Hex[], bare: Meaning): Meaning {
  const inner = calls.map((data) => decodeAt(context, { ...at, call: { to: at.call.to, data, value: 0n }, depth: at.depth + 1 }));
  const deadlines = inner.flatMap(({ deadline }) => (deadline === null ? [] : [deadline]));
  const all = <T>(pick: (meaning: Meaning) => readonly T[]): readonly T[] => inner.flatMap(pick);
  // A call of the same that lands late undoes nothing: each decrease of a multicall has to say when it stops being valid.
  const endless = inner.some(({ timeSensitive, deadline }) => timeSensitive && deadline === null);
  return {
    ...bare,
    call: { ...bare.call, inner: inner.map(({ call }) => call) },
    gives: all(({ gives }) => gives),
    gets: all(({ gets }) => gets),
    pays: all(({ pays }) => pays),
    expects: all(({ expects }) => expects),
    pools: [...new Set(all(({ pools }) => pools))],
    supplies: [...new Set(all(({ supplies }) => supplies))],
    deadline: endless || deadlines.length === 0 ? null : Math.min(...deadlines),
    timeSensitive: inner.some(({ timeSensitive }) => timeSensitive),
    unknown: all(({ unknown: problems }) => problems),
  };
}

function instantOf(seconds: bigint): Instant | null {
  return seconds > LAST_SECOND ? null : Number(seconds) * SECOND;
}

function amountArgs(market: Market, what: string, units0: bigint, units1: bigint): Readonly<Record<string, string>> {
  const text = (flows: readonly Flow[]) => flows.map(({ asset, amount }) => `${amount.toFixed()} ${asset}`).join(" + ");
  return { [what]: text(flowsOf(market, "", units0, units1)) };
}
