import { HOUR, type Instant } from "../core/clock.ts";
import { type Decimal, decimal, max, ZERO } from "../core/decimal.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type {
  AmendedBody,
  AmountsBody,
  DeliveredBody,
  PinnedBody,
  ReconciledBody,
  ReopenedBody,
  ReservedBody,
  SettledBody,
  SignatureBody,
  SignedBody,
  StoppedBody,
  TransactionBody,
  WalletEntry,
} from "./entries.ts";
import { type FollowedStrategy, followedAfter } from "./followed-strategy.ts";
import type { Entry, Seq } from "./journal.ts";
import { type KnownAllowances, knownAfter, knownFrom } from "./known-allowances.ts";
import { allowancesAfter, type LiveAllowance } from "./live-allowances.ts";
import { costsAfter, type ModelCost } from "./model-costs.ts";
import { holdingsOf, movedHoldings } from "./moved-holdings.ts";
import { answerPermit, askPermit, endPermit, type PermitState, wishOf } from "./permits.ts";
import { RequestHistory } from "./request-history.ts";
import { resumeAfter, stopAfter } from "./stops.ts";
import { afterDelivered, afterReopened, afterSettled, NO_TRANSIT, type Transit } from "./transit.ts";

/** What a request takes, or has taken, from the budgets. USD, and units per token. */
export interface Amounts {
  readonly spend_usd: Decimal;
  readonly loss_usd: Decimal;
  readonly exit_loss_usd: Decimal;
  readonly gas_usd: Decimal;
  readonly exit_gas_usd: Decimal;
  readonly buys_usd: Decimal;
  readonly sells_usd: Decimal;
  readonly spend_units: Readonly<Record<string, Decimal>>;
}

/** One request's life, as the stream tells it. */
export interface RequestState {
  readonly key: Hash;
  readonly cycle: number;
  readonly step: number;
  readonly reserved: ReservedBody;
  /** What counts in the windows: the worst while open, the actual after. */
  readonly amounts: Amounts;
  readonly phase: "reserved" | "signed" | "settled";
  readonly transactions: readonly TransactionBody[];
  /** The message that was signed, where it was one. */
  readonly signature: SignatureBody | null;
  readonly settled: SettledBody | null;
  readonly reservedAt: Instant;
  /** When it stopped being able to take effect; null while it still can. Windows count from here. */
  readonly closedAt: Instant | null;
}

/** All that a wallet's stream says, folded. Immutable: `applyEntry` makes the next one. */
export interface WalletState {
  readonly seq: Seq;
  readonly at: Instant;
  readonly pinned: PinnedBody | null;
  readonly lease: Seq;
  readonly cycle: number;
  /** Next nonce by chain label. */
  readonly nonces: Readonly<Record<string, number>>;
  /** What each account should hold: what was last seen, and what settled since. Keys "account asset". */
  readonly holdings: Readonly<Record<string, Decimal>>;
  /** What settled requests left allowed, by "owner asset spender". What was allowed before the pin is not among it. */
  readonly allowances: Readonly<Record<string, LiveAllowance>>;
  /** What each account should have allowed: as it was last looked at, and what settled since. */
  readonly known: KnownAllowances;
  readonly transit: Transit;
  readonly requests: RequestHistory;
  /** What was asked at each step of the cycle that is open, and the entry of its verdict. */
  readonly asked: ReadonlyMap<number, { readonly key: Hash; readonly seq: Seq; readonly denied: boolean }>;
  /** Keys of requests whose bytes may still take effect, oldest first. */
  readonly open: readonly Hash[];
  readonly consecutiveFailures: number;
  readonly highWaterUsd: Decimal | null;
  /** When the accounts were last valued for the high, or taken as they are: what came and went since is not in it. */
  readonly valuedAt: Instant;
  readonly stopped: StoppedBody | null;
  /** Until when a person has taken things as they are: by the pin, a reconciliation or an unfreeze. */
  readonly acceptedAt: Instant;
  /** Whose orders hold: an Ed25519 public key in hex. Null: nobody's. */
  readonly operator: string | null;
  /** Orders that took effect. The next one bears the number after it. */
  readonly orders: number;
  /** Every question to the operator by its id, oldest first. */
  readonly permits: ReadonlyMap<string, PermitState>;
  /** When requests were denied, newest last, an hour's worth. */
  readonly denials: readonly Instant[];
  /** Outcomes and refusals, newest last, the last twenty. */
  readonly recent: readonly RecentOutcome[];
  /** Model spend noted by the agent: newest last, a day's worth. */
  readonly modelCosts: readonly ModelCost[];
  readonly following: FollowedStrategy | null;
}

export interface RecentOutcome {
  readonly cycle: number;
  readonly at: Instant;
  readonly kind: "refused" | SettledBody["outcome"];
  readonly codes: readonly string[];
}

export const emptyWallet: WalletState = {
  seq: 0,
  at: 0,
  pinned: null,
  lease: 0,
  cycle: 0,
  nonces: {},
  holdings: {},
  allowances: {},
  known: {},
  transit: NO_TRANSIT,
  requests: new RequestHistory(),
  asked: new Map(),
  open: [],
  consecutiveFailures: 0,
  highWaterUsd: null,
  valuedAt: 0,
  stopped: null,
  acceptedAt: 0,
  operator: null,
  orders: 0,
  permits: new Map(),
  denials: [],
  recent: [],
  modelCosts: [],
  following: null,
};

const RECENT = 20;

/** The state after one more entry of the same stream. Pure. */
export function applyEntry(state: WalletState, raw: Entry): WalletState {
  if (raw.seq !== state.seq + 1) throw new InvariantError(`entry ${raw.seq} does not follow ${state.seq}`);
  const entry = { kind: raw.kind, body: raw.body } as unknown as WalletEntry;
  const next: WalletState = { ...state, seq: raw.seq, at: raw.at };
  switch (entry.kind) {
    case "pinned":
      return {
        ...next,
        pinned: entry.body,
        acceptedAt: raw.at,
        valuedAt: raw.at,
        nonces: entry.body.nonces,
        holdings: holdingsOf(entry.body.holdings),
        known: knownFrom(entry.body.allowances ?? []),
      };
    case "started":
      return next;
    case "opened": {
      const begun = {
        ...next,
        lease: raw.seq,
        cycle: entry.body.cycle,
        asked: new Map(),
        orders: ordersAfter(state, entry.body),
      };
      // While it is stopped, what the chain has beyond the journal waits for the operator's word: nothing is taken for granted.
      if (state.stopped !== null) return begun;
      const value = entry.body.value_usd === null ? null : decimal(entry.body.value_usd);
      return {
        ...begun,
        // What is in flight is added when it settles; what was seen just now may have it already.
        holdings: state.open.length > 0 ? state.holdings : { ...state.holdings, ...holdingsOf(entry.body.holdings) },
        known: entry.body.allowances === undefined ? state.known : knownFrom(entry.body.allowances),
        ...(value === null ? {} : { highWaterUsd: max(value, state.highWaterUsd ?? value), valuedAt: raw.at }),
      };
    }
    case "noted": {
      const { note } = entry.body;
      const following = followedAfter(state.following, note, raw.at);
      const modelCosts = costsAfter(state.modelCosts, note, raw.at);
      return { ...next, following, modelCosts, permits: wishOf(state.permits, note) };
    }
    case "judged": {
      const asked = new Map(state.asked).set(entry.body.step, {
        key: entry.body.key,
        seq: raw.seq,
        denied: entry.body.verdict === "deny",
      });
      if (entry.body.verdict === "allow") return { ...next, asked };
      return {
        ...next,
        asked,
        recent: remember(state, { cycle: entry.body.cycle, at: raw.at, kind: "refused", codes: entry.body.codes }),
        denials: [...state.denials.filter((at) => at > raw.at - HOUR), raw.at],
      };
    }
    case "reserved":
      return reserve(next, entry.body);
    case "signed":
      return sign(next, entry.body);
    case "armed":
      return { ...next, nonces: { ...state.nonces, [entry.body.chain]: entry.body.nonce + 1 } };
    case "progressed":
      return advance(next, entry.body.key, { amounts: amountsOf(entry.body.amounts) });
    case "settled":
      return settle(next, entry.body, raw.at);
    case "reopened":
      return reopen(next, entry.body);
    case "delivered":
      return deliver(next, entry.body);
    case "stopped":
      return { ...next, orders: ordersAfter(state, entry.body), stopped: stopAfter(state.stopped, entry.body) };
    case "resumed":
      return {
        ...next,
        acceptedAt: entry.body.by === undefined ? raw.at : state.acceptedAt,
        orders: ordersAfter(state, entry.body),
        ...resumeAfter(state, entry.body),
      };
    case "operator":
      return { ...next, orders: ordersAfter(state, entry.body), operator: entry.body.key };
    case "asked":
      return { ...next, permits: askPermit(state.permits, entry.body, { at: raw.at, lease: state.lease }) };
    case "answered":
      return { ...next, orders: state.orders + 1, permits: answerPermit(state.permits, entry.body) };
    case "lapsed":
      return { ...next, permits: endPermit(state.permits, entry.body.permit, "lapsed") };
    case "amended":
      return { ...next, orders: state.orders + 1, ...amend(state, entry.body) };
    case "reconciled":
      return reconcile({ ...next, orders: state.orders + 1 }, entry.body, raw.at);
    default:
      throw new InvariantError(`entry ${raw.seq} is of a kind that this version does not know: ${raw.kind}`, {
        remedy: "Read this journal with the version of Mandate that wrote it, or a newer one.",
      });
  }
}

function reserve(state: WalletState, body: ReservedBody): WalletState {
  const request: RequestState = {
    key: body.key,
    cycle: body.cycle,
    step: body.step,
    reserved: body,
    amounts: amountsOf(body.at_worst),
    phase: "reserved",
    transactions: [],
    signature: null,
    settled: null,
    reservedAt: state.at,
    closedAt: null,
  };
  const permits = body.permit === undefined ? state.permits : endPermit(state.permits, body.permit, "used");
  return { ...state, permits, requests: state.requests.with(request), open: [...state.open, body.key] };
}

/** Stops that a reconciliation answers: the journal and the chain said different things. */
const RECONCILABLE = [
  "NONCE_MISMATCH",
  "FOREIGN_TRANSACTION",
  "UNEXPLAINED_DECREASE",
  "UNEXPLAINED_ALLOWANCE",
  "OUT_OF_BOUNDS",
  "FOREIGN_ORDER",
];

function ordersAfter({ orders }: WalletState, { order }: { readonly order?: unknown }): number {
  return order === undefined ? orders : orders + 1;
}

function amend(
  { pinned, nonces, holdings }: WalletState,
  body: AmendedBody,
): Pick<WalletState, "pinned" | "nonces" | "holdings"> {
  if (!pinned) throw new InvariantError("terms were amended before any were pinned");
  const { terms_hash, terms, code } = body;
  return {
    pinned: { ...pinned, terms_hash, terms, code },
    nonces: { ...body.nonces, ...nonces },
    holdings: { ...holdingsOf(body.holdings), ...holdings },
  };
}

/** Closes keep their amounts at the worst, counted from now on; exits and budgets go on from what a person accepted. */
function reconcile(state: WalletState, body: ReconciledBody, at: Instant): WalletState {
  const closed = body.closed.reduce((next, key) => advance(next, key, { phase: "settled", closedAt: at }), state);
  const moved = decimal(body.moved_usd);
  const mark = state.highWaterUsd;
  const answered = state.stopped !== null && RECONCILABLE.includes(state.stopped.code);
  return {
    ...closed,
    open: state.open.filter((key) => !body.closed.includes(key)),
    nonces: { ...state.nonces, ...body.nonces },
    holdings: { ...state.holdings, ...holdingsOf(body.holdings) },
    known: body.allowances === undefined ? state.known : knownFrom(body.allowances),
    highWaterUsd: mark === null ? null : max(ZERO, mark.plus(moved)),
    valuedAt: at,
    stopped: answered ? null : state.stopped,
    acceptedAt: at,
  };
}

function sign(state: WalletState, body: SignedBody): WalletState {
  const known = requestOf(state, body.key);
  const nonces = { ...state.nonces };
  for (const { chain, nonce } of body.transactions) nonces[chain] = Math.max(nonces[chain] ?? 0, nonce + 1);
  const reserved = body.more === undefined ? known.reserved : withMoreGas(known.reserved, body.more);
  return advance({ ...state, nonces }, body.key, {
    phase: known.phase === "reserved" ? "signed" : known.phase,
    ...(known.settled === null ? { reserved, amounts: amountsOf(reserved.at_worst) } : {}),
    transactions: [...known.transactions, ...body.transactions],
    signature: body.signature ?? known.signature,
  });
}

function withMoreGas(reserved: ReservedBody, more: NonNullable<SignedBody["more"]>): ReservedBody {
  const { gas_usd, exit_gas_usd } = reserved.at_worst;
  const at_worst = {
    ...reserved.at_worst,
    gas_usd: decimal(gas_usd).plus(decimal(more.gas_usd)).toFixed(),
    exit_gas_usd: decimal(exit_gas_usd).plus(decimal(more.exit_gas_usd)).toFixed(),
  };
  return { ...reserved, at_worst };
}

function settle(state: WalletState, body: SettledBody, at: Instant): WalletState {
  const holdings = movedHoldings(state.holdings, body.deltas);
  const failed = body.outcome === "rejected" || body.outcome === "unresolved";
  const ended = body.outcome !== "unresolved";
  const allowances = allowancesAfter(state.allowances, body.allowances ?? []);
  const known = knownAfter(state.known, body.allowances ?? []);
  const transit = afterSettled(state.transit, body, at);
  const settled = advance({ ...state, holdings, transit, allowances, known }, body.key, {
    phase: "settled",
    settled: body,
    ...(ended ? { amounts: amountsOf(body.actual), closedAt: at } : {}),
  });
  return {
    ...settled,
    recent: remember(state, { cycle: requestOf(state, body.key).cycle, at, kind: body.outcome, codes: [] }),
    open: ended ? settled.open.filter((key) => key !== body.key) : settled.open,
    consecutiveFailures: failed ? state.consecutiveFailures + 1 : body.outcome === "confirmed" ? 0 : state.consecutiveFailures,
  };
}

/** As it was before it settled: what it moved is moved back, and what it reserved is taken. */
function reopen(state: WalletState, { key }: ReopenedBody): WalletState {
  const { settled, reserved } = requestOf(state, key);
  const holdings = movedHoldings(state.holdings, settled?.deltas ?? [], "back");
  const transit = afterReopened(state.transit, settled);
  const back = (settled?.allowances ?? []).map((one) => ({ ...one, before: one.after, after: one.before }));
  const allowances = allowancesAfter(state.allowances, back);
  const reopened = advance({ ...state, holdings, transit, allowances, known: knownAfter(state.known, back) }, key, {
    phase: "signed",
    settled: null,
    amounts: amountsOf(reserved.at_worst),
    closedAt: null,
  });
  return { ...reopened, open: state.open.includes(key) ? state.open : [...state.open, key] };
}

/** What a message brought is held: no deposit, and nothing that has to be explained. */
function deliver(state: WalletState, body: DeliveredBody): WalletState {
  const done = afterDelivered(state.transit, body);
  if (!done) throw new InvariantError(`message ${body.id} was not under way`);
  return { ...state, transit: done.transit, holdings: movedHoldings(state.holdings, [done.ended]) };
}

function remember({ recent }: WalletState, outcome: RecentOutcome): readonly RecentOutcome[] {
  return [...recent, outcome].slice(-RECENT);
}

function advance(state: WalletState, key: Hash, change: Partial<RequestState>): WalletState {
  return { ...state, requests: state.requests.with({ ...requestOf(state, key), ...change }) };
}

function requestOf(state: WalletState, key: Hash): RequestState {
  const request = state.requests.get(key);
  if (!request) throw new InvariantError(`request ${key} was never reserved`);
  return request;
}

export function amountsOf(body: AmountsBody): Amounts {
  return {
    spend_usd: decimal(body.spend_usd),
    loss_usd: decimal(body.loss_usd),
    exit_loss_usd: decimal(body.exit_loss_usd),
    gas_usd: decimal(body.gas_usd),
    exit_gas_usd: decimal(body.exit_gas_usd),
    buys_usd: decimal(body.buys_usd),
    sells_usd: decimal(body.sells_usd),
    spend_units: Object.fromEntries(Object.entries(body.spend_units).map(([token, amount]) => [token, decimal(amount)])),
  };
}

/** Requests that count in a window of `length` that ends at `now`: open ones always, closed ones from their end. */
export function inWindow(state: WalletState, now: Instant, length: number): readonly RequestState[] {
  return state.requests.since(now - length);
}
