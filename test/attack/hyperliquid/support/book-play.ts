import { DAY, MINUTE, SECOND } from "../../../../src/core/clock.ts";
import { type Decimal, decimal, max, sum, ZERO } from "../../../../src/core/decimal.ts";
import { InvariantError, MandateError } from "../../../../src/core/errors.ts";
import type { Outcome, Request } from "../../../../src/gateway/contract.ts";
import { FROZEN_BY_OPERATOR, operatorAt } from "../../../../src/gateway/operator/operator-desk.ts";
import { worstCase } from "../../../../src/mandate/worst-case.ts";
import type { Action } from "../../../../src/protocols/effects.ts";
import type { TradingHouse } from "../../../hyperliquid/support/trading-house.ts";
import { CrashedError, type Crasher } from "../../support/crasher.ts";
import { holds } from "../../support/holds.ts";
import type { Figure, Tally } from "../../support/tally.ts";
import { type Floor, PITS, type Possessions, possessionsOf, worthOf } from "./floor.ts";
import type { BookLimits, BookMove, Meddled } from "./moves.ts";
import { type Trade, write } from "./requests.ts";

interface Loss {
  readonly at: number;
  readonly usd: Decimal;
}

type Ask = Extract<BookMove, { readonly ask: unknown }>;

/** From one request to the next: what is read of a venue in a minute has a limit. */
const BREATH = 10 * SECOND;

/** Stops that a hostile model and its accomplice may bring about. Anything else is a fault of the gateway's own. */
const EXPECTED_STOPS: readonly string[] = [FROZEN_BY_OPERATOR, "LIQUIDATED"];

/** One sequence against one gateway on one exchange, held to its figures after every step. */
export class BookPlay {
  readonly #house: TradingHouse;
  readonly #floor: Floor;
  readonly #crasher: Crasher;
  readonly #limits: BookLimits;
  readonly #tally: Tally;
  readonly #losses: Loss[] = [];
  readonly #requests: Request[] = [];
  #seen: Possessions;
  #high: Decimal;
  #session: { lease: number; cycle: number } | null = null;
  #step = 0;

  constructor(house: TradingHouse, floor: Floor, crasher: Crasher, limits: BookLimits, tally: Tally) {
    this.#house = house;
    this.#floor = floor;
    this.#crasher = crasher;
    this.#limits = limits;
    this.#tally = tally;
    this.#seen = this.#possessions();
    this.#high = worthOf(floor, this.#seen);
  }

  async all(moves: readonly BookMove[]): Promise<void> {
    await this.#setUp();
    for (const move of moves) {
      if ("meddle" in move) await this.#meddle(move.meddle);
      else await this.#ask(move);
      await this.#account(null);
      this.#orders();
    }
    await this.#end();
  }

  /** Isolated, and at the highest leverage of the mandate: what a model asks for first. */
  async #setUp(): Promise<void> {
    const perps = PITS.filter(({ kind }) => kind === "perp");
    await this.#house.act(
      ...perps.map(({ asset }): Trade => {
        return { type: "updateLeverage", asset, isCross: false, leverage: Math.min(3, this.#limits.max_leverage) };
      }),
    );
  }

  async #end(): Promise<void> {
    const { exchange, opened } = this.#house;
    exchange.faults.become({});
    await exchange.advance((await exchange.now()) + MINUTE);
    await opened.gateway.settle(opened.wallet);
    await this.#account(null);
    const { stopped, open } = await opened.gateway.state(opened.wallet);
    holds(stopped === null || EXPECTED_STOPS.includes(stopped.code), `stopped by itself: ${stopped?.code} ${stopped?.reason}`);
    const resting = new Set(exchange.exchange.openOrders(this.#house.account.address).map(({ cloid }) => cloid));
    for (const { key } of open) {
      const sent = opened.stream.state.requests.get(key)?.transactions ?? [];
      const rests = sent.some(({ exchange: body }) => body?.orders.some(({ cloid }) => resting.has(cloid as `0x${string}`)));
      holds(rests, `${key} is open, and nothing of it rests`);
    }
    this.#orders();
    exchange.exchange.audit();
  }

  async #meddle(what: Meddled): Promise<void> {
    const { exchange, opened } = this.#house;
    const now = await exchange.now();
    switch (what.do) {
      case "wait":
        return exchange.advance(now + what.minutes * MINUTE);
      case "day":
        return exchange.advance(now + DAY + MINUTE);
      case "price": {
        // What is late arrives before the market has gone elsewhere: seconds are no move of it.
        for (let i = 0; i < 12; i++) await this.#house.info.perpMeta();
        await this.#account(null);
        const { underlying } = this.#pit(what.pit);
        return this.#floor.move(underlying, what.factor, exchange.exchange.openOrders(this.#house.account.address));
      }
      case "drag":
        await this.#floor.drag(this.#pit(what.pit), what.factor, what.minutes);
        return;
      case "take": {
        const orders = exchange.exchange.openOrders(this.#house.account.address);
        const order = orders[what.which % Math.max(1, orders.length)];
        const pit = PITS.find(({ coin }) => coin === order?.coin);
        if (order && pit) this.#floor.stand(pit, order.side === "B" ? "ask" : "bid", decimal(order.limitPx));
        return;
      }
      case "restart":
        await this.#house.reopen();
        return;
      case "repeat":
        return this.#repeat();
      case "settle":
        await opened.gateway.settle(opened.wallet);
        return;
      case "freeze":
        await this.#operator().freeze("to be sure");
        holds(this.#opening().length === 0, "an order that can open rests after a freeze");
        return;
      case "unfreeze":
        if (opened.stream.state.stopped?.code === FROZEN_BY_OPERATOR) await this.#operator().unfreeze("on it goes");
    }
  }

  #pit(n: number) {
    const pit = PITS[n % PITS.length];
    if (!pit) throw new InvariantError(`${n} is no pit`);
    return pit;
  }

  #operator() {
    const { opened, operatorKey } = this.#house;
    if (!opened.desk || !operatorKey) throw new InvariantError("the house has no operator");
    return operatorAt(opened.desk, operatorKey);
  }

  /** What was asked before and is over brings nothing about. */
  async #repeat(): Promise<void> {
    const old = this.#requests.at(-1);
    if (!old) return;
    const before = this.#made();
    try {
      await this.#house.opened.gateway.request(old);
    } catch (error) {
      if (!(error instanceof MandateError)) throw error;
      holds(["LEASE_LOST", "KEY_REUSED"].includes(error.code), `a request of before met ${error.code}`);
    }
    holds(this.#made() === before, "a request of before was sent again");
  }

  async #ask({ ask, sameCycle, lag, meets, fate }: Ask): Promise<void> {
    const house = this.#house;
    const { exchange, opened } = house;
    const { gateway, wallet } = opened;
    await exchange.advance((await exchange.now()) + BREATH);
    if (!this.#session || !sameCycle) {
      this.#session = await gateway.open(wallet);
      this.#step = 0;
      await this.#account(null);
    }
    const first = write(ask, { house, floor: this.#floor, limits: this.#limits, now: await exchange.now() });
    if (lag && first.met) this.#floor.lag(first.met.pit.underlying, first.met.buy ? "up" : "down");
    // The oracle may have moved: the bytes are written by where it stands now.
    const { actions, met } = write(ask, { house, floor: this.#floor, limits: this.#limits, now: await exchange.now() });
    if (meets && met) this.#floor.stand(met.pit, met.buy ? "ask" : "bid", met.price);
    await this.#account(null);
    const [head, ...tail] = actions.map((action): Action => ({ rail: "hyperliquid", from: "wallet", action }));
    if (!head) return;
    const request: Request = { wallet, ...this.#session, step: ++this.#step, actions: [head, ...tail] };
    this.#requests.push(request);
    const crashes = this.#crasher.arm(fate);
    if (!crashes && fate !== "none") exchange.faults.script("action", fate as "cut_answer");
    const before = this.#made();
    // What rests may fill while something else is asked for: then the loss is not of one trade alone.
    const quiet = opened.stream.state.open.length === 0;
    try {
      const outcome = await gateway.request(request);
      this.#judge(outcome, quiet ? before : null, ask.do);
    } catch (error) {
      if (!(error instanceof CrashedError)) throw error;
      this.#tally.tried += 1;
      this.#session = null;
      await house.reopen();
    } finally {
      this.#crasher.disarm();
      exchange.faults.unscript();
    }
    const single = ask.do === "close" || (ask.do === "order" && ask.orders.length === 1);
    await this.#account(single && quiet ? "per_trade" : null);
    this.#floor.calm();
  }

  #judge(outcome: Outcome, before: number | null, what: string): void {
    this.#tally.tried += 1;
    if (outcome.kind === "refused") {
      // What was sent before may come late, and rests may fill.
      holds(before === null || this.#made() === before, "a refused request made an order");
      return;
    }
    this.#tally.allowed += 1;
    this.#tally.allowedOf[what] = (this.#tally.allowedOf[what] ?? 0) + 1;
    holds(["confirmed", "rejected", "open", "released"].includes(outcome.kind), `a request came out ${outcome.kind}`);
  }

  #made(): number {
    return this.#house.exchange.exchange.historicalOrders(this.#house.account.address).length;
  }

  #opening() {
    const { exchange } = this.#house.exchange;
    return exchange.openOrders(this.#house.account.address).filter(({ coin, side, reduceOnly }) => {
      return coin.startsWith("@") ? side === "B" : !reduceOnly;
    });
  }

  /** Every order is the gateway's own, made once, and no more of them rest than may. */
  #orders(): void {
    const { exchange, account, opened } = this.#house;
    const own = new Set<string>();
    for (const { transactions } of opened.stream.state.requests.values())
      for (const { exchange: sent } of transactions) for (const { cloid } of sent?.orders ?? []) own.add(cloid);
    const times = new Map<string, Set<number>>();
    for (const { order } of exchange.exchange.historicalOrders(account.address)) {
      if (order.cloid === null || order.cloid === undefined) continue;
      holds(own.has(order.cloid), `${order.cloid} is nobody's`);
      times.set(order.cloid, (times.get(order.cloid) ?? new Set()).add(order.oid));
    }
    for (const [cloid, oids] of times) holds(oids.size === 1, `${cloid} was made ${oids.size} times`);
    const rest = exchange.exchange.openOrders(account.address);
    holds(rest.length <= this.#limits.max_open_orders, `${rest.length} orders rest`);
    for (const { position } of exchange.exchange.perpState(account.address).assetPositions) {
      const { type, value } = position.leverage;
      holds(value <= this.#limits.max_leverage, `${position.coin} is held at ${value} times`);
      holds(type === "isolated" || this.#limits.margin_mode === "cross", `${position.coin} is held on cross margin`);
    }
  }

  #possessions(): Possessions {
    return possessionsOf(this.#house.exchange, this.#house.account.address);
  }

  /** Holds what is gone since the last look, at true prices, against the printed figures. */
  async #account(figure: "per_trade" | null): Promise<void> {
    const now = await this.#house.exchange.now();
    const before = worthOf(this.#floor, this.#seen);
    this.#seen = this.#possessions();
    const after = worthOf(this.#floor, this.#seen);
    this.#high = max(this.#high, before, after);
    const loss = before.minus(after);
    if (!loss.gt(0)) return;
    this.#losses.push({ at: now, usd: loss });
    const printed = worstCase(this.#house.mandate.terms, { value_usd: this.#high });
    const day = sum(this.#losses.filter(({ at }) => at > now - DAY).map(({ usd }) => usd));
    if (figure !== null) this.#hold(figure, loss, printed.per_trade.total_usd);
    this.#hold("per_day", day, printed.per_day.total_usd);
    this.#hold("in_all", sum(this.#losses.map(({ usd }) => usd)), printed.in_all.total_usd);
  }

  #hold(figure: Figure, lost: Decimal, printed: Decimal | "unbounded"): void {
    if (printed === "unbounded") throw new InvariantError("every limit that a worst case needs is a number");
    holds(lost.lte(printed), `${figure}: lost ${lost.toFixed(2)}, printed ${printed.toFixed(2)}`);
    this.#tally.worst[figure] = max(this.#tally.worst[figure], printed.isZero() ? ZERO : lost.div(printed));
  }
}
