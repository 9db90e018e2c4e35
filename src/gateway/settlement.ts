import { type Decimal, decimal, max, min, sum, ZERO } from "../core/decimal.ts";
import { type Address, lower } from "../core/hex.ts";
import type { AllowanceBody, AmountsBody, HoldingBody, SettledBody } from "../journal/entries.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import { type AccountId, type AssetId, assetId, type Holding, type Prices, splitAssetId } from "../protocols/effects.ts";
import { RpcError } from "../protocols/json-rpc.ts";
import { isPositionSymbol } from "../protocols/uniswap-v3/position.ts";
import type { Allowance, EvmRail } from "./rails/evm/evm-rail.ts";
import type { Sighting } from "./rails/evm/look.ts";
import { dispatchedBodies, inTotal } from "./transit/dispatched-bodies.ts";

type Included = Extract<Sighting, { kind: "included" }>;

/** A request whose transactions are all mined: what it did, and whether that is within what was reserved. */
export interface Measured {
  readonly body: SettledBody;
  /** Set when the effects are outside the bounds that were judged: nothing more may be signed. */
  readonly breach: string | null;
}

/** What a measurement is held against, and what is no effect of the request. */
export interface Beside {
  /** What the journal says was held before: it stands in where the node has forgotten those blocks. */
  readonly expected: readonly Holding[];
  /** What others took in those blocks by messages that were signed for them. */
  readonly meanwhile: readonly Holding[];
  /** What was delivered from other chains in those blocks, and by now. Null: nobody can tell any more. */
  readonly arrived: { readonly inBlocks: readonly Holding[] | null; readonly byNow: readonly Holding[] };
  readonly accounts: Readonly<Record<AccountId, Address>>;
}

/**
 * Holds what came of a request against what was reserved for it: the same accounts and assets, read at the block
 * before its first transaction and at the block of its last.
 */
export async function measure(
  rail: EvmRail,
  request: RequestState,
  seen: readonly Included[],
  { expected, meanwhile, arrived, accounts }: Beside,
): Promise<Measured> {
  const first = Math.min(...seen.map(({ block }) => block));
  const last = Math.max(...seen.map(({ block }) => block));
  // Asked for in one breath with the rest; what a node has forgotten of it is not wanted.
  const liquidity = liquidityChanges(rail, request, { first, last });
  liquidity.catch(() => undefined);
  const { before, after, allowedBefore, allowedAfter, exact } = await readAround(rail, {
    first,
    last,
    expected,
    told: arrived.inBlocks !== null,
  });
  const gas = sum(seen.map((sighting) => sighting.gas));
  const native = assetId(rail.chain, rail.book.native.symbol);
  const payer = request.reserved.bounds[0]?.account ?? before[0]?.account;
  const others = exact ? [...meanwhile, ...(arrived.inBlocks ?? []).map(negated)] : arrived.byNow.map(negated);
  const moved = changesBetween(before, plus(after, others));
  const dispatched = dispatchedBodies(rail, request, seen, accounts);
  const sent = dispatched.map(({ account, asset, counted }) => ({ account, asset: asset as AssetId, amount: decimal(counted) }));
  // Units of liquidity are what the journal counts; what they hold, at the prices of the judgment, is what was traded.
  const changes = moved.filter(({ asset }) => !isPositionSymbol(splitAssetId(asset).symbol));
  const inside = exact ? await liquidity : [];
  const traded = [...changes, ...inside, ...inTotal(sent)].map((change) =>
    change.asset === native && change.account === payer ? { ...change, amount: change.amount.plus(gas) } : change,
  );
  const calls = request.transactions.map(({ purpose }, i) => ({ purpose, ok: seen[i]?.ok ?? false }));
  const worked = calls.every(({ purpose, ok }) => ok && purpose === "call");
  const usd = (asset: string, amount: Decimal) => amount.times(decimal(request.reserved.prices[asset] ?? "0"));
  const outflow = sum(
    traded.filter(({ amount }) => amount.isNegative()).map(({ asset, amount }) => usd(asset, amount.negated())),
  );
  const inflow = sum(traded.filter(({ amount }) => amount.isPositive()).map(({ asset, amount }) => usd(asset, amount)));
  const loss = max(ZERO, outflow.minus(inflow));
  const reducing = request.reserved.class === "reduce";
  const spending = request.reserved.class === "spend";
  // What it leaves allowed can still be taken in full: the journal follows it, and counts it for as long as it is live.
  const allowances = changedAllowances(allowedBefore, allowedAfter, request.reserved.prices);
  const gasUsd = usd(native, gas);
  // What the day's pot had reserved is taken from it first; the exits' pot bears the rest.
  const { gas_usd: potted, exit_gas_usd: kept } = request.reserved.at_worst;
  const ofPot = decimal(kept).isZero() ? gasUsd : min(gasUsd, decimal(potted));
  const measured: AmountsBody = {
    spend_usd: (spending ? outflow : ZERO).toFixed(),
    loss_usd: (reducing ? ZERO : loss).toFixed(),
    exit_loss_usd: (reducing ? loss : ZERO).toFixed(),
    gas_usd: ofPot.toFixed(),
    exit_gas_usd: gasUsd.minus(ofPot).toFixed(),
    buys_usd: (spending ? outflow : ZERO).toFixed(),
    sells_usd: (spending ? ZERO : outflow).toFixed(),
    spend_units: unitsGone(traded, request.reserved.at_worst.spend_units),
  };
  // Without the blocks themselves a deposit could hide a loss: all that was reserved stays taken.
  const worst = request.reserved.at_worst;
  const actual = exact
    ? measured
    : {
        ...worst,
        gas_usd: measured.gas_usd,
        exit_gas_usd: measured.exit_gas_usd,
      };
  return {
    body: {
      key: request.key,
      outcome: worked ? "confirmed" : "rejected",
      reason: worked
        ? null
        : calls.some(({ purpose }) => purpose === "void")
          ? "its nonce was consumed by an empty transfer"
          : "reverted on chain",
      actual,
      deltas: moved.map(holdingBody),
      ...(allowances.length === 0 ? {} : { allowances }),
      ...(dispatched.length === 0 ? {} : { dispatched }),
      transactions: request.transactions.map(({ hash, purpose }, i) => ({
        hash,
        status: purpose === "void" ? "voided" : seen[i]?.ok ? "success" : "reverted",
        block: seen[i]?.block ?? null,
        ...(seen[i] ? { block_hash: seen[i].blockHash } : {}),
      })),
      nonces: { [rail.chain]: Math.max(...request.transactions.map(({ nonce }) => nonce)) + 1 },
    },
    breach: breachOf(exact ? request : withoutLiquidity(request, before), traded, worked),
  };
}

/** What went of the tokens that had units reserved, whole tokens by symbol. What is only allowed is followed for as long as it is live. */
function unitsGone(changes: readonly Holding[], reserved: AmountsBody["spend_units"]): AmountsBody["spend_units"] {
  const gone = changes.filter(({ amount }) => amount.isNegative());
  const rows = Object.keys(reserved).map((symbol) => {
    const own = gone.filter(({ asset }) => splitAssetId(asset).symbol === symbol);
    return [symbol, sum(own.map(({ amount }) => amount.negated()))] as const;
  });
  return Object.fromEntries(rows.flatMap(([symbol, amount]) => (amount.isZero() ? [] : [[symbol, amount.toFixed()]])));
}

/** How what own positions hold has changed, at the prices that the request was judged by: the market's moves are not in it. */
async function liquidityChanges(
  rail: EvmRail,
  { reserved }: RequestState,
  { first, last }: { first: number; last: number },
): Promise<readonly Holding[]> {
  const prices: Prices = Object.fromEntries(
    Object.entries(reserved.prices).map(([asset, usd]) => [asset, { usd: decimal(usd), error_bps: ZERO, at: 0 }]),
  );
  const [before, after] = await Promise.all([
    rail.liquidity(blockTag(first - 1), prices),
    rail.liquidity(blockTag(last), prices),
  ]);
  return changesBetween(before, after);
}

/** Where the blocks themselves are gone, nothing says what positions held: only bounds of the accounts are kept to. */
function withoutLiquidity(request: RequestState, before: readonly Holding[]): RequestState {
  const accounts = new Set(before.map(({ account }) => account));
  const bounds = request.reserved.bounds.filter(({ account }) => accounts.has(account));
  return { ...request, reserved: { ...request.reserved, bounds } };
}

interface Around {
  readonly before: readonly Holding[];
  readonly after: readonly Holding[];
  readonly allowedBefore: readonly Allowance[];
  readonly allowedAfter: readonly Allowance[];
  readonly exact: boolean;
}

/** A node keeps the states of its last blocks alone: a gateway that was away for longer reads what is held now. */
async function readAround(
  rail: EvmRail,
  { first, last, expected, told }: { first: number; last: number; expected: readonly Holding[]; told: boolean },
): Promise<Around> {
  const now = async (): Promise<Around> => {
    const [after, allowedAfter] = await Promise.all([rail.holdings("latest"), rail.allowances("latest")]);
    return { before: expected, after, allowedBefore: [], allowedAfter, exact: false };
  };
  if (!told) return now();
  try {
    const [before, after, allowedBefore, allowedAfter] = await Promise.all([
      rail.holdings(blockTag(first - 1)),
      rail.holdings(blockTag(last)),
      rail.allowances(blockTag(first - 1)),
      rail.allowances(blockTag(last)),
    ]);
    return { before, after, allowedBefore, allowedAfter, exact: true };
  } catch (error) {
    if (!(error instanceof RpcError) || error.rpcCode === null) throw error;
    return now();
  }
}

/** Nothing of it ever took effect: everything that was reserved comes back. */
export function released(request: RequestState, reason: string): SettledBody {
  return {
    key: request.key,
    outcome: "released",
    reason,
    actual: NOTHING,
    deltas: [],
    transactions: [],
    nonces: {},
  };
}

/** The look-up cannot tell what became of it: what was reserved stays taken. */
export function unresolved(request: RequestState, reason: string): SettledBody {
  return {
    key: request.key,
    outcome: "unresolved",
    reason,
    actual: request.reserved.at_worst,
    deltas: [],
    transactions: request.transactions.map(({ hash }) => ({ hash, status: "unknown", block: null })),
    nonces: {},
  };
}

const NOTHING: AmountsBody = {
  spend_usd: "0",
  loss_usd: "0",
  exit_loss_usd: "0",
  gas_usd: "0",
  exit_gas_usd: "0",
  buys_usd: "0",
  sells_usd: "0",
  spend_units: {},
};

function breachOf(
  { reserved }: RequestState,
  changes: readonly { account: string; asset: string; amount: Decimal }[],
  worked: boolean,
): string | null {
  const amountOf = (account: string, asset: string) =>
    changes.find((change) => change.account === account && change.asset === asset)?.amount ?? ZERO;
  const boundOf = (account: string, asset: string) =>
    decimal(reserved.bounds.find((bound) => bound.account === account && bound.asset === asset)?.least ?? "0");
  for (const { account, asset, amount } of changes) {
    const least = boundOf(account, asset);
    if (amount.isNegative() && amount.lt(least))
      return `${account} lost ${amount.negated().toFixed()} ${asset}; at most ${least.negated().toFixed()} was allowed`;
  }
  if (!worked) return null;
  for (const { account, asset, least } of reserved.bounds) {
    if (amountOf(account, asset).lt(decimal(least)))
      return `${account} got ${amountOf(account, asset).toFixed()} ${asset}; at least ${least} was guaranteed`;
  }
  return null;
}

function negated(held: Holding): Holding {
  return { ...held, amount: held.amount.negated() };
}

/** Holdings as they would be without what others did. */
function plus(holdings: readonly Holding[], taken: readonly Holding[]): readonly Holding[] {
  const same = (one: Holding, other: Holding) => one.account === other.account && one.asset === other.asset;
  return holdings.map((held) => {
    const more = sum(taken.filter((one) => same(one, held)).map(({ amount }) => amount));
    return more.isZero() ? held : { ...held, amount: held.amount.plus(more) };
  });
}

function changesBetween(before: readonly Holding[], after: readonly Holding[]) {
  const same = (one: Holding, other: Holding) => one.account === other.account && one.asset === other.asset;
  const gone = before.filter((held) => !after.some((one) => same(one, held))).map((held) => ({ ...held, amount: ZERO }));
  return [...after, ...gone].flatMap(({ account, asset, amount }) => {
    const held = before.find((holding) => holding.account === account && holding.asset === asset)?.amount ?? ZERO;
    const change = amount.minus(held);
    return change.isZero() ? [] : [{ account, asset, amount: change }];
  });
}

/** Allowances that are not what they were. */
function changedAllowances(
  before: readonly Allowance[],
  after: readonly Allowance[],
  prices: Readonly<Record<string, string>>,
): readonly AllowanceBody[] {
  return after.flatMap(({ owner, spender, asset, amount }) => {
    const known = before.find((one) => one.owner === owner && one.spender === spender && one.asset === asset)?.amount ?? ZERO;
    if (amount.eq(known)) return [];
    const price = prices[asset] ?? "0";
    return [{ owner: lower(owner), asset, spender, before: known.toFixed(), after: amount.toFixed(), price }];
  });
}

export function holdingBody({ account, asset, amount }: Holding): HoldingBody {
  return { account, asset, amount: amount.toFixed() };
}

function blockTag(block: number): string {
  return `0x${block.toString(16)}`;
}
