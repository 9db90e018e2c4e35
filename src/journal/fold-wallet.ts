import { DAY, HOUR, type Instant } from "../core/clock.ts";
import { type Decimal, decimal, max, sum, ZERO } from "../core/decimal.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type {
  AmountsBody,
  HoldingBody,
  PinnedBody,
  ReservedBody,
  SettledBody,
  SignedBody,
  StoppedBody,
  TransactionBody,
  WalletEntry,
} from "./entries.ts";
import type { Entry, Seq } from "./journal.ts";

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
  readonly settled: SettledBody | null;
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
  readonly requests: ReadonlyMap<Hash, RequestState>;
  /** Keys of requests whose bytes may still take effect, oldest first. */
  readonly open: readonly Hash[];
  readonly consecutiveFailures: number;
  readonly highWaterUsd: Decimal | null;
  readonly stopped: StoppedBody | null;
  /** When requests were denied, newest last, an hour's worth. */
  readonly denials: readonly Instant[];
  /** Outcomes and refusals, newest last, the last twenty. */
  readonly recent: readonly RecentOutcome[];
  /** Model spend noted by the agent: newest last, a day's worth. */
  readonly modelCosts: readonly { readonly at: Instant; readonly usd: Decimal }[];
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
  requests: new Map(),
  open: [],
  consecutiveFailures: 0,
  highWaterUsd: null,
  stopped: null,
  denials: [],
  recent: [],
  modelCosts: [],
};

const RECENT = 20;

export function holdingKey(account: string, asset: string): string {
  return `${account} ${asset}`;
}

/** The state after one more entry of the same stream. Pure. */
export function applyEntry(state: WalletState, raw: Entry): WalletState {
  if (raw.seq !== state.seq + 1) throw new InvariantError(`entry ${raw.seq} does not follow ${state.seq}`);
  const entry = { kind: raw.kind, body: raw.body } as unknown as WalletEntry;
  const next: WalletState = { ...state, seq: raw.seq, at: raw.at };
  switch (entry.kind) {
    case "pinned":
      return { ...next, pinned: entry.body, nonces: entry.body.nonces, holdings: holdingsOf(entry.body.holdings) };
    case "started":
      return next;
    case "opened": {
      const value = entry.body.value_usd === null ? null : decimal(entry.body.value_usd);
      return {
        ...next,
        lease: raw.seq,
        cycle: entry.body.cycle,
        // What is in flight is added when it settles; what was seen just now may have it already.
        holdings: state.open.length > 0 ? state.holdings : { ...state.holdings, ...holdingsOf(entry.body.holdings) },
        highWaterUsd: value === null ? state.highWaterUsd : max(value, state.highWaterUsd ?? value),
      };
    }
    case "noted": {
      const usd = modelCostOf(entry.body.note);
      if (usd === null) return next;
      return { ...next, modelCosts: [...state.modelCosts.filter((cost) => cost.at > raw.at - DAY), { at: raw.at, usd }] };
    }
    case "judged":
      if (entry.body.verdict === "allow") return next;
      return {
        ...next,
        recent: remember(state, { cycle: entry.body.cycle, at: raw.at, kind: "refused", codes: entry.body.codes }),
        denials: [...state.denials.filter((at) => at > raw.at - HOUR), raw.at],
      };
    case "reserved":
      return reserve(next, entry.body);
    case "signed":
      return sign(next, entry.body);
    case "settled":
      return settle(next, entry.body, raw.at);
    case "stopped":
      return { ...next, stopped: state.stopped ?? entry.body };
    case "resumed":
      return { ...next, stopped: null, consecutiveFailures: 0 };
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
    settled: null,
    closedAt: null,
  };
  return { ...state, requests: new Map(state.requests).set(body.key, request), open: [...state.open, body.key] };
}

function sign(state: WalletState, body: SignedBody): WalletState {
  const known = requestOf(state, body.key);
  const nonces = { ...state.nonces };
  for (const { chain, nonce } of body.transactions) nonces[chain] = Math.max(nonces[chain] ?? 0, nonce + 1);
  return advance({ ...state, nonces }, body.key, {
    phase: known.phase === "reserved" ? "signed" : known.phase,
    transactions: [...known.transactions, ...body.transactions],
  });
}

function settle(state: WalletState, body: SettledBody, at: Instant): WalletState {
  const holdings = { ...state.holdings };
  for (const { account, asset, amount } of body.deltas) {
    const key = holdingKey(account, asset);
    holdings[key] = (holdings[key] ?? ZERO).plus(decimal(amount));
  }
  const failed = body.outcome === "rejected" || body.outcome === "unresolved";
  const ended = body.outcome !== "unresolved";
  const settled = advance({ ...state, holdings }, body.key, {
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

function remember({ recent }: WalletState, outcome: RecentOutcome): readonly RecentOutcome[] {
  return [...recent, outcome].slice(-RECENT);
}

function advance(state: WalletState, key: Hash, change: Partial<RequestState>): WalletState {
  const requests = new Map(state.requests).set(key, { ...requestOf(state, key), ...change });
  return { ...state, requests };
}

function requestOf(state: WalletState, key: Hash): RequestState {
  const request = state.requests.get(key);
  if (!request) throw new InvariantError(`request ${key} was never reserved`);
  return request;
}

function holdingsOf(holdings: readonly HoldingBody[]): Record<string, Decimal> {
  return Object.fromEntries(holdings.map(({ account, asset, amount }) => [holdingKey(account, asset), decimal(amount)]));
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

const COST = /^\d{1,30}(\.\d{1,30})?$/;

/**
 * What a note says that a model call cost, in USD. Null: it is no such note, or says nothing that is an amount. Notes are
 * the agent side's own words, so whatever they hold, the stream can be folded.
 */
export function modelCostOf(note: unknown): Decimal | null {
  if (typeof note !== "object" || note === null || !("kind" in note) || note.kind !== "model-call") return null;
  return "cost_usd" in note && typeof note.cost_usd === "string" && COST.test(note.cost_usd) ? decimal(note.cost_usd) : null;
}

/** Requests that count in a window of `length` that ends at `now`: open ones always, closed ones from their end. */
export function inWindow(state: WalletState, now: Instant, length: number): readonly RequestState[] {
  return [...state.requests.values()].filter(({ closedAt }) => closedAt === null || closedAt > now - length);
}

export function modelSpentToday(state: WalletState, now: Instant): Decimal {
  return sum(state.modelCosts.filter(({ at }) => at > now - DAY).map(({ usd }) => usd));
}
