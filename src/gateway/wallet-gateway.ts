import type { Instant } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { OrderProof, WalletEntry } from "../journal/entries.ts";
import { StaleError } from "../journal/journal.ts";
import { COST_NOTES, modelSpentToday, saysCost } from "../journal/model-costs.ts";
import { waitingRequests } from "../journal/open-signatures.ts";
import { refer } from "../journal/reference.ts";
import { budgetsLeft, judge } from "../mandate/judge.ts";
import type { Verdict } from "../mandate/verdict.ts";
import { type AccountId, type ChainLabel, type Holding, type Prices, splitAssetId } from "../protocols/effects.ts";
import type { Gateway, GatewayState, Note, Outcome, Request, WalletId } from "./contract.ts";
import { deniedInFlight } from "./denied-in-flight.ts";
import { deskFor } from "./desk-for.ts";
import { findReorged } from "./find-reorged.ts";
import { GatewayError } from "./gateway-error.ts";
import { heldPermits } from "./held-permits.ts";
import { allowedBodies, missingHoldings, unknownAllowances } from "./hold-against.ts";
import { mayReduce } from "./may-reduce.ts";
import { answerQuestion } from "./operator/answer-question.ts";
import { outcomeOf } from "./outcome.ts";
import { Quotas } from "./quotas.ts";
import type { RailDesk } from "./rail-desk.ts";
import type { Allowance } from "./rails/evm/evm-rail.ts";
import { DeadManSwitch } from "./rails/hyperliquid/dead-man-switch.ts";
import { readingFor, readingOf } from "./rails/hyperliquid/reading-for.ts";
import type { Reading } from "./rails/hyperliquid/venue-reads.ts";
import { recordedDenial } from "./recorded-denial.ts";
import { codesOf, keyOf, reservedBody } from "./request-bodies.ts";
import { holdingBody } from "./settlement.ts";
import { withSignature } from "./signatures/sign-message.ts";
import { withholdSignatures } from "./signatures/withhold-signatures.ts";
import { Turns } from "./turns.ts";
import { WalletContext, type WalletParts } from "./wallet-context.ts";

/** What the operator's desk may do while it has its turn. */
export interface DeskHands {
  readonly wallet: WalletContext;
  settle(): Promise<readonly Outcome[]>;
  exit(actions: Request["actions"], order: OrderProof): Promise<Outcome>;
}

/** Cycles from one look at every allowance, which are many reads, to the next. The first of a life looks too. */
const ALLOWANCES_EVERY = 10;

/**
 * The gateway of one wallet: assess, judge, reserve, sign, commit, submit, look, settle.
 *
 * Calls are served one at a time, so every judgment sees all reservations before it; the journal's compare-and-append
 * holds the same should anybody else ever write.
 */
export class WalletGateway implements Gateway {
  readonly #wallet: WalletContext;
  readonly #desks = new WeakMap<object, RailDesk>();
  readonly #turns = new Turns();
  readonly #quotas = new Quotas();
  readonly #switch = new DeadManSwitch();
  /** Of the last judgment. */
  #prices: Prices = {};
  #looked = false;

  constructor(parts: WalletParts) {
    this.#wallet = new WalletContext(parts);
  }

  open(wallet: WalletId): Promise<{ lease: number; cycle: number }> {
    return this.#inTurn(
      wallet,
      async () => {
        this.#quotas.open(await this.#wallet.now());
        return this.#switch.keptBy(this.#wallet, () => this.#open());
      },
      "open",
    );
  }

  async #open(order?: OrderProof): Promise<{ lease: number; cycle: number }> {
    await this.#reopen();
    const now = await this.#wallet.now();
    const [prices, holdings] = [this.#wallet.pricesAhead(now), await this.#wallet.holdings()];
    const settled = waitingRequests(this.#wallet.state).length === 0;
    const due = !this.#looked || this.#wallet.state.cycle % ALLOWANCES_EVERY === 0;
    const allowances = settled && due ? await this.#wallet.allowances() : undefined;
    this.#looked ||= allowances !== undefined;
    if (settled) await this.#reconcile(holdings, allowances, now);
    const value = await this.#wallet.value(holdings, now, prices);
    const body = {
      cycle: this.#wallet.state.cycle + 1,
      value_usd: value?.toFixed() ?? null,
      holdings: holdings.map(holdingBody),
      ...(allowances ? { allowances: allowedBodies(allowances) } : {}),
      ...(order ? { order } : {}),
    };
    const { lease, cycle } = await this.#wallet.commit([{ kind: "opened", body }], now);
    return { lease, cycle };
  }

  state(wallet: WalletId): Promise<GatewayState> {
    return this.#inTurn(wallet, async () => {
      const now = await this.#wallet.now();
      const state = this.#wallet.state;
      return {
        wallet,
        now,
        lease: state.lease,
        cycle: state.cycle,
        stopped: state.stopped && { code: state.stopped.code, reason: state.stopped.reason },
        open: state.open.map((key) => outcomeOf(this.#wallet.request(key))),
        budgets: budgetsLeft(this.#wallet.parts.terms, await this.#wallet.budgets(now, state.cycle)),
        holdings: this.#wallet.expected(),
        high_water_usd: state.highWaterUsd,
        model_spent_today_usd: modelSpentToday(state, now),
        ...{ recent: state.recent, permits: heldPermits(state, now) },
        ...(state.following && { following: state.following }),
      };
    });
  }

  preview(request: Request): Promise<Verdict> {
    return this.#inTurn(request.wallet, async () => {
      const now = await this.#wallet.now();
      const over = this.#quotas.preview(now, () => this.#mayReduce(request));
      const { verdict, entries } = await this.#judge(request, keyOf(request), now, "agent");
      if (over) this.#onlyReducing(verdict, over);
      // Nobody is asked by a dry run.
      return verdict.kind === "ask" && entries.some(({ kind }) => kind === "asked") ? { ...verdict, permit: null } : verdict;
    });
  }

  request(request: Request): Promise<Outcome> {
    return this.#inTurn(request.wallet, () => this.#request(request, "agent"), readingOf(request));
  }

  /**
   * Lets the operator's desk work on the wallet while nobody else does.
   *
   * `exit` opens a cycle of its own, so that a single trade binds each exit apart and whoever held the lease is fenced.
   */
  operate<T>(work: (desk: DeskHands) => Promise<T>): Promise<T> {
    return this.#turns.take(
      () =>
        readingFor(this.#wallet.parts.exchanges.values(), "operator", () =>
          work({
            wallet: this.#wallet,
            settle: () => this.#settleOpen(),
            exit: async (actions, order) => {
              await this.#settleOpen();
              const { lease, cycle } = await this.#open(order);
              return this.#request({ wallet: this.#wallet.parts.wallet, lease, cycle, step: 1, actions }, "operator");
            },
          }),
        ),
      "operator",
    );
  }

  /**
   * Does what the limits want done though nobody asks: orders that may rest no longer are cancelled, and what was not
   * answered is looked up. Reads nothing where nothing is due.
   */
  keep(): Promise<void> {
    return this.#turns.take(
      () =>
        readingFor(this.#wallet.parts.exchanges.values(), "gateway", async () => {
          for (const key of this.#wallet.state.open) {
            const desk = this.#deskOfRequest(key);
            const due = await desk.isDue(this.#wallet.request(key), await this.#wallet.now());
            if (due) await desk.settle(this.#wallet.request(key));
          }
        }),
      "operator",
    );
  }

  /** Looks at the wallet while nobody works on it. A read like any other: there is a rate of them. */
  read<T>(wallet: WalletId, work: (wallet: WalletContext, now: Instant) => Promise<T>): Promise<T> {
    return this.#inTurn(wallet, async () => {
      const now = await this.#wallet.now();
      this.#quotas.read(now);
      return work(this.#wallet, now);
    });
  }

  /** @param before - what the rate of requests said of it, where it is judged again. */
  async #request(request: Request, by: "agent" | "operator", before?: GatewayError | null): Promise<Outcome> {
    const key = keyOf(request);
    const known = this.#wallet.state.requests.get(key);
    if (known) return withSignature(this.#wallet, outcomeOf(known));
    this.#checkStanding(request, key);
    const asked = this.#wallet.state.asked.get(request.step);
    if (asked?.denied) return { kind: "refused", key, verdict: await recordedDenial(this.#wallet.parts.stream, asked.seq) };
    const over = before !== undefined || by === "operator" ? (before ?? null) : await this.#admit(request);
    await this.#settleOpen();
    const now = await this.#wallet.now();
    const { verdict, prices, desk, send, permit, entries, budgets } = await this.#judge(request, key, now, by);
    if (over) this.#onlyReducing(verdict, over);
    const answered = verdict.kind !== "allow" && entries.length === 0 && by === "agent";
    if (answered && !this.#quotas.recordsDenial(this.#wallet.state, now)) {
      return { kind: "refused", key, verdict };
    }
    const facts = await refer(this.#wallet.parts.stream.journal, {
      request,
      verdict,
      prices,
      budgets,
    });
    const used = { ...(permit === null ? {} : { permit }), ...(by === "operator" ? { by } : {}) };
    const judged: WalletEntry = {
      kind: "judged",
      body: {
        key,
        cycle: request.cycle,
        step: request.step,
        verdict: verdict.kind,
        codes: codesOf(verdict),
        facts,
        ...used,
      },
    };
    if (verdict.kind !== "allow") {
      await this.#wallet.commit([judged, ...entries], now);
      return { kind: "refused", key, verdict };
    }
    const reserved = { ...reservedBody(request, key, verdict, prices, this.#wallet.parts.terms.limits), ...used };
    try {
      await this.#wallet.commit([...entries, judged, { kind: "reserved", body: reserved }], now);
    } catch (error) {
      // Another wallet took of the shared budget since this was judged.
      if (error instanceof StaleError && error.stream !== this.#wallet.parts.stream.stream)
        return this.#request(request, by, over);
      throw error;
    }
    this.#wallet.crash("after-reserve");
    await send(key);
    return withSignature(this.#wallet, await desk.settle(this.#wallet.request(key)));
  }

  /** What by its bytes is no exit is not looked at past the quota. @throws {GatewayError} RATE_LIMITED */
  async #admit(request: Request): Promise<GatewayError | null> {
    return this.#quotas.request(await this.#wallet.now(), () => this.#mayReduce(request));
  }

  /** What reduces passes whatever was asked before. @throws {GatewayError} RATE_LIMITED */
  #onlyReducing(verdict: Verdict, over: GatewayError): void {
    if (verdict.kind !== "allow" || verdict.atWorst.class !== "reduce") throw over;
    this.#quotas.wasExit();
  }

  /** From what is known already: no node is asked. */
  #mayReduce({ actions }: Request): boolean {
    const { parts, state } = this.#wallet;
    return mayReduce(actions, { terms: parts.terms, holdings: state.holdings, known: state.known, prices: this.#prices });
  }

  settle(wallet: WalletId, key?: Hash): Promise<readonly Outcome[]> {
    return this.#inTurn(wallet, async () => {
      return this.#settleOpen(key);
    });
  }

  async #settleOpen(key?: Hash): Promise<readonly Outcome[]> {
    await this.#reopen();
    const outcomes: Outcome[] = [];
    for (const open of this.#wallet.state.open.filter((one) => key === undefined || one === key))
      outcomes.push(await this.#deskOfRequest(open).settle(this.#wallet.request(open)));
    return outcomes;
  }

  /** What a chain took back is in flight again before anything is built on it. */
  async #reopen(): Promise<void> {
    const reorged = await findReorged(this.#wallet);
    if (reorged.length === 0) return;
    const entries = reorged.map((body): WalletEntry => ({ kind: "reopened", body }));
    await this.#wallet.commit(entries, await this.#wallet.now());
  }

  note(wallet: WalletId, notes: readonly Note[]): Promise<void> {
    return this.#inTurn(wallet, async () => {
      this.#quotas.note(notes, await this.#wallet.now());
      const entries: WalletEntry[] = [];
      for (const note of await withholdSignatures(this.#wallet, notes)) {
        const { kind, cost_usd } = note;
        if (COST_NOTES.has(kind) && typeof cost_usd === "string" && !saysCost(note)) {
          throw new GatewayError("BAD_REQUEST", "a model call's cost_usd is no amount", {
            remedy: 'Write it in digits, for example "0.0125".',
          });
        }
        const whole = await refer(this.#wallet.parts.stream.journal, note);
        // What the folds read stays readable when the rest is stored beside the log.
        const cost = typeof cost_usd === "string" ? { cost_usd } : {};
        const body = { cycle: this.#wallet.state.cycle, note: isReference(whole) ? { kind, ...cost, body: whole } : whole };
        entries.push({ kind: "noted", body });
      }
      await this.#wallet.commit(entries, await this.#wallet.now());
    });
  }

  /** One judgment, with everything that it was made from, and what else the journal has to be told of it. */
  async #judge(request: Request, key: Hash, now: Instant, by: "agent" | "operator") {
    const { terms } = this.#wallet.parts;
    const desk = this.#deskOf(request);
    const { effects, prices, send } = await desk.look(request, now);
    this.#prices = prices;
    const budgets = await this.#wallet.budgets(now, request.cycle);
    const made = { prices, desk, send, budgets };
    const verdictOf = (approved: boolean) =>
      judge(terms, effects, prices, budgets, now, { approved, operator: by === "operator" });
    const verdict = verdictOf(false);
    const waiting = desk.waiting();
    if (waiting.length > 0) {
      return { ...made, verdict: deniedInFlight(verdict, waiting.length), permit: null, entries: [] };
    }
    if (verdict.kind !== "ask") return { ...made, verdict, permit: null, entries: [] };
    const answer = answerQuestion(this.#wallet.state, { request, key, verdict, limits: terms.limits, now });
    if (answer.kind === "refused") return { ...made, verdict: answer.verdict, permit: null, entries: answer.entries };
    return { ...made, verdict: verdictOf(true), permit: answer.permit, entries: answer.entries };
  }

  /** What is held and allowed must be what the journal says: else everything stops but getting home. */
  async #reconcile(holdings: readonly Holding[], allowances: readonly Allowance[] | undefined, now: Instant): Promise<void> {
    const { state } = this.#wallet;
    // At an exchange what is held moves with the market: there every order, fill and ledger entry is held against the journal.
    const onChains = holdings.filter(({ asset }) => this.#wallet.parts.rails.has(splitAssetId(asset).chain));
    const differences = [missingHoldings(state, onChains), allowances ? unknownAllowances(state, allowances) : null];
    for (const found of differences) if (found) await this.#wallet.stop(found.code, found.reason, now);
  }

  #checkStanding({ lease, cycle, step }: Request, key: Hash): void {
    if (lease !== this.#wallet.state.lease || cycle !== this.#wallet.state.cycle) {
      throw new GatewayError("LEASE_LOST", `cycle ${this.#wallet.state.cycle} was opened by somebody else`, {
        remedy: "Another agent runs on this wallet. Stop one of them.",
      });
    }
    const asked = this.#wallet.state.asked.get(step);
    if (asked && asked.key !== key) {
      throw new GatewayError("KEY_REUSED", `step ${step} of cycle ${cycle} was another request`, {
        remedy: "Give each request of a cycle a step of its own.",
      });
    }
  }

  #deskOf({ actions }: Request): RailDesk {
    const { exchanges, rails, terms } = this.#wallet.parts;
    // An account trades at one exchange: its label stands in no action.
    const labels = new Set(actions.map((action) => (action.rail === "evm" ? action.chain : [...exchanges.keys()][0])));
    const froms = new Set(actions.map(({ from }) => from));
    const [label] = labels;
    const [from] = froms;
    const kind = actions[0].rail === "evm" ? rails : exchanges;
    if (
      label === undefined ||
      !kind.has(label) ||
      labels.size !== 1 ||
      froms.size !== 1 ||
      from === undefined ||
      !this.#signsFor(from)
    ) {
      throw new GatewayError("BAD_REQUEST", "a request's actions are of one own account on one chain of the mandate's book", {
        remedy: `Chains: ${[...rails.keys(), ...exchanges.keys()].join(", ")}. Accounts: ${Object.keys(terms.accounts).join(", ")}.`,
      });
    }
    return this.#desk(label);
  }

  #deskOfRequest(key: Hash): RailDesk {
    return this.#desk(this.#wallet.labelOfRequest(key));
  }

  /** Made anew where the terms were amended: a desk goes with its rail. */
  #desk(label: ChainLabel): RailDesk {
    const { exchanges, rails } = this.#wallet.parts;
    const rail = rails.get(label) ?? exchanges.get(label);
    if (!rail) throw new InvariantError(`there is no rail for ${label}`);
    const known = this.#desks.get(rail);
    const desk = known ?? deskFor(this.#wallet, rail);
    this.#desks.set(rail, desk);
    return desk;
  }

  /** What is simulated from one account and signed for another would be judged by the wrong balances. */
  #signsFor(account: AccountId): boolean {
    const { accounts } = this.#wallet.parts.terms;
    return Object.hasOwn(accounts, account) && accounts[account] === accounts.wallet;
  }

  #inTurn<T>(wallet: WalletId, work: () => Promise<T>, reading: Reading = "look"): Promise<T> {
    if (wallet !== this.#wallet.parts.wallet) {
      return Promise.reject(
        new GatewayError("UNKNOWN_WALLET", `this gateway does not have ${wallet}`, {
          remedy: `It has ${this.#wallet.parts.wallet}.`,
        }),
      );
    }
    return this.#turns.take(() => readingFor(this.#wallet.parts.exchanges.values(), reading, work));
  }
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$body" in value;
}
