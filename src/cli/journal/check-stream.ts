import type { Instant } from "../../core/clock.ts";
import { type Decimal, decimal, ZERO } from "../../core/decimal.ts";
import { MandateError, messageOf } from "../../core/errors.ts";
import { canonicalJson, hashOf, type Json } from "../../core/json.ts";
import { inTheWay } from "../../gateway/in-the-way.ts";
import { readOrder } from "../../gateway/operator/orders.ts";
import { verdictWire } from "../../gateway/wire.ts";
import type {
  JudgedBody,
  OpenedBody,
  OperatorBody,
  ReservedBody,
  SettledBody,
  SignatureBody,
  SignedBody,
  WalletEntry,
} from "../../journal/entries.ts";
import { budgetsAt } from "../../journal/fold-budgets.ts";
import {
  applyFleetEntry,
  emptyFleet,
  type FleetBudgets,
  type FleetState,
  fleetBudgetsAt,
  fleetStream,
} from "../../journal/fold-fleet.ts";
import { applyEntry, emptyWallet, type WalletState } from "../../journal/fold-wallet.ts";
import { type Entry, type JournalReader, MissingBodyError, type Seq, type Stream } from "../../journal/journal.ts";
import { holdingKey } from "../../journal/moved-holdings.ts";
import { permitStatus } from "../../journal/permits.ts";
import { dereference } from "../../journal/reference.ts";
import { decide } from "../../mandate/judge.ts";
import type { Terms } from "../../mandate/terms.ts";
import { termsFromJson } from "../../mandate/terms-json.ts";
import { firstStartFault, orderFault } from "./order-fault.ts";
import { pick } from "./pick.ts";
import { pricesFromJson } from "./prices-from-json.ts";

/** What came of folding a wallet's stream anew and holding every entry against the fold before it. */
export interface StreamCheck {
  readonly stream: Stream;
  readonly ok: boolean;
  readonly cycles: number;
  /** Requests by what became of them. */
  readonly requests: Readonly<Record<"confirmed" | "rejected" | "released" | "unresolved" | "open", number>>;
  readonly refusals: number;
  /** Verdicts that were judged again, and those that could not be because their facts are gone. */
  readonly verdicts: { readonly judged_again: number; readonly without_facts: number };
  readonly first_bad: { readonly seq: Seq; readonly reason: string } | null;
}

/**
 * Recomputes everything that is computed from a wallet's stream: budgets at each verdict, the verdict itself, nonces,
 * reservations, holdings. The chain of hashes is not looked at here.
 */
export async function checkStream(journal: Pick<JournalReader, "read" | "get">, stream: Stream): Promise<StreamCheck> {
  const check = new Check(journal, stream);
  let first_bad: StreamCheck["first_bad"] = null;
  let seq = 0;
  try {
    for await (const entry of journal.read(stream)) {
      seq = entry.seq;
      const reason = await check.entry(entry);
      if (reason === null) continue;
      first_bad = { seq, reason };
      break;
    }
    const unordered = first_bad === null ? check.ended() : null;
    if (unordered !== null) first_bad = { seq, reason: unordered };
  } catch (error) {
    if (!(error instanceof MandateError)) throw error;
    first_bad = { seq: seq + 1, reason: messageOf(error) };
  }
  return { stream, ok: first_bad === null, ...check.summary(), first_bad };
}

/** Whether the order that an operator's entry came of names its key; whose order it is was looked at before. */
function handedOver({ key, order }: OperatorBody): boolean {
  if (order === undefined) return false;
  const { call, body } = readOrder(order.text);
  return call === "HandOver" && pick(body, "to") === key;
}

class Check {
  readonly #journal: Pick<JournalReader, "read" | "get">;
  readonly #stream: Stream;
  #fleet: { readonly id: string; readonly state: FleetState } | null = null;
  #state: WalletState = emptyWallet;
  #terms: Terms | null = null;
  #allowed: string | null = null;
  #refusals = 0;
  #judgedAgain = 0;
  #withoutFacts = 0;

  constructor(journal: Pick<JournalReader, "read" | "get">, stream: Stream) {
    this.#journal = journal;
    this.#stream = stream;
  }

  /** Why an entry does not follow from what is before it; null when it does. */
  async entry(raw: Entry): Promise<string | null> {
    let reason: string | null;
    try {
      reason = await this.#fault(raw);
      if (reason === null) this.#state = applyEntry(this.#state, raw);
    } catch (error) {
      // An entry of the wrong shape makes the fold itself fail.
      if (!(error instanceof MandateError || error instanceof TypeError)) throw error;
      reason = messageOf(error);
    }
    return reason;
  }

  /** What is missing where the stream ends; null: nothing. */
  ended(): string | null {
    return firstStartFault(this.#state, this.#stream, null);
  }

  summary(): Pick<StreamCheck, "cycles" | "requests" | "refusals" | "verdicts"> {
    const requests = { confirmed: 0, rejected: 0, released: 0, unresolved: 0, open: 0 };
    for (const { settled } of this.#state.requests.values()) requests[settled?.outcome ?? "open"] += 1;
    const verdicts = { judged_again: this.#judgedAgain, without_facts: this.#withoutFacts };
    return { cycles: this.#state.cycle, requests, refusals: this.#refusals, verdicts };
  }

  async #fault(raw: Entry): Promise<string | null> {
    const allowed = this.#allowed;
    this.#allowed = null;
    const entry = { kind: raw.kind, body: raw.body } as unknown as WalletEntry;
    if (entry.kind !== "pinned" && this.#state.pinned === null) return "nothing can come before the terms are pinned";
    const unordered = orderFault(this.#state, entry) ?? firstStartFault(this.#state, this.#stream, { entry, at: raw.at });
    if (unordered !== null) return unordered;
    switch (entry.kind) {
      case "pinned":
        this.#terms = termsFromJson(entry.body.terms);
        return hashOf(this.#terms) === entry.body.terms_hash ? null : "the pinned terms are not those of their hash";
      case "started":
        return entry.body.terms === this.#state.pinned?.terms_hash
          ? null
          : "it was started with other terms than the pinned ones";
      case "opened":
        return this.#opened(entry.body);
      case "judged":
        return this.#judged(entry.body, raw);
      case "reserved":
        return this.#reserved(entry.body, allowed);
      case "signed":
        return this.#signed(entry.body);
      case "settled":
        return this.#settled(entry.body);
      case "operator":
        return this.#state.operator === null || handedOver(entry.body) ? null : "another operator was pinned before";
      case "amended":
        this.#terms = termsFromJson(entry.body.terms);
        return hashOf(this.#terms) === entry.body.terms_hash ? null : "the amended terms are not those of their hash";
      case "answered": {
        const held = this.#state.permits.get(entry.body.permit);
        return held && ["open", "granted"].includes(permitStatus(held, raw.at)) ? null : "it answers a question that is not open";
      }
      default:
        return null;
    }
  }

  #opened({ cycle, holdings }: OpenedBody): string | null {
    if (cycle !== this.#state.cycle + 1) return `cycle ${cycle} does not follow cycle ${this.#state.cycle}`;
    if (this.#state.open.length > 0 || this.#state.stopped !== null) return null;
    const exchanges = Object.keys(this.#terms?.book.exchanges ?? {});
    for (const { account, asset, amount } of holdings) {
      // An exchange's dollars are its equity: worth something else every moment.
      if (exchanges.some((label) => asset === `${label}/USDC`)) continue;
      const expected = this.#state.holdings[holdingKey(account, asset)] ?? ZERO;
      if (decimal(amount).lt(expected)) {
        return `${account} holds ${amount} ${asset}, the entries before say ${expected.toFixed()}, and nothing was stopped`;
      }
    }
    return null;
  }

  async #judged(body: JudgedBody, { at }: Entry): Promise<string | null> {
    if (body.verdict === "allow") this.#allowed = body.key;
    else this.#refusals += 1;
    let facts: Awaited<ReturnType<typeof dereference>>;
    try {
      facts = await dereference(this.#journal, body.facts);
    } catch (error) {
      if (!(error instanceof MissingBodyError)) throw error;
      this.#withoutFacts += 1;
      return null;
    }
    const shared = await this.#fleetBudgets(pick(facts, "budgets", "fleet", "seq"), at);
    const budgets = budgetsAt(this.#state, at, body.cycle, shared);
    if (canonicalJson(budgets) !== canonicalJson(pick(facts, "budgets")))
      return "the budgets that it was judged by are not those of the entries before";
    const { data: verdict } = verdictWire.safeParse(pick(facts, "verdict"));
    const prices = pricesFromJson(pick(facts, "prices"));
    if (!verdict || !prices) return "its facts are no verdict and prices";
    if (verdict.kind !== body.verdict) return "its verdict is not that of its facts";
    if (!this.#terms) return "nothing was pinned to judge it by";
    const held = body.permit === undefined ? undefined : this.#state.permits.get(body.permit);
    if (body.permit !== undefined && (!held || permitStatus(held, at) !== "granted"))
      return `permit ${body.permit} was not granted`;
    const authority = { approved: body.permit !== undefined, operator: body.by === "operator" };
    const again = decide(this.#terms, verdict.effects, prices, budgets, at, authority);
    // A request that comes while another is open is denied whatever the rules say.
    const unasked = again.kind === "ask" && body.codes.some((code) => code === "APPROVALS_FULL" || code === "APPROVAL_DENIED");
    const kind = inTheWay(this.#state, verdict.effects.block?.chain ?? null, again).length > 0 || unasked ? "deny" : again.kind;
    if (kind !== verdict.kind) return `judged again, the verdict is ${kind}, not ${verdict.kind}`;
    this.#judgedAgain += 1;
    return null;
  }

  /** What the wallets of the fleet had taken by the entry of its stream that a judgment names. */
  async #fleetBudgets(named: Json | undefined, at: Instant): Promise<FleetBudgets | undefined> {
    const fleet = this.#terms?.fleet;
    if (!fleet || typeof named !== "number") return undefined;
    // Judgments of one wallet name entries that never go back; another fleet begins anew.
    const known = this.#fleet?.id === fleet.id && this.#fleet.state.seq <= named ? this.#fleet.state : emptyFleet;
    let state = known;
    for await (const entry of this.#journal.read(fleetStream(fleet.id), known.seq)) {
      if (entry.seq > named) break;
      state = applyFleetEntry(state, entry);
    }
    this.#fleet = { id: fleet.id, state };
    return fleetBudgetsAt(state, at, this.#stream);
  }

  #reserved({ key }: ReservedBody, allowed: string | null): string | null {
    if (this.#state.requests.get(key)) return "this request was reserved before";
    return allowed === key ? null : "it was reserved without a verdict that allows it";
  }

  #signed({ key, transactions, signature }: SignedBody): string | null {
    const request = this.#state.requests.get(key);
    if (!request) return "it was signed without a reservation";
    if (request.closedAt !== null) return "it was signed after it had ended";
    if (signature !== undefined && (request.signature !== null || transactions.length > 0)) return "it was signed twice";
    const next = { ...this.#state.nonces };
    const own = new Set(request.transactions.map(({ chain, nonce }) => `${chain} ${nonce}`));
    const exchanges = new Set(Object.keys(this.#terms?.book.exchanges ?? {}));
    for (const { chain, nonce, purpose } of transactions) {
      const again = own.has(`${chain} ${nonce}`);
      // A chain counts its nonces; an exchange takes any that is higher than those before.
      const at = next[chain] ?? Number.NaN;
      const fits = again || (purpose === "call" && (exchanges.has(chain) ? nonce >= at : nonce === at));
      if (!fits) return `nonce ${nonce} on ${chain} was not the next: the entries before say ${next[chain] ?? "none"}`;
      if (!again) next[chain] = nonce + 1;
    }
    return null;
  }

  #settled({ key, outcome, transactions, nonces, deltas }: SettledBody): string | null {
    const request = this.#state.requests.get(key);
    if (!request) return "it was settled without a reservation";
    if (request.closedAt !== null) return "it was settled before";
    const signed = new Set(request.transactions.map(({ hash }) => hash));
    // A message is used in transactions of others, for no more than it said.
    const { signature } = request;
    if (signature !== null) signed.add(signature.digest);
    const stranger = transactions.find(({ hash, log }) => !signed.has(hash) && (signature === null || log === undefined));
    const over = signature && deltas.find(({ asset, amount }) => decimal(amount).negated().gt(takenBy(signature, asset)));
    if (over) return `it moved ${over.amount} ${over.asset}, more than the message said`;
    if (stranger) return `it names transaction ${stranger.hash}, which was not signed for it`;
    if (outcome === "confirmed" && transactions.length === 0) return "it was confirmed without a transaction";
    for (const [chain, nonce] of Object.entries(nonces)) {
      if (nonce > (this.#state.nonces[chain] ?? 0)) return `it says nonce ${nonce} on ${chain}, which was not signed`;
    }
    return null;
  }
}

/** What a message lets be taken of an asset. */
function takenBy({ amounts }: SignatureBody, asset: string): Decimal {
  return amounts.reduce((total, part) => (part.asset === asset ? total.plus(decimal(part.amount)) : total), ZERO);
}
