import type { Clock, Instant } from "../core/clock.ts";
import type { Decimal } from "../core/decimal.ts";
import { InvariantError, messageOf } from "../core/errors.ts";
import type { Hash, Hex } from "../core/hex.ts";
import { hashOf, toJson } from "../core/json.ts";
import type { AmountsBody, ReservedBody, TransactionBody, WalletEntry } from "../journal/entries.ts";
import { budgetsAt } from "../journal/fold-budgets.ts";
import { holdingKey, modelCostOf, modelSpentToday, type RequestState, type WalletState } from "../journal/fold-wallet.ts";
import { refer } from "../journal/reference.ts";
import type { SignedStore } from "../journal/signed-store.ts";
import { valueOf } from "../mandate/facts.ts";
import { budgetsLeft, judge } from "../mandate/judge.ts";
import type { Terms } from "../mandate/terms.ts";
import type { AtWorst, Verdict, Violation } from "../mandate/verdict.ts";
import type { AccountId, AssetId, ChainLabel, Holding, Prices } from "../protocols/effects.ts";
import type { Gateway, GatewayState, Note, Outcome, Request, WalletId } from "./contract.ts";
import { type Crash, noCrash } from "./crash-point.ts";
import { GatewayError } from "./gateway-error.ts";
import { outcomeOf } from "./outcome.ts";
import type { Assessment } from "./rails/evm/assess.ts";
import type { EvmRail, EvmView, SignedTransaction, Sighting } from "./rails/evm/evm-rail.ts";
import { holdingBody, measure, released, unresolved } from "./settlement.ts";
import type { WalletStream } from "./wallet-stream.ts";

export interface WalletGatewayParts {
  readonly wallet: WalletId;
  readonly terms: Terms;
  readonly stream: WalletStream;
  readonly signed: SignedStore;
  readonly rails: ReadonlyMap<ChainLabel, EvmRail>;
  readonly clock: Pick<Clock, "now">;
  readonly crash?: Crash;
}

/**
 * The gateway of one wallet: assess, judge, reserve, sign, commit, submit, look, settle.
 *
 * Calls are served one at a time, so every judgment sees all reservations before it; the journal's compare-and-append
 * holds the same should anybody else ever write.
 */
export class WalletGateway implements Gateway {
  readonly #parts: WalletGatewayParts;
  readonly #crash: Crash;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: WalletGatewayParts) {
    this.#parts = parts;
    this.#crash = parts.crash ?? noCrash;
  }

  open(wallet: WalletId): Promise<{ lease: number; cycle: number }> {
    return this.#inTurn(wallet, async () => {
      const now = await this.#now();
      const holdings = await this.#holdings();
      if (this.#state.open.length === 0) await this.#reconcile(holdings, now);
      const value = valueOf(this.#parts.terms, { before: holdings }, await this.#prices(now));
      const body = { cycle: this.#state.cycle + 1, value_usd: value?.toFixed() ?? null, holdings: holdings.map(holdingBody) };
      const { lease, cycle } = await this.#commit([{ kind: "opened", body }], now);
      return { lease, cycle };
    });
  }

  state(wallet: WalletId): Promise<GatewayState> {
    return this.#inTurn(wallet, async () => {
      const now = await this.#now();
      const state = this.#state;
      return {
        wallet,
        now,
        lease: state.lease,
        cycle: state.cycle,
        stopped: state.stopped,
        open: state.open.map((key) => outcomeOf(this.#request(key))),
        budgets: budgetsLeft(this.#parts.terms, budgetsAt(state, now, state.cycle)),
        holdings: this.#expected(),
        high_water_usd: state.highWaterUsd,
        model_spent_today_usd: modelSpentToday(state, now),
        recent: state.recent,
      };
    });
  }

  preview(request: Request): Promise<Verdict> {
    return this.#inTurn(request.wallet, async () => {
      const { verdict } = await this.#judge(request, await this.#now());
      return verdict;
    });
  }

  request(request: Request): Promise<Outcome> {
    return this.#inTurn(request.wallet, async () => {
      const key = keyOf(request);
      const known = this.#state.requests.get(key);
      if (known) return outcomeOf(known);
      this.#checkStanding(request, key);
      for (const open of this.#state.open) await this.#settleOne(this.#request(open));
      const now = await this.#now();
      const { verdict, view, assessment, prices, rail } = await this.#judge(request, now);
      const facts = await refer(this.#parts.stream.journal, { request, verdict, prices, budgets: budgetsAt(this.#state, now, request.cycle) });
      const judged: WalletEntry = {
        kind: "judged",
        body: { key, cycle: request.cycle, step: request.step, verdict: verdict.kind, codes: codesOf(verdict), facts },
      };
      if (verdict.kind !== "allow") {
        await this.#commit([judged], now);
        return { kind: "refused", key, verdict };
      }
      if (!rail || !view || !assessment) throw new InvariantError("an allowed request was assessed");
      const reserved = reservedBody(request, key, verdict, prices);
      await this.#commit([judged, { kind: "reserved", body: reserved }], now);
      this.#crash("after-reserve");
      const signed = await this.#signAll(rail, request, view, assessment);
      this.#crash("after-sign");
      await this.#keepSigned(key, signed, "call");
      this.#crash("after-commit");
      for (const { bytes } of signed) await rail.submit(bytes);
      this.#crash("after-submit");
      return this.#settleOne(this.#request(key));
    });
  }

  settle(wallet: WalletId, key?: Hash): Promise<readonly Outcome[]> {
    return this.#inTurn(wallet, async () => {
      const keys = key === undefined ? this.#state.open : this.#state.open.filter((open) => open === key);
      const outcomes: Outcome[] = [];
      for (const open of keys) outcomes.push(await this.#settleOne(this.#request(open)));
      return outcomes;
    });
  }

  note(wallet: WalletId, notes: readonly Note[]): Promise<void> {
    return this.#inTurn(wallet, async () => {
      const entries: WalletEntry[] = [];
      for (const note of notes) {
        const { kind, cost_usd } = note;
        if (kind === "model-call" && typeof cost_usd === "string" && modelCostOf(note) === null) {
          throw new GatewayError("BAD_REQUEST", "a model call's cost_usd is no amount", { remedy: 'Write it in digits, for example "0.0125".' });
        }
        const whole = await refer(this.#parts.stream.journal, note);
        // What the folds read stays readable when the rest is stored beside the log.
        const cost = typeof cost_usd === "string" ? { cost_usd } : {};
        const body = { cycle: this.#state.cycle, note: isReference(whole) ? { kind, ...cost, body: whole } : whole };
        entries.push({ kind: "noted", body });
      }
      await this.#commit(entries, await this.#now());
    });
  }

  /** One judgment, with everything that it was made from. */
  async #judge(request: Request, now: Instant) {
    const { terms } = this.#parts;
    const rail = this.#railOf(request);
    const pinned = this.#state.pinned;
    if (!pinned) throw new InvariantError("the wallet is pinned before it is served");
    const view = await this.#reach(() => rail.view(now, railCode(pinned.code, rail.chain)));
    await this.#checkNonce(rail, view.nonce, now);
    const assessment = await rail.assess(request.actions, view);
    const budgets = budgetsAt(this.#state, now, request.cycle);
    const judged = judge(terms, assessment.effects, view.prices, budgets, now);
    const verdict = this.#state.open.length === 0 ? judged : withViolation(judged, inFlight(this.#state));
    return { verdict, view, assessment, prices: view.prices, rail };
  }

  async #signAll(rail: EvmRail, { actions }: Request, { fees }: EvmView, { gas }: Assessment): Promise<readonly SignedTransaction[]> {
    const first = this.#nonceOf(rail);
    const signed: SignedTransaction[] = [];
    for (const [i, action] of actions.entries()) {
      signed.push(await rail.sign(action, { nonce: first + i, gas: gas[i] ?? 0n, fees }));
    }
    return signed;
  }

  /** Signed bytes are kept first and named in the journal after: bytes that no entry names are never sent. */
  async #keepSigned(key: Hash, signed: readonly SignedTransaction[], purpose: TransactionBody["purpose"]): Promise<void> {
    for (const { hash, bytes } of signed) await this.#parts.signed.put(hash, Buffer.from(bytes.slice(2), "hex"));
    const chain = this.#railOfRequest(key).chain;
    const transactions = signed.map(({ hash, nonce, gasMost }) => ({ hash, chain, nonce, gas_most: gasMost.toFixed(), purpose }));
    await this.#commit([{ kind: "signed", body: { key, transactions } }], await this.#now());
  }

  /** Looks one open request up and records what came of it. What cannot be told yet stays open. */
  async #settleOne(request: RequestState): Promise<Outcome> {
    const now = await this.#now();
    if (request.phase === "reserved") {
      await this.#commit([{ kind: "settled", body: released(request, "it was never signed") }], now);
      return outcomeOf(this.#request(request.key));
    }
    const rail = this.#railOfRequest(request.key);
    const seen = await this.#sight(rail, request);
    const missing = seen.filter(({ sighting }) => sighting.kind !== "included");
    if (missing.length > 0) return this.#push(rail, request, missing, now);
    const included = seen.map(({ sighting }) => sighting).filter((sighting) => sighting.kind === "included");
    if (included.some(({ depth }) => depth < rail.book.confirmations)) return outcomeOf(request);
    const transactions = seen.map(({ transaction }) => transaction);
    const { body, breach } = await this.#reach(() => measure(rail, { ...request, transactions }, included, this.#expected()));
    this.#crash("before-settle");
    const stop: WalletEntry[] = breach === null ? [] : [{ kind: "stopped", body: { code: "OUT_OF_BOUNDS", reason: breach } }];
    await this.#commit([{ kind: "settled", body }, ...stop], now);
    for (const { hash } of request.transactions) await this.#parts.signed.delete(hash);
    return outcomeOf(this.#request(request.key));
  }

  /** One transaction a nonce: the one that was mined, else the newest, for a void replaces the call it was signed against. */
  async #sight(rail: EvmRail, { transactions }: RequestState): Promise<readonly Seen[]> {
    const looks = transactions.map(async (transaction) => ({ transaction, sighting: await rail.look(transaction.hash as Hex) }));
    const byNonce = new Map<number, Seen>();
    for (const seen of await this.#reach(() => Promise.all(looks))) {
      if (byNonce.get(seen.transaction.nonce)?.sighting.kind !== "included") byNonce.set(seen.transaction.nonce, seen);
    }
    return [...byNonce.values()];
  }

  /**
   * Transactions that are not mined: sent again with the same bytes while those can still be judged harmless (their
   * floor and deadline are in them), else their nonces are consumed.
   */
  async #push(rail: EvmRail, request: RequestState, missing: readonly Seen[], now: Instant): Promise<Outcome> {
    const mined = await this.#reach(() => rail.minedNonce());
    const used = missing.find(({ transaction }) => transaction.nonce < mined);
    if (used) {
      // It may have been mined since it was looked for.
      const again = await this.#sight(rail, request);
      const foreign = again.find(({ transaction, sighting }) => sighting.kind !== "included" && transaction.nonce < mined);
      return foreign ? this.#usedByOthers(request, foreign.transaction.nonce, now) : this.#settleOne(request);
    }
    const bytes = new Map<string, Hex>();
    for (const { transaction } of missing) {
      const kept = await this.#parts.signed.get(transaction.hash);
      if (kept) bytes.set(transaction.hash, `0x${Buffer.from(kept).toString("hex")}`);
    }
    const calls = missing.filter(({ transaction }) => transaction.purpose === "call");
    const lands = calls.length > 0 && (await this.#mayStillLand(rail, request, calls, bytes, now));
    const replaced = missing.filter(({ transaction, sighting }) => {
      const lost = sighting.kind === "unseen" && !bytes.has(transaction.hash);
      return lost || (transaction.purpose === "call" && !lands);
    });
    const voids = await this.#signVoids(rail, request, replaced, bytes, now);
    const resent = missing.filter((one) => one.sighting.kind === "unseen" && !replaced.includes(one));
    const unsent = [...voids.map((signed) => signed.bytes), ...resent.flatMap(({ transaction }) => bytes.get(transaction.hash) ?? [])];
    for (const one of unsent) await rail.submit(one);
    const current = this.#request(request.key);
    if (unsent.length === 0) return outcomeOf(current);
    const again = await this.#sight(rail, current);
    return again.every(({ sighting }) => sighting.kind === "included") ? this.#settleOne(current) : outcomeOf(current);
  }

  async #usedByOthers(request: RequestState, nonce: number, now: Instant): Promise<Outcome> {
    // Said once: looking again changes nothing until an operator reconciles.
    if (request.settled?.outcome === "unresolved") return outcomeOf(request);
    const reason = `nonce ${nonce} was used by a transaction that this gateway did not sign`;
    await this.#commit(
      [
        { kind: "settled", body: unresolved(request, reason) },
        { kind: "stopped", body: { code: "FOREIGN_TRANSACTION", reason } },
      ],
      now,
    );
    return outcomeOf(this.#request(request.key));
  }

  async #signVoids(rail: EvmRail, request: RequestState, replaced: readonly Seen[], bytes: ReadonlyMap<string, Hex>, now: Instant): Promise<readonly SignedTransaction[]> {
    if (replaced.length === 0) return [];
    const { fees } = await this.#reach(() => rail.view(now, {}));
    const signed: SignedTransaction[] = [];
    for (const { transaction } of replaced) signed.push(await rail.signVoid(transaction.nonce, fees, bytes.get(transaction.hash)));
    await this.#keepSigned(request.key, signed, "void");
    return signed;
  }

  /** Whether calls that are not mined are still worth having: in time, and what a new assessment finds harmless. */
  async #mayStillLand(rail: EvmRail, request: RequestState, calls: readonly Seen[], bytes: ReadonlyMap<string, Hex>, now: Instant): Promise<boolean> {
    const { until } = request.reserved;
    if (until !== null && now > until) return false;
    if (calls.every(({ sighting }) => sighting.kind === "pending")) return true;
    const account = request.reserved.bounds[0]?.account ?? Object.keys(this.#parts.terms.accounts)[0] ?? "";
    const actions = calls.flatMap(({ transaction }) => bytes.get(transaction.hash) ?? []).map((signed) => rail.actionOf(signed, account));
    if (actions.length < calls.length) return false;
    const view = await this.#reach(() => rail.view(now, railCode(this.#state.pinned?.code ?? {}, rail.chain)));
    const { effects } = await rail.assess(actions, view);
    return effects.unknown.length === 0;
  }

  /** What is held must be what the journal says; more is a deposit, less stops everything but getting home. */
  async #reconcile(holdings: readonly Holding[], now: Instant): Promise<void> {
    const short = holdings.flatMap(({ account, asset, amount }) => {
      const expected = this.#state.holdings[holdingKey(account, asset)];
      return expected && amount.lt(expected) ? [`${account} holds ${amount.toFixed()} ${asset}, the journal says ${expected.toFixed()}`] : [];
    });
    if (short.length > 0) await this.#stop("UNEXPLAINED_DECREASE", short.join("; "), now);
  }

  async #checkNonce(rail: EvmRail, onChain: number, now: Instant): Promise<void> {
    const own = this.#nonceOf(rail);
    if (onChain === own || this.#state.open.length > 0) return;
    const reason = `the chain's next nonce is ${onChain}, the journal's is ${own}: somebody else uses this key`;
    await this.#stop("NONCE_MISMATCH", reason, now);
    throw new GatewayError("STOPPED", reason, {
      remedy: "Find out what else signs with this key. One key has one gateway and one journal.",
      details: { stop: "NONCE_MISMATCH" },
    });
  }

  async #stop(code: string, reason: string, now: Instant): Promise<void> {
    if (this.#state.stopped === null) await this.#commit([{ kind: "stopped", body: { code, reason } }], now);
  }

  #checkStanding({ lease, cycle, step }: Request, key: Hash): void {
    if (lease !== this.#state.lease || cycle !== this.#state.cycle) {
      throw new GatewayError("LEASE_LOST", `cycle ${this.#state.cycle} was opened by somebody else`, {
        remedy: "Another agent runs on this wallet. Stop one of them.",
      });
    }
    for (const other of this.#state.requests.values()) {
      if (other.cycle === cycle && other.step === step && other.key !== key) {
        throw new GatewayError("KEY_REUSED", `step ${step} of cycle ${cycle} was another request`, { remedy: "Give each request of a cycle a step of its own." });
      }
    }
  }

  #railOf({ actions }: Request): EvmRail {
    const chains = new Set(actions.map(({ chain }) => chain));
    const froms = new Set(actions.map(({ from }) => from));
    const [chain] = chains;
    const rail = chain === undefined ? undefined : this.#parts.rails.get(chain);
    const [from] = froms;
    if (!rail || chains.size !== 1 || froms.size !== 1 || from === undefined || !this.#signsFor(from)) {
      throw new GatewayError("BAD_REQUEST", "a request's actions are of one own account on one chain of the mandate's book", {
        remedy: `Chains: ${[...this.#parts.rails.keys()].join(", ")}. Accounts: ${Object.keys(this.#parts.terms.accounts).join(", ")}.`,
      });
    }
    return rail;
  }

  /** What is simulated from one account and signed for another would be judged by the wrong balances. */
  #signsFor(account: AccountId): boolean {
    const { accounts } = this.#parts.terms;
    return Object.hasOwn(accounts, account) && accounts[account] === accounts.wallet;
  }

  #railOfRequest(key: Hash): EvmRail {
    const { reserved, transactions } = this.#request(key);
    const chain = transactions[0]?.chain ?? reserved.bounds[0]?.asset.split("/")[0] ?? [...this.#parts.rails.keys()][0];
    const rail = chain === undefined ? undefined : this.#parts.rails.get(chain);
    if (!rail) throw new InvariantError(`there is no rail for the chain of request ${key}`);
    return rail;
  }

  #nonceOf(rail: EvmRail): number {
    const nonce = this.#state.nonces[rail.chain];
    if (nonce === undefined) throw new InvariantError(`no nonce is known on ${rail.chain}`);
    return nonce;
  }

  async #holdings(): Promise<readonly Holding[]> {
    const rails = [...this.#parts.rails.values()];
    return (await this.#reach(() => Promise.all(rails.map((rail) => rail.holdings("latest"))))).flat();
  }

  /** What the journal says is held. */
  #expected(): readonly Holding[] {
    return Object.entries(this.#state.holdings).map(([key, amount]) => splitHolding(key, amount));
  }

  async #prices(now: Instant): Promise<Prices> {
    const rails = [...this.#parts.rails.values()];
    return Object.assign({}, ...(await Promise.all(rails.map((rail) => rail.prices("latest", now))))) as Prices;
  }

  #request(key: Hash): RequestState {
    const request = this.#state.requests.get(key);
    if (!request) throw new InvariantError(`request ${key} is not in the journal`);
    return request;
  }

  get #state(): WalletState {
    return this.#parts.stream.state;
  }

  #commit(entries: readonly WalletEntry[], now: Instant): Promise<WalletState> {
    return this.#parts.stream.commit(entries, now);
  }

  /** Never less than the last entry's time: a clock set back frees no budget. */
  async #now(): Promise<Instant> {
    return Math.max(await this.#parts.clock.now(), this.#state.at);
  }

  async #reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new GatewayError("CHAIN_UNREACHABLE", `the chain cannot be read: ${messageOf(error)}`, {
        cause: error,
        remedy: "Check the chain's rpc and settle. What was sent before stays open until it is looked up.",
      });
    }
  }

  #inTurn<T>(wallet: WalletId, work: () => Promise<T>): Promise<T> {
    if (wallet !== this.#parts.wallet) {
      return Promise.reject(new GatewayError("UNKNOWN_WALLET", `this gateway does not have ${wallet}`, { remedy: `It has ${this.#parts.wallet}.` }));
    }
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

interface Seen {
  readonly transaction: TransactionBody;
  readonly sighting: Sighting;
}

/** A request's name: the same wallet, cycle, step and content give the same one. The lease is who asks, not what. */
export function keyOf({ wallet, cycle, step, actions }: Request): Hash {
  return hashOf({ wallet, cycle, step, actions });
}

function reservedBody(request: Request, key: Hash, { effects, atWorst }: Extract<Verdict, { kind: "allow" }>, prices: Prices): ReservedBody {
  return {
    key,
    cycle: request.cycle,
    step: request.step,
    class: atWorst.class,
    actions: request.actions.length,
    at_worst: amountsBody(atWorst),
    until: effects.deadline,
    prices: Object.fromEntries(Object.entries(prices).flatMap(([asset, price]) => ("usd" in price ? [[asset, price.usd.toFixed()]] : []))),
    bounds: effects.deltas.map(({ account, asset, least, most }) => ({
      account,
      asset,
      least: least.toFixed(),
      most: most === "unbounded" ? most : most.toFixed(),
    })),
  };
}

function amountsBody(atWorst: AtWorst): AmountsBody {
  const { class: _class, value_usd: _value, ...amounts } = atWorst;
  return toJson(amounts) as unknown as AmountsBody;
}

function codesOf(verdict: Verdict): readonly string[] {
  const violations = verdict.kind === "deny" ? verdict.violations : verdict.kind === "ask" ? verdict.because : [];
  return [...new Set(violations.map(({ code }) => code))];
}

function withViolation(verdict: Verdict, violation: Violation): Verdict {
  if (verdict.kind === "deny") return { ...verdict, violations: [...verdict.violations, violation] };
  return { kind: "deny", effects: verdict.effects, violations: [violation] };
}

function inFlight({ open }: WalletState): Violation {
  return { code: "IN_FLIGHT", message: `${open.length} earlier request is not settled yet; settle it first` };
}

function railCode(code: Readonly<Record<string, Hash>>, chain: ChainLabel): Readonly<Record<string, Hash>> {
  const prefix = `${chain}/`;
  return Object.fromEntries(Object.entries(code).flatMap(([label, hash]) => (label.startsWith(prefix) ? [[label.slice(prefix.length), hash]] : [])));
}

function splitHolding(key: string, amount: Decimal): Holding {
  const [account = "", asset = ""] = key.split(" ");
  return { account, asset: asset as AssetId, amount };
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$body" in value;
}
