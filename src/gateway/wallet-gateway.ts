import type { Instant } from "../core/clock.ts";
import type { Hash } from "../core/hex.ts";
import type { OrderProof, WalletEntry } from "../journal/entries.ts";
import { budgetsAt } from "../journal/fold-budgets.ts";
import { holdingKey, modelCostOf, modelSpentToday, type WalletState } from "../journal/fold-wallet.ts";
import { permitStatus } from "../journal/permits.ts";
import { refer } from "../journal/reference.ts";
import { portfolioValue } from "../mandate/facts.ts";
import { budgetsLeft, judge } from "../mandate/judge.ts";
import type { Verdict, Violation } from "../mandate/verdict.ts";
import type { AccountId, Holding } from "../protocols/effects.ts";
import type { Gateway, GatewayState, HeldPermit, Note, Outcome, Request, WalletId } from "./contract.ts";
import { GatewayError } from "./gateway-error.ts";
import { answerQuestion } from "./operator/answer-question.ts";
import { outcomeOf } from "./outcome.ts";
import type { Assessment } from "./rails/evm/assess.ts";
import type { EvmRail, EvmView, SignedTransaction } from "./rails/evm/evm-rail.ts";
import { recordedDenial } from "./recorded-denial.ts";
import { codesOf, keyOf, reservedBody } from "./request-bodies.ts";
import { holdingBody } from "./settlement.ts";
import { Settler } from "./settler.ts";
import { WalletContext, type WalletParts } from "./wallet-context.ts";

/** What the operator's desk may do while it has its turn. */
export interface DeskHands {
  readonly wallet: WalletContext;
  settle(): Promise<readonly Outcome[]>;
  exit(actions: Request["actions"], order: OrderProof): Promise<Outcome>;
}

/**
 * The gateway of one wallet: assess, judge, reserve, sign, commit, submit, look, settle.
 *
 * Calls are served one at a time, so every judgment sees all reservations before it; the journal's compare-and-append
 * holds the same should anybody else ever write.
 */
export class WalletGateway implements Gateway {
  readonly #wallet: WalletContext;
  readonly #settler: Settler;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: WalletParts) {
    this.#wallet = new WalletContext(parts);
    this.#settler = new Settler(this.#wallet);
  }

  open(wallet: WalletId): Promise<{ lease: number; cycle: number }> {
    return this.#inTurn(wallet, () => this.#open());
  }

  async #open(order?: OrderProof): Promise<{ lease: number; cycle: number }> {
    const now = await this.#wallet.now();
    const holdings = await this.#wallet.holdings();
    if (this.#wallet.state.open.length === 0) await this.#reconcile(holdings, now);
    const value = portfolioValue(this.#wallet.parts.terms, { before: holdings }, await this.#wallet.prices(now));
    const body = {
      cycle: this.#wallet.state.cycle + 1,
      value_usd: value?.toFixed() ?? null,
      holdings: holdings.map(holdingBody),
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
        budgets: budgetsLeft(this.#wallet.parts.terms, budgetsAt(state, now, state.cycle)),
        holdings: this.#wallet.expected(),
        high_water_usd: state.highWaterUsd,
        model_spent_today_usd: modelSpentToday(state, now),
        recent: state.recent,
        permits: heldPermits(state, now),
      };
    });
  }

  preview(request: Request): Promise<Verdict> {
    return this.#inTurn(request.wallet, async () => {
      const { verdict, entries } = await this.#judge(request, keyOf(request), await this.#wallet.now(), "agent");
      // Nobody is asked by a dry run.
      return verdict.kind === "ask" && entries.some(({ kind }) => kind === "asked") ? { ...verdict, permit: null } : verdict;
    });
  }

  request(request: Request): Promise<Outcome> {
    return this.#inTurn(request.wallet, () => this.#request(request, "agent"));
  }

  /**
   * Lets the operator's desk work on the wallet while nobody else does.
   *
   * `exit` opens a cycle of its own, so that a single trade binds each exit apart and whoever held the lease is fenced.
   */
  operate<T>(work: (desk: DeskHands) => Promise<T>): Promise<T> {
    return this.#inTurn(this.#wallet.parts.wallet, () =>
      work({
        wallet: this.#wallet,
        settle: () => this.#settleOpen(),
        exit: async (actions, order) => {
          await this.#settleOpen();
          const { lease, cycle } = await this.#open(order);
          return this.#request({ wallet: this.#wallet.parts.wallet, lease, cycle, step: 1, actions }, "operator");
        },
      }),
    );
  }

  async #request(request: Request, by: "agent" | "operator"): Promise<Outcome> {
    const key = keyOf(request);
    const known = this.#wallet.state.requests.get(key);
    if (known) return outcomeOf(known);
    this.#checkStanding(request, key);
    const asked = this.#wallet.state.asked.get(request.step);
    if (asked?.denied) return { kind: "refused", key, verdict: await recordedDenial(this.#wallet.parts.stream, asked.seq) };
    await this.#settleOpen();
    const now = await this.#wallet.now();
    const { verdict, view, assessment, prices, rail, permit, entries } = await this.#judge(request, key, now, by);
    const facts = await refer(this.#wallet.parts.stream.journal, {
      request,
      verdict,
      prices,
      budgets: budgetsAt(this.#wallet.state, now, request.cycle),
    });
    const used = permit === null ? {} : { permit };
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
        ...(by === "operator" ? { by } : {}),
      },
    };
    if (verdict.kind !== "allow") {
      await this.#wallet.commit([judged, ...entries], now);
      return { kind: "refused", key, verdict };
    }
    const reserved = { ...reservedBody(request, key, verdict, prices), ...used };
    await this.#wallet.commit([...entries, judged, { kind: "reserved", body: reserved }], now);
    this.#wallet.crash("after-reserve");
    const signed = await this.#signAll(rail, request, view, assessment);
    this.#wallet.crash("after-sign");
    await this.#wallet.keepSigned(key, signed, "call");
    this.#wallet.crash("after-commit");
    await rail.submitAll(signed.map(({ bytes }) => bytes));
    this.#wallet.crash("after-submit");
    return this.#settler.settle(this.#wallet.request(key));
  }

  settle(wallet: WalletId, key?: Hash): Promise<readonly Outcome[]> {
    return this.#inTurn(wallet, async () => {
      const keys = key === undefined ? this.#wallet.state.open : this.#wallet.state.open.filter((open) => open === key);
      return this.#settleOpen(keys);
    });
  }

  async #settleOpen(keys: readonly Hash[] = this.#wallet.state.open): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const open of keys) outcomes.push(await this.#settler.settle(this.#wallet.request(open)));
    return outcomes;
  }

  note(wallet: WalletId, notes: readonly Note[]): Promise<void> {
    return this.#inTurn(wallet, async () => {
      const entries: WalletEntry[] = [];
      for (const note of notes) {
        const { kind, cost_usd } = note;
        if (kind === "model-call" && typeof cost_usd === "string" && modelCostOf(note) === null) {
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
    const rail = this.#railOf(request);
    const view = await this.#wallet.reach(() => rail.view(now, this.#wallet.pinnedCode(rail.chain)));
    await this.#checkNonce(rail, view.nonce, now);
    const assessment = await rail.assess(request.actions, view);
    const budgets = budgetsAt(this.#wallet.state, now, request.cycle);
    const made = { view, assessment, prices: view.prices, rail };
    const verdictOf = (approved: boolean) =>
      judge(terms, assessment.effects, view.prices, budgets, now, { approved, operator: by === "operator" });
    const verdict = verdictOf(false);
    if (this.#wallet.state.open.length > 0) {
      return { ...made, verdict: withViolation(verdict, inFlight(this.#wallet.state)), permit: null, entries: [] };
    }
    if (verdict.kind !== "ask") return { ...made, verdict, permit: null, entries: [] };
    const answer = answerQuestion(this.#wallet.state, { request, key, verdict, limits: terms.limits, now });
    if (answer.kind === "refused") return { ...made, verdict: answer.verdict, permit: null, entries: answer.entries };
    return { ...made, verdict: verdictOf(true), permit: answer.permit, entries: answer.entries };
  }

  async #signAll(
    rail: EvmRail,
    { actions }: Request,
    { fees }: EvmView,
    { gas }: Assessment,
  ): Promise<readonly SignedTransaction[]> {
    const first = this.#wallet.nonceOf(rail);
    const signed: SignedTransaction[] = [];
    for (const [i, action] of actions.entries()) {
      signed.push(await rail.sign(action, { nonce: first + i, gas: gas[i] ?? 0n, fees }));
    }
    return signed;
  }

  /** What is held must be what the journal says; more is a deposit, less stops everything but getting home. */
  async #reconcile(holdings: readonly Holding[], now: Instant): Promise<void> {
    const short = holdings.flatMap(({ account, asset, amount }) => {
      const expected = this.#wallet.state.holdings[holdingKey(account, asset)];
      return expected && amount.lt(expected)
        ? [`${account} holds ${amount.toFixed()} ${asset}, the journal says ${expected.toFixed()}`]
        : [];
    });
    if (short.length > 0) await this.#stop("UNEXPLAINED_DECREASE", short.join("; "), now);
  }

  async #checkNonce(rail: EvmRail, onChain: number, now: Instant): Promise<void> {
    const own = this.#wallet.nonceOf(rail);
    if (onChain === own || this.#wallet.state.open.length > 0) return;
    const reason = `the chain's next nonce is ${onChain}, the journal's is ${own}: somebody else uses this key`;
    await this.#stop("NONCE_MISMATCH", reason, now);
    throw new GatewayError("STOPPED", reason, {
      remedy: "Find out what else signs with this key. One key has one gateway and one journal.",
      details: { stop: "NONCE_MISMATCH" },
    });
  }

  async #stop(code: string, reason: string, now: Instant): Promise<void> {
    if (this.#wallet.state.stopped === null) await this.#wallet.commit([{ kind: "stopped", body: { code, reason } }], now);
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

  #railOf({ actions }: Request): EvmRail {
    const chains = new Set(actions.map(({ chain }) => chain));
    const froms = new Set(actions.map(({ from }) => from));
    const [chain] = chains;
    const rail = chain === undefined ? undefined : this.#wallet.parts.rails.get(chain);
    const [from] = froms;
    if (!rail || chains.size !== 1 || froms.size !== 1 || from === undefined || !this.#signsFor(from)) {
      throw new GatewayError("BAD_REQUEST", "a request's actions are of one own account on one chain of the mandate's book", {
        remedy: `Chains: ${[...this.#wallet.parts.rails.keys()].join(", ")}. Accounts: ${Object.keys(this.#wallet.parts.terms.accounts).join(", ")}.`,
      });
    }
    return rail;
  }

  /** What is simulated from one account and signed for another would be judged by the wrong balances. */
  #signsFor(account: AccountId): boolean {
    const { accounts } = this.#wallet.parts.terms;
    return Object.hasOwn(accounts, account) && accounts[account] === accounts.wallet;
  }

  #inTurn<T>(wallet: WalletId, work: () => Promise<T>): Promise<T> {
    if (wallet !== this.#wallet.parts.wallet) {
      return Promise.reject(
        new GatewayError("UNKNOWN_WALLET", `this gateway does not have ${wallet}`, {
          remedy: `It has ${this.#wallet.parts.wallet}.`,
        }),
      );
    }
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** What an agent is told of its questions: those that wait, and the grants that it can still use. */
function heldPermits({ permits }: WalletState, now: Instant): readonly HeldPermit[] {
  return [...permits.values()].flatMap((held): HeldPermit[] => {
    const status = permitStatus(held, now);
    if (status !== "open" && status !== "granted") return [];
    const { permit, key, calls, expires } = held.asked;
    return [{ id: permit, key, status, calls, until: held.answer?.until ?? expires }];
  });
}

function withViolation(verdict: Verdict, violation: Violation): Verdict {
  if (verdict.kind === "deny") return { ...verdict, violations: [...verdict.violations, violation] };
  return { kind: "deny", effects: verdict.effects, violations: [violation] };
}

function inFlight({ open }: WalletState): Violation {
  return { code: "IN_FLIGHT", message: `${open.length} earlier request is not settled yet; settle it first` };
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$body" in value;
}
