import { type Instant, MINUTE, SECOND } from "../../../core/clock.ts";
import { type Decimal, decimal, sum, ZERO } from "../../../core/decimal.ts";
import type { Hash, Hex } from "../../../core/hex.ts";
import { hashOf, toJson } from "../../../core/json.ts";
import type {
  AmountsBody,
  OrderBody,
  SettledBody,
  TransactionBody,
  TransferBody,
  WalletEntry,
} from "../../../journal/entries.ts";
import type { RequestState } from "../../../journal/fold-wallet.ts";
import { type AssetId, type Effects, splitAssetId } from "../../../protocols/effects.ts";
import type { ExchangeMove } from "../../../protocols/exchange-effects.ts";
import type { ExchangeAnswer } from "../../../protocols/hyperliquid/exchange-answer.ts";
import type { Fill, LedgerUpdates } from "../../../protocols/hyperliquid/info-schemas.ts";
import type { Outcome, Request } from "../../contract.ts";
import { outcomeOf } from "../../outcome.ts";
import type { Prospect, RailDesk } from "../../rail-desk.ts";
import { holdingBody, released } from "../../settlement.ts";
import type { WalletContext } from "../../wallet-context.ts";
import { callOf, marketsIn, orderBody, ordersIn } from "./asked.ts";
import type { SignableAction } from "./assess.ts";
import { figuresAfter } from "./figures.ts";
import { ForeignWatch } from "./foreign.ts";
import { ACCEPTED_FOR, type HyperliquidRail, type SignedExchangeAction } from "./hyperliquid-rail.ts";
import { exitKind, idleExits } from "./idle-exits.ts";
import { measureOrders, type OrderSeen } from "./measure.ts";
import { type Fate, fateOf, fillsOf } from "./order-fate.ts";
import {
  isMade,
  leavingPerps,
  ownTransfers,
  settledTransfer,
  transferBody,
  transferIn,
  transferProblem,
} from "./own-transfers.ts";
import { holdingsIn } from "./standing.ts";

interface Sent {
  readonly signed: SignedExchangeAction;
  readonly body: TransactionBody;
}

/** How often the account is valued only to see whether what rests may go on resting. */
const VALUE_EVERY = 30 * SECOND;

/** How much earlier than by the gateway's clock the venue may say that something filled. */
const CLOCKS_APART = MINUTE;

/** The pipeline's hands on one account of the exchange. */
export class HyperliquidDesk implements RailDesk {
  readonly #wallet: WalletContext;
  readonly #rail: HyperliquidRail;
  readonly #watch: ForeignWatch;
  /** Orders that the venue refused or was never asked for, and why. Known to this life alone; expiry tells any other. */
  readonly #refused = new Map<string, string>();
  /** Of those, the ones that the venue was never asked for. */
  readonly #unsent = new Set<string>();
  /** Actions that the venue answered, by hash. Null: it did what was asked. */
  readonly #answered = new Map<string, string | null>();
  /** Open requests of which every order is known to rest: nothing has to wait for them. */
  readonly #resting = new Set<Hash>();
  #valued: { readonly at: Instant; readonly usd: Decimal | null } | null = null;

  constructor(wallet: WalletContext, rail: HyperliquidRail) {
    this.#wallet = wallet;
    this.#rail = rail;
    this.#watch = new ForeignWatch(rail, wallet.state, wallet.parts.lastLife);
  }

  async look({ actions }: Request, now: Instant): Promise<Prospect> {
    const wallet = this.#wallet;
    const { label } = this.#rail;
    const asked = actions.map((action) => (action.rail === "hyperliquid" ? action.action : action));
    this.#rail.reads.judging(now);
    const leaving_usd = leavingPerps(wallet.state);
    const view = { ...(await wallet.reach(() => this.#rail.view(now, asked.flatMap(marketsIn)))), leaving_usd };
    await this.#watch.stopWhereFound(wallet, view, now);
    const transfers = ownTransfers(wallet.state);
    const {
      effects: exchange,
      actions: signable,
      unknown,
    } = this.#rail.assess(
      asked,
      view,
      (read) => idleExits(wallet.state.requests.values(), exitKind(read), now),
      (transfer) => transferProblem(transfer, transfers, now),
    );
    const effects: Effects = {
      deltas: [],
      allowances: [],
      payments: [],
      unfloored: [],
      pools: [],
      calls: signable.map((action) => callOf(action, this.#rail, wallet.accountId)),
      gas: [],
      deadline: null,
      unknown,
      before: holdingsIn(view, label, wallet.accountId),
      block: null,
      exchange,
      evidence: hashOf(toJson(view)),
    };
    const withMoves = (moves: readonly ExchangeMove[]) => ({
      ...exchange,
      moves,
      after: { ...figuresAfter(view, exchange.markets, moves), quota_left: view.quota_left },
    });
    return { effects, prices: view.prices, withMoves, send: (key, holds) => this.#send(key, signable, now, holds) };
  }

  async check(now: Instant): Promise<void> {
    await this.#watch.stopWhereFound(this.#wallet, await this.#wallet.reach(() => this.#rail.view(now, [])), now);
  }

  /**
   * Where something rests that may not any more, or where it is not known what became of something: until its bytes have
   * expired only who sent it asks.
   */
  async isDue(request: RequestState, now: Instant): Promise<boolean> {
    const sent = request.transactions.flatMap(({ exchange }) => (exchange ? [exchange] : []));
    if (!this.#resting.has(request.key) && sent.every(({ expires }) => now > expires)) return true;
    if (!sent.some(({ orders }) => orders.some(({ opens, rests }) => opens && rests))) return false;
    return this.#mayRestNoLonger(request, now, () => this.#valueOfLate(now));
  }

  waiting(): readonly Hash[] {
    return this.#wallet.state.open.filter((key) => !this.#resting.has(key));
  }

  /** Everything is signed and kept before the first is sent: what follows one that was not taken is not sent at all. */
  async #send(key: Hash, actions: readonly SignableAction[], now: Instant, holds: () => boolean): Promise<void> {
    const wallet = this.#wallet;
    const sent: Sent[] = [];
    for (const [i, action] of actions.entries()) sent.push(await this.#sign(`${key} ${i}`, action, { i, now, purpose: "call" }));
    wallet.crash("after-sign");
    if (!holds()) return;
    await wallet.keep(
      key,
      sent.map(({ signed, body }) => ({ bytes: signed.bytes, body })),
    );
    wallet.crash("after-commit");
    let stopped: string | null = null;
    for (const { signed } of sent) {
      if (stopped === null) stopped = this.#heard(signed, await this.#rail.submit(signed.bytes));
      else {
        this.#never(signed, stopped);
        for (const cloid of signed.cloids) this.#unsent.add(cloid);
      }
    }
    wallet.crash("after-submit");
  }

  async #sign(
    id: string,
    action: SignableAction,
    { i, now, purpose }: { readonly i: number; readonly now: Instant; readonly purpose: "call" | "cancel" },
  ): Promise<Sent> {
    const { label } = this.#rail;
    const nonce = Math.max(now, this.#wallet.state.nonces[label] ?? 0) + i;
    const signed = await this.#rail.sign(action, { id, nonce, now });
    const orders = ordersIn(action).map((order, n) => ({
      ...orderBody(order, signed.cloids[n] ?? "0x", this.#rail),
      ...(action.type === "order" && action.grouping === "positionTpsl" ? { follows: true as const } : {}),
    }));
    const transfer = action.type === "usdClassTransfer" ? { transfer: transferBody(action, await this.#ledger(now), now) } : {};
    const exchange = { expires: signed.expires, orders, ...transfer };
    return { signed, body: { hash: signed.hash, chain: label, nonce, gas_most: "0", purpose, exchange } };
  }

  /** Why nothing after this may be sent. Null: all of it was taken. */
  #heard(signed: SignedExchangeAction, answer: ExchangeAnswer | null): string | null {
    if (answer === null) return "an earlier action of the request was not answered";
    if (answer.kind === "refused") {
      this.#never(signed, answer.reason);
      return answer.reason;
    }
    this.#answered.set(signed.hash, null);
    if (answer.kind === "done") return null;
    let first: string | null = null;
    const { statuses } = answer;
    const count = Math.max(signed.cloids.length, statuses.length);
    for (let i = 0; i < count; i++) {
      // One error may stand for a whole batch.
      const status = statuses[i] ?? (statuses.length === 1 ? statuses[0] : undefined);
      if (typeof status !== "object" || !("error" in status)) continue;
      first ??= status.error;
      const cloid = signed.cloids[i];
      if (cloid) this.#refused.set(cloid, status.error);
      else this.#answered.set(signed.hash, status.error);
    }
    return first;
  }

  #never({ hash, cloids }: SignedExchangeAction, reason: string): void {
    this.#answered.set(hash, reason);
    for (const cloid of cloids) this.#refused.set(cloid, reason);
  }

  /** What moved between classes, as far back as a clock may be off. */
  #ledger(now: Instant): Promise<LedgerUpdates> {
    return this.#wallet.reach(() => this.#rail.ledger(now - CLOCKS_APART, { anew: true }));
  }

  /** Looks a transfer up in the account's ledger. Until that tells of it, or its nonce is too old, it may still come. */
  async #settleTransfer(request: RequestState, transfer: TransferBody, now: Instant): Promise<Outcome> {
    const wallet = this.#wallet;
    const [sent] = request.transactions;
    // The venue's time is read before its ledger, as it is before orders.
    const venueNow = Math.min(now, await wallet.reach(() => this.#rail.venueNow()));
    const ledger = await wallet.reach(() => this.#rail.ledger(transfer.since, { anew: true }));
    // Of bytes that came twice the second are refused by their nonce: that says nothing of the first.
    const told = sent ? (this.#answered.get(sent.hash) ?? null) : null;
    const refusal = told !== null && /nonce/i.test(told) ? null : told;
    const made = isMade(transfer, ledger);
    const over = venueNow > (sent?.exchange?.expires ?? venueNow);
    if (!made && refusal === null && !over) {
      // Others need not wait for it: what it may yet do counts in every judgment.
      if (now > request.reservedAt + ACCEPTED_FOR) this.#resting.add(request.key);
      return outcomeOf(request);
    }
    this.#resting.delete(request.key);
    wallet.crash("before-settle");
    const outcome = made ? "confirmed" : refusal === null ? "released" : "rejected";
    const reason = made ? null : (refusal ?? "the venue never took it, and will not any more");
    await wallet.commit([{ kind: "settled", body: settledTransfer(request, { outcome, reason }) }], now);
    if (sent) await wallet.parts.signed.delete(sent.hash);
    return outcomeOf(wallet.request(request.key));
  }

  async settle(request: RequestState, { looked = false }: { readonly looked?: boolean } = {}): Promise<Outcome> {
    const wallet = this.#wallet;
    const now = await wallet.now();
    if (request.phase === "reserved") {
      await wallet.commit([{ kind: "settled", body: released(request, "it was never signed") }], now);
      return outcomeOf(wallet.request(request.key));
    }
    const transfer = transferIn(request);
    if (transfer !== null) return this.#settleTransfer(request, transfer, now);
    const { seen, over } = await wallet.reach(() => this.#sight(request, now));
    const measured = measureOrders(request, seen, { book: this.#rail.book, account: wallet.accountId });
    const pending = seen.some(({ fate }) => fate === "pending") || !over;
    const live = seen.filter(({ fate }) => fate === "live");
    const stop: WalletEntry[] =
      measured.breach === null ? [] : [{ kind: "stopped", body: { code: "OUT_OF_BOUNDS", reason: measured.breach } }];
    if (pending || live.length > 0) {
      if (pending) this.#resting.delete(request.key);
      else this.#resting.add(request.key);
      const { amounts, filled } = measured;
      const moved = Object.keys(filled).length > 0 && isOther(amounts, request);
      if (moved || stop.length > 0) {
        await wallet.commit([{ kind: "progressed", body: { key: request.key, amounts, filled } }, ...stop], now);
      }
      const due = live.filter(({ order }) => order.opens && order.rests);
      if (!looked && due.length > 0 && (await this.#mayRestNoLonger(request, now, () => this.#value(now)))) {
        await this.#cancel(request, due, now);
        return this.settle(wallet.request(request.key), { looked: true });
      }
      return outcomeOf(wallet.request(request.key));
    }
    this.#resting.delete(request.key);
    wallet.crash("before-settle");
    const body = this.#settledBody(request, seen, measured);
    await wallet.commit([{ kind: "settled", body }, ...stop], now);
    for (const { hash } of request.transactions) await wallet.parts.signed.delete(hash);
    return outcomeOf(wallet.request(request.key));
  }

  /** What the venue says of each order, and whether nothing of the request's other actions can come any more. */
  async #sight(
    { transactions, reservedAt }: RequestState,
    now: Instant,
  ): Promise<{ readonly seen: readonly OrderSeen[]; readonly over: boolean }> {
    const sent = transactions.flatMap(({ hash, exchange, purpose }) => (exchange ? [{ hash, exchange, purpose }] : []));
    const orders = sent.flatMap(({ exchange }) => exchange.orders.map((order) => ({ order, expires: exchange.expires })));
    // The venue's time is read before the orders: what it then does not know, it will not take any more once that is past.
    // By a word alone nothing is over before its time.
    const venueNow = Math.min(now, await this.#rail.venueNow());
    const looks = await Promise.all(orders.map((one) => this.#fateOf(one, venueNow)));
    // Fills are read last, so that an order that is over has all of its own among them.
    const since = reservedAt - CLOCKS_APART;
    const hold = (fills: readonly Fill[]) =>
      orders.map(({ order }, i): OrderSeen & { readonly short: boolean } => {
        const { fate, filled } = looks[i] ?? { fate: "pending", filled: ZERO };
        const own = fillsOf(order, fills, this.#rail.book);
        // Until every fill that the venue counts is in sight, the order keeps all that was reserved for it.
        const short = own === null || sum(own.map(({ sz }) => sz)).lt(filled);
        return { order, fate: short ? "pending" : fate, fills: own ?? [], short };
      });
    let seen = hold(await this.#rail.fills(since));
    // The list may be one that another request of this turn was held against.
    if (seen.some(({ short }) => short)) seen = hold(await this.#rail.fills(since, { anew: true }));
    const known = new Set(seen.flatMap(({ order, fate }) => (fate === "live" || fate === "ended" ? [order.cloid] : [])));
    // One is sent after the other and none after a failure: what stands before an order that was taken was taken too.
    const last = sent.findLastIndex(({ exchange }) => exchange.orders.some(({ cloid }) => known.has(cloid)));
    // An action whose orders are known was taken, whatever was answered to it.
    for (const { hash, exchange } of sent)
      if (exchange.orders.some(({ cloid }) => known.has(cloid)) && this.#answered.has(hash)) this.#answered.set(hash, null);
    const over = sent.every(
      ({ hash, exchange }, i) =>
        exchange.orders.length > 0 || i < last || this.#answered.has(hash) || venueNow > exchange.expires,
    );
    return { seen, over };
  }

  async #fateOf({ order, expires }: { readonly order: OrderBody; readonly expires: Instant }, venueNow: Instant): Promise<Fate> {
    if (this.#unsent.has(order.cloid)) return { fate: "never", filled: ZERO };
    const found = await this.#rail.look(order.cloid as Hex);
    const over = this.#refused.has(order.cloid) || venueNow > expires;
    if (found.status === "unknownOid") return { fate: over ? "never" : "pending", filled: ZERO };
    const rests = async () => (await this.#rail.reads.openOrders()).some(({ cloid }) => cloid === order.cloid);
    const fate = await fateOf(order, found.order, { book: this.#rail.book, rests });
    // It counts in full, and what rests can be cancelled. A look that failed would fail every call after it, exits among them.
    if (fate === null) return { fate: (await rests()) ? "live" : "pending", filled: ZERO };
    // Bytes that came twice are refused the second time: what the venue knows goes before what it answered.
    if (fate.fate !== "never") this.#refused.delete(order.cloid);
    return fate;
  }

  /** Whether orders that could open may rest no longer: too old, or the wallet may only reduce. */
  async #mayRestNoLonger({ reservedAt }: RequestState, now: Instant, value: () => Promise<Decimal | null>): Promise<boolean> {
    const { state, parts } = this.#wallet;
    const { limits } = parts.terms;
    if (state.stopped !== null || now >= reservedAt + limits.order_expiry_seconds.toNumber() * SECOND) return true;
    const failures = limits.max_consecutive_failures;
    if (failures !== "unlimited" && failures.lte(state.consecutiveFailures)) return true;
    const [stop, peak] = [limits.stop_loss_pct, state.highWaterUsd];
    if (stop === "unlimited" || peak === null || peak.isZero()) return false;
    const worth = await value();
    if (worth === null) return false;
    const fallen = peak.minus(worth);
    return fallen.times(100).gte(peak.times(stop));
  }

  /** What the account is worth, as of half a minute ago at most. */
  async #valueOfLate(now: Instant): Promise<Decimal | null> {
    if (this.#valued === null || Math.abs(now - this.#valued.at) >= VALUE_EVERY)
      this.#valued = { at: now, usd: await this.#value(now) };
    return this.#valued.usd;
  }

  #value(now: Instant): Promise<Decimal | null> {
    return this.#wallet.reach(() => this.#rail.shownValue(now));
  }

  async #cancel(request: RequestState, live: readonly OrderSeen[], now: Instant): Promise<void> {
    const { markets } = this.#rail.book;
    const cancels = live.flatMap(({ order }) => {
      const entry = markets[splitAssetId(order.asset as AssetId).symbol];
      return entry ? [{ asset: entry.asset, cloid: order.cloid as Hex }] : [];
    });
    const id = `${request.key} cancel ${request.transactions.length}`;
    const { signed, body } = await this.#sign(id, { type: "cancelByCloid", cancels }, { i: 0, now, purpose: "cancel" });
    await this.#wallet.keep(request.key, [{ bytes: signed.bytes, body }]);
    this.#heard(signed, await this.#rail.submit(signed.bytes));
  }

  #settledBody(
    request: RequestState,
    seen: readonly OrderSeen[],
    { amounts, deltas, fees_usd }: Pick<ReturnType<typeof measureOrders>, "amounts" | "deltas" | "fees_usd">,
  ): SettledBody {
    const calls = request.transactions.filter(({ purpose }) => purpose === "call");
    const refused = [
      ...calls.flatMap(({ hash }) => this.#answered.get(hash) ?? []),
      ...seen.flatMap(({ order }) => this.#refused.get(order.cloid) ?? []),
    ];
    const [reason = null] = refused;
    const heard = calls.every(({ hash }) => this.#answered.has(hash));
    const taken =
      seen.length === 0 ? heard && reason === null : seen.some(({ fate, fills }) => fate === "ended" || fills.length > 0);
    const outcome = taken ? "confirmed" : reason === null ? "released" : "rejected";
    const never = seen.length > 0 ? "the venue never took it, and will not any more" : "the venue did not say whether it took it";
    const told = outcome === "released" ? never : reason;
    return {
      key: request.key,
      outcome,
      reason: told,
      actual: amounts,
      deltas: deltas.map(holdingBody),
      ...(deltas.length === 0 ? {} : { fees_usd: fees_usd.toFixed() }),
      transactions: request.transactions.map(({ hash }) => ({
        hash,
        status: (this.#answered.get(hash) ?? null) !== null ? "reverted" : taken ? "success" : "unknown",
        block: null,
      })),
      nonces: {},
    };
  }
}

/** Whether a request counts for something else than it did. */
function isOther(amounts: AmountsBody, { amounts: before }: RequestState): boolean {
  const same = (["spend_usd", "loss_usd", "exit_loss_usd"] as const).every((name) => before[name].eq(decimal(amounts[name])));
  return !same;
}
