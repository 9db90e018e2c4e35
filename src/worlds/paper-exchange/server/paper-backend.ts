import type { Instant } from "../../../core/clock.ts";
import { Decimal } from "../../../core/decimal.ts";
import type { Address } from "../../../core/hex.ts";
import { weightOfAction, weightOfInfo } from "../../../protocols/hyperliquid/request-weights.ts";
import { answerInfo, type Known } from "./answer-info.ts";
import type { Faults } from "./faults.ts";
import { type Backend, MISUNDERSTOOD, type Push, type Reply, type Subscription } from "./http-front.ts";
import { identify } from "./identify.ts";
import type { NonceWindows } from "./nonce-windows.ts";
import { noticesOf } from "./notices.ts";
import { type Answer, performAction, refused, sizeOf } from "./perform-action.ts";
import type { IpWeights } from "./rate-limits.ts";
import { type ActionRequest, readAction } from "./read-action.ts";
import { readQuestion } from "./read-question.ts";
import type { Session } from "./socket-session.ts";
import { Subscriptions } from "./subscriptions.ts";
import { thinBook } from "./thin-book.ts";

/** All that stands behind the wire. */
export interface Venue extends Known {
  readonly nonces: NonceWindows;
  readonly weights: IpWeights;
  readonly faults: Faults;
  /** The machine's time, which many clients take their nonces from. */
  readonly machineNow: () => Promise<Instant>;
}

const TOO_MANY: Reply = { status: 429, body: "Too Many Requests" };
const BAD_GATEWAY: Reply = { status: 502, body: "Bad Gateway" };

/** Serves questions, actions and subscriptions from one exchange. */
export class PaperBackend implements Backend {
  readonly #venue: Venue;
  readonly #subscriptions: Subscriptions;
  /** The last answer to each question, for when the data are stale. */
  readonly #answers = new Map<string, unknown>();
  /** Actions that are on their way still. */
  readonly #late: { readonly request: ActionRequest; questions: number }[] = [];

  constructor(venue: Venue) {
    this.#venue = venue;
    this.#subscriptions = new Subscriptions((question) => {
      const read = readQuestion(question);
      return read === null ? null : answerInfo(venue, read);
    }, venue.faults);
    venue.exchange.on((event) => {
      for (const notice of noticesOf(event)) this.#subscriptions.note(notice);
    });
  }

  async info(body: unknown, ip: string): Promise<Reply> {
    const { faults, weights } = this.#venue;
    const question = readQuestion(body);
    if (question === null) return { status: 422, body: MISUNDERSTOOD };
    // A world's clock is no load and never stale: who rehearses lives by it.
    if (question.type === "exchangeStatus") return { status: 200, body: answerInfo(this.#venue, question) };
    const times = [this.#venue.exchange.now, await this.#venue.machineNow()];
    await this.#arrive();
    if (!weights.take(ip, weightOfInfo(question.type), times)) return TOO_MANY;
    const fault = faults.strike("info");
    if (fault === "http_429") return TOO_MANY;
    if (fault === "http_5xx") return BAD_GATEWAY;
    const key = JSON.stringify(question);
    const before = this.#answers.get(key);
    if (fault === "stale" && before !== undefined) return { status: 200, body: before };
    const answer = answerInfo(this.#venue, question);
    if (Array.isArray(answer)) weights.add(ip, weightOfInfo(question.type, answer.length) - weightOfInfo(question.type), times);
    if (this.#answers.size > 5_000) this.#answers.clear();
    this.#answers.set(key, answer);
    return { status: 200, body: answer };
  }

  async exchange(body: unknown, ip: string): Promise<Reply> {
    const request = readAction(body);
    if (request === null) return { status: 422, body: MISUNDERSTOOD };
    const machineNow = await this.#venue.machineNow();
    const times = [this.#venue.exchange.now, machineNow];
    if (!this.#venue.weights.take(ip, weightOfAction(sizeOf(request).n), times)) return TOO_MANY;
    const fault = this.#venue.faults.strike("action");
    if (fault === "http_429") return TOO_MANY;
    if (fault === "http_5xx") return BAD_GATEWAY;
    if (fault === "drop_request") return "silence";
    if (fault === "cut_request") return "cut";
    if (fault === "late_request") {
      this.#late.push({ request, questions: this.#venue.faults.delay() });
      return "cut";
    }
    const first = await this.#act(request, machineNow);
    const answer = fault === "duplicate_request" ? await this.#act(request, machineNow) : first;
    this.#subscriptions.flush();
    if (fault === "drop_answer") return "silence";
    if (fault === "cut_answer") return "cut";
    return fault === "error_after" ? BAD_GATEWAY : { status: 200, body: answer };
  }

  /** Lets the actions come that were held up for long enough. */
  async #arrive(): Promise<void> {
    if (this.#late.length === 0) return;
    for (const one of this.#late) one.questions -= 1;
    const due = this.#late.filter(({ questions }) => questions <= 0);
    this.#late.splice(0, this.#late.length, ...this.#late.filter(({ questions }) => questions > 0));
    const machineNow = await this.#venue.machineNow();
    for (const { request } of due) await this.#act(request, machineNow);
    this.#subscriptions.flush();
  }

  connect(session: Session): () => void {
    return this.#subscriptions.connect(session);
  }

  subscribe(session: Session, subscription: Subscription): readonly Push[] | string {
    return this.#subscriptions.subscribe(session, subscription);
  }

  unsubscribe(session: Session, subscription: Subscription): readonly Push[] | string {
    return this.#subscriptions.unsubscribe(session, subscription);
  }

  /** Tells subscribers what has happened since the last time. */
  publish(): void {
    this.#subscriptions.flush();
  }

  async #act(request: ActionRequest, machineNow: Instant): Promise<Answer> {
    const { exchange, wallets, nonces, quotas } = this.#venue;
    const accounts = {
      exists: (address: Address) => exchange.exists(address),
      operatorOf: (address: Address) => exchange.ownerOf(address),
    };
    const identity = await identify(request, { accounts, wallets, now: exchange.now });
    if (typeof identity === "string") return refused(identity);
    // From here on nothing waits: what is checked still holds when it is done.
    const { expiresAfter, nonce, unsupported } = request;
    if (expiresAfter !== undefined && expiresAfter < exchange.now) {
      return refused(`Action expired: expiresAfter ${expiresAfter} is before ${exchange.now}`);
    }
    const replayed = nonces.take(identity.signer, nonce, [exchange.now, machineNow]);
    if (replayed !== null) return refused(replayed);
    const volume = new Decimal(exchange.volume(identity.account));
    const { n, cancels } = sizeOf(request);
    const exhausted = quotas.take(identity.account, n, { volume, now: exchange.now, cancels });
    if (exhausted !== null) return refused(exhausted);
    if (unsupported !== null) return refused(unsupported);
    this.#thin(request);
    return performAction(this.#venue, request, identity);
  }

  /** Where chance wants it, an order that fills at once or not at all meets less than it could. */
  #thin({ action: { value } }: ActionRequest): void {
    if (value.type !== "order") return;
    for (const order of value.orders) {
      if (!("limit" in order.t) || (order.t.limit.tif !== "Ioc" && order.t.limit.tif !== "FrontendMarket")) continue;
      const share = this.#venue.faults.share();
      if (share < 1) thinBook(this.#venue.exchange, order, share);
    }
  }
}
