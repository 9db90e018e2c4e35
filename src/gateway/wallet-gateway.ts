import type { Instant } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import type { Hash } from "../core/hex.ts";
import type { OrderProof, WalletEntry } from "../journal/entries.ts";
import { StaleError } from "../journal/journal.ts";
import { waitingRequests } from "../journal/open-signatures.ts";
import { referring } from "../journal/reference.ts";
import type { Verdict } from "../mandate/verdict.ts";
import type { Holding, Prices } from "../protocols/effects.ts";
import type { Gateway, GatewayState, Note, Outcome, Request, WalletId } from "./contract.ts";
import { Desks } from "./desks.ts";
import { findReorged } from "./find-reorged.ts";
import { GatewayError } from "./gateway-error.ts";
import { gatewayState } from "./gateway-state.ts";
import { allowedBodies, stopWhereDifferent } from "./hold-against.ts";
import { isExit } from "./in-the-way.ts";
import { judgeRequest } from "./judge-request.ts";
import { mayReduce } from "./may-reduce.ts";
import { notedEntries } from "./noted-entries.ts";
import { outcomeOf } from "./outcome.ts";
import { type Door, type OverQuota, Quotas } from "./quotas.ts";
import type { Allowance } from "./rails/evm/evm-rail.ts";
import { DeadManSwitch } from "./rails/hyperliquid/dead-man-switch.ts";
import { readingFor, readingOf } from "./rails/hyperliquid/reading-for.ts";
import type { Reading } from "./rails/hyperliquid/venue-reads.ts";
import { recordedDenial } from "./recorded-denial.ts";
import { codesOf, keyOf, reservedBody } from "./request-bodies.ts";
import { holdingBody } from "./settlement.ts";
import { withSignature } from "./signatures/sign-message.ts";
import { requireStillHolds } from "./still-holds.ts";
import { recordDeliveries } from "./transit/deliveries.ts";
import { Turns } from "./turns.ts";
import { unheardOutcomes } from "./unheard.ts";
import { WalletContext, type WalletParts } from "./wallet-context.ts";

/** What the operator's desk may do while it has its turn. */
export interface DeskHands {
  readonly wallet: WalletContext;
  settle(): Promise<readonly Outcome[]>;
  exit(actions: Request["actions"], order: OrderProof): Promise<Outcome>;
}

/** Cycles from one look at everything, allowances and nonces too, to the next. The first of a life looks so as well. */
const ALL_EVERY = 10;

/**
 * The gateway of one wallet: assess, judge, reserve, sign, commit, submit, look, settle.
 *
 * Calls are served one at a time, so every judgment sees all reservations before it; the journal's compare-and-append
 * holds the same should anybody else ever write.
 */
export class WalletGateway implements Gateway {
  readonly #wallet: WalletContext;
  readonly #desks: Desks;
  readonly #turns = new Turns();
  readonly #quotas = new Quotas();
  readonly #switch = new DeadManSwitch();
  /** Of the last judgment. */
  #prices: Prices = {};
  #looked = false;

  /** What came of requests of earlier lives, as the start found it: told to whoever settles next. */
  #unheard: readonly Outcome[] = [];

  constructor(parts: WalletParts) {
    this.#wallet = new WalletContext(parts);
    this.#desks = new Desks(this.#wallet);
  }

  /**
   * Looks up what an earlier life left in flight, and holds the journal against the chains, before anybody is heard. In
   * its first life a wallet was pinned as it was found a moment ago. An exchange counts its questions, and is asked again
   * by whatever comes first.
   *
   * @throws {GatewayError} CHAIN_UNREACHABLE
   */
  start(): Promise<void> {
    const { exchanges, lastLife } = this.#wallet.parts;
    if (lastLife === undefined || exchanges.size > 0) return Promise.resolve();
    return this.#turns.take(async () => {
      await this.#settleOpen();
      this.#unheard = await unheardOutcomes(this.#wallet);
      await this.#reconcile(await this.#wallet.holdings("answering"), true, await this.#wallet.now());
    }, "operator");
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
    await recordDeliveries(this.#wallet);
    const now = await this.#wallet.now();
    const [prices, holdings] = [this.#wallet.pricesAhead(now), await this.#wallet.holdings("answering")];
    const due = !this.#looked || this.#wallet.state.cycle % ALL_EVERY === 0;
    const allowances = await this.#reconcile(holdings, due, now);
    this.#looked ||= allowances !== undefined;
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
    return this.#inTurn(wallet, () => gatewayState(this.#wallet));
  }

  preview(request: Request, door: Door = "contract"): Promise<Verdict> {
    return this.#inTurn(request.wallet, async () => {
      const now = await this.#wallet.now();
      this.#wallet.silent.forget();
      const over = this.#quotas.preview(now, door, () => this.#mayReduce(request));
      const { verdict, entries } = await this.#judge(request, keyOf(request), now, "agent");
      if (over) this.#onlyReducing(verdict, over);
      // Nobody is asked by a dry run.
      return verdict.kind === "ask" && entries.some(({ kind }) => kind === "asked") ? { ...verdict, permit: null } : verdict;
    });
  }

  request(request: Request, door: Door = "contract"): Promise<Outcome> {
    let admitted: Promise<OverQuota | null> | undefined;
    const admit = () => (admitted ??= this.#admit(request, door));
    const inTurn = async (): Promise<Outcome> =>
      (await this.#inTurn(request.wallet, () => this.#request(request, "agent", admit), readingOf(request))) ?? inTurn();
    return inTurn();
  }

  /** What an order has to bear, at once: reads nothing, changes nothing, and waits for nobody. */
  async glance(): Promise<{ readonly wallet: WalletContext; readonly now: Instant }> {
    return { wallet: this.#wallet, now: await this.#wallet.steadyNow() };
  }

  /**
   * Lets the operator's desk work on the wallet while nobody else does.
   *
   * `exit` opens a cycle of its own, so that a single trade binds each exit apart and whoever held the lease is fenced.
   *
   * @param as - an order: a request that is judged meanwhile is judged anew after it.
   */
  operate<T>(work: (desk: DeskHands) => Promise<T>, as: "order" | "operator" = "order"): Promise<T> {
    return this.#turns.take(
      () =>
        readingFor(this.#wallet.parts.exchanges.values(), "operator", () =>
          work({
            wallet: this.#wallet,
            settle: () => this.#settleOpen(),
            exit: async (actions, order) => {
              await this.#settleOpen();
              const { lease, cycle } = await this.#open(order);
              const request = { wallet: this.#wallet.parts.wallet, lease, cycle, step: 1, actions };
              const outcome = await this.#request(request, "operator", async () => null);
              if (outcome === null) throw new InvariantError("an order gives way to none");
              return outcome;
            },
          }),
        ),
      as,
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
            const desk = this.#desks.ofKnown(key);
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

  /**
   * @param admit - whether there is room for it; asked where it is new.
   * @returns null: an order waits, which holds before anything is signed. It has changed nothing, and is to be asked again.
   */
  async #request(request: Request, by: "agent" | "operator", admit: () => Promise<OverQuota | null>): Promise<Outcome | null> {
    const key = keyOf(request);
    const known = this.#wallet.state.requests.get(key);
    if (known) return withSignature(this.#wallet, outcomeOf(known));
    this.#checkStanding(request, key);
    const asked = this.#wallet.state.asked.get(request.step);
    if (asked?.denied) return { kind: "refused", key, verdict: await recordedDenial(this.#wallet.parts.stream, asked.seq) };
    const over = await admit();
    await this.#settleOpen();
    const now = await this.#wallet.now();
    const { verdict, prices, desk, send, permit, entries, budgets } = await this.#judge(request, key, now, by);
    const givesWay = () => by === "agent" && this.#turns.orderWaits;
    if (givesWay()) return null;
    if (over) this.#onlyReducing(verdict, over);
    const answered = verdict.kind !== "allow" && entries.length === 0 && by === "agent";
    if (answered && !this.#quotas.recordsDenial(this.#wallet.state, now)) {
      return { kind: "refused", key, verdict };
    }
    const { json: facts, bodies } = referring({ request, verdict, prices, budgets });
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
      await this.#wallet.commit([judged, ...entries], now, bodies);
      return { kind: "refused", key, verdict };
    }
    await requireStillHolds(this.#wallet, now);
    // A clock that cannot be believed asks the chains, which takes as long as they take.
    if (givesWay()) return null;
    const reserved = { ...reservedBody(request, key, verdict, prices, this.#wallet.parts.terms.limits), ...used };
    try {
      await this.#wallet.commit([...entries, judged, { kind: "reserved", body: reserved }], now, bodies);
    } catch (error) {
      // Another wallet took of the shared budget since this was judged.
      if (error instanceof StaleError && error.stream !== this.#wallet.parts.stream.stream)
        return this.#request(request, by, async () => over);
      throw error;
    }
    this.#wallet.crash("after-reserve");
    // What an order meets before it is kept is nothing: the look gives back what it reserved.
    await send(key, () => !givesWay());
    return withSignature(this.#wallet, await desk.settle(this.#wallet.request(key)));
  }

  /** What by its bytes is no exit is not looked at past the quota. @throws {GatewayError} RATE_LIMITED */
  async #admit(request: Request, door: Door): Promise<OverQuota | null> {
    return this.#quotas.request(await this.#wallet.now(), door, () => this.#mayReduce(request));
  }

  /** What reduces passes whatever was asked before. @throws {GatewayError} RATE_LIMITED */
  #onlyReducing(verdict: Verdict, over: OverQuota): void {
    if (!isExit(verdict)) throw over.error;
    over.wasExit();
  }

  /** From what is known already: no node is asked. */
  #mayReduce({ actions }: Request): boolean {
    const { parts, state } = this.#wallet;
    return mayReduce(actions, { terms: parts.terms, holdings: state.holdings, known: state.known, prices: this.#prices });
  }

  settle(wallet: WalletId, key?: Hash): Promise<readonly Outcome[]> {
    return this.#inTurn(wallet, async () => {
      const { open } = this.#wallet.state;
      const exits = open.some((one) => this.#wallet.request(one).reserved.class === "reduce");
      this.#quotas.settle(await this.#wallet.now(), exits);
      const wanted = (outcome: Outcome) => key === undefined || outcome.key === key;
      const unheard = this.#unheard.filter(wanted);
      this.#unheard = this.#unheard.filter((outcome) => !wanted(outcome));
      return [...unheard, ...(await this.#settleOpen(key))];
    });
  }

  async #settleOpen(key?: Hash): Promise<readonly Outcome[]> {
    await this.#reopen();
    const outcomes: Outcome[] = [];
    const { rails } = this.#wallet.parts;
    for (const open of this.#wallet.state.open.filter((one) => key === undefined || one === key)) {
      const settle = () => this.#desks.ofKnown(open).settle(this.#wallet.request(open));
      const outcome = await this.#wallet.silent.ask(this.#wallet.labelOfRequest(open), rails, settle);
      outcomes.push(outcome ?? outcomeOf(this.#wallet.request(open)));
    }
    await recordDeliveries(this.#wallet);
    return outcomes;
  }

  /** What a chain took back is in flight again before anything is built on it. */
  async #reopen(): Promise<void> {
    this.#wallet.silent.forget();
    const reorged = await findReorged(this.#wallet);
    if (reorged.length === 0) return;
    const entries = reorged.map((body): WalletEntry => ({ kind: "reopened", body }));
    await this.#wallet.commit(entries, await this.#wallet.now());
  }

  note(wallet: WalletId, notes: readonly Note[]): Promise<void> {
    return this.#inTurn(wallet, async () => {
      this.#quotas.note(notes, await this.#wallet.now());
      const entries = await notedEntries(this.#wallet, notes);
      await this.#wallet.commit(entries, await this.#wallet.now());
    });
  }

  async #judge(request: Request, key: Hash, now: Instant, by: "agent" | "operator") {
    const judged = await judgeRequest(this.#wallet, this.#desks.of(request), { request, key, now, by });
    const silent = this.#wallet.silent.problem;
    if (silent && !isExit(judged.verdict)) throw silent;
    this.#prices = judged.prices;
    return judged;
  }

  /**
   * The journal against the chains, once nothing is in flight: what is held; every so often also what is allowed, and
   * whether somebody else uses the key.
   *
   * @param due - whether more than what is held is looked at; that waits until every chain answers.
   * @returns what is allowed, where it was read.
   */
  async #reconcile(holdings: readonly Holding[], due: boolean, now: Instant): Promise<readonly Allowance[] | undefined> {
    if (waitingRequests(this.#wallet.state).length > 0) return undefined;
    const all = due && this.#wallet.silent.problem === null;
    const allowances = all ? await this.#wallet.allowances() : undefined;
    await stopWhereDifferent(this.#wallet, { holdings, allowances }, now);
    const { exchanges, rails } = this.#wallet.parts;
    // At an exchange the first look of a life is the first request's or settlement's.
    const checked = [...(all ? rails.keys() : []), ...(all && this.#looked ? exchanges.keys() : [])];
    for (const label of checked) await this.#desks.at(label).check(now);
    return allowances;
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
