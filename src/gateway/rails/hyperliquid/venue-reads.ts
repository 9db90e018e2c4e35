import { type Instant, isoTime, MINUTE, SECOND } from "../../../core/clock.ts";
import { decimal } from "../../../core/decimal.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import { consistentOrders, consistentPerps, consistentSpot, type SeenPerps } from "../../../protocols/hyperliquid/consistent.ts";
import {
  type InfoClient,
  InfoShapeError,
  InfoUnavailableError,
  isTooMany,
  isUnknownQuestion,
} from "../../../protocols/hyperliquid/info-client.ts";
import type {
  Fill,
  LedgerUpdates,
  OpenOrder,
  OrderStatus,
  PerpContext,
  SpotContext,
  SpotState,
  UserFees,
  UserRole,
} from "../../../protocols/hyperliquid/info-schemas.ts";
import { type PerpMarket, perpMarkets, type SpotMarket, spotMarkets } from "../../../protocols/hyperliquid/market.ts";
import { weightOfAction, weightOfInfo } from "../../../protocols/hyperliquid/request-weights.ts";
import type { Payer, WeightMeter } from "../../../protocols/hyperliquid/weight-meter.ts";
import { GatewayError } from "../../gateway-error.ts";
import type { LeverageSetting } from "./read-view.ts";

/**
 * What a turn of the gateway reads for.
 *
 * - `look`: a preview, a settlement, a read. Past the agent's share it is answered with what is known, or refused.
 * - `open`: a cycle. What is known may be older; past it, it may use what is held for exits.
 * - `request`: something that may be signed and is no exit. Never answered with what was known before.
 * - `exit`: what by its bytes may bring the account home.
 * - `gateway`, `operator`: what keeps the limits, and a person. Never refused.
 */
export type Reading = "look" | "open" | "request" | "exit" | "gateway" | "operator";

/** How old an answer may be that stands for one which the venue's quota has no room for. */
const KNOWN_FOR = 10 * SECOND;
const KNOWN_FOR_OPEN = MINUTE;
/** How long what hardly changes is not asked again. */
const STEADY = {
  spots: MINUTE,
  fees: 5 * MINUTE,
  limit: MINUTE,
  ledger: MINUTE,
  settings: 30 * SECOND,
  mode: 10 * SECOND,
} as const;
/** How much older than one before it an answer may be: two may overtake each other on the way. */
const BEHIND = 2 * SECOND;
/** How long the account's mode that was last heard stands for an exit: it only says whether anything may be opened. */
const MODE_FOR_EXITS = 10 * MINUTE;
/** Answers that are kept at most. */
const MOST_KEPT = 500;
/** From this share of requests left on, the venue is asked for the count itself. */
const COUNT_ANEW = 0.25;
/** The most that the venue answers with at once. */
const A_PAGE = { userFillsByTime: 2_000, userNonFundingLedgerUpdates: 500 } as const;

interface Kept {
  readonly value: unknown;
  readonly at: Instant;
  readonly turn: number | null;
  readonly sends: number;
}

interface Rule {
  /** Not asked again for so long, in milliseconds of the gateway's clock. */
  readonly steady?: number;
  /** Whether something that is sent makes it old. */
  readonly account?: boolean;
}

interface ModeAsked {
  readonly anew?: boolean;
  /** It throws where nobody answers. */
  readonly must?: boolean;
}

/** Requests of the account at the venue. */
export interface RequestCount {
  readonly used: number;
  readonly cap: number;
}

/**
 * All that a rail asks its venue, by weight and by need: within a turn nothing is asked twice, what hardly changes is kept,
 * what an agent causes stops before the venue's quota is used up, and what was sent makes everything of the account old.
 */
export class VenueReads {
  readonly #info: InfoClient;
  readonly #account: Address;
  readonly #meter: WeightMeter | null;
  readonly #clock: (() => Promise<Instant>) | null;
  readonly #maxAge: number;
  readonly #kept = new Map<string, Kept>();
  #reading: Reading = "gateway";
  /** What the turn was begun for. */
  #purpose: Reading = "gateway";
  #turn: number | null = null;
  #turns = 0;
  #now: Instant | null = null;
  /** The newest time that the venue said of the account. */
  #latest: Instant = 0;
  #sends = 0;
  /** Sent since the venue last told its count. */
  #uncounted = 0;

  /** @param meter - and `clock`: left out, everything is asked whenever it is wanted. */
  constructor({
    info,
    account,
    meter,
    clock,
    maxAge = MINUTE,
  }: {
    readonly info: InfoClient;
    readonly account: Address;
    readonly meter?: WeightMeter | undefined;
    readonly clock?: (() => Promise<Instant>) | undefined;
    /** The oldest answer that the mandate's book lets count, in milliseconds. */
    readonly maxAge?: number;
  }) {
    this.#info = info;
    this.#account = account;
    this.#meter = meter ?? null;
    this.#clock = clock ?? null;
    this.#maxAge = maxAge;
  }

  /** Lets one turn of the gateway read, for one purpose. */
  async during<T>(reading: Reading, work: () => Promise<T>): Promise<T> {
    this.#reading = reading;
    this.#purpose = reading;
    this.#turns += 1;
    this.#turn = this.#turns;
    this.#now = null;
    if (this.#kept.size > MOST_KEPT) this.#kept.clear();
    try {
      return await work();
    } finally {
      this.#reading = "gateway";
      this.#purpose = "gateway";
      this.#turn = null;
      this.#now = null;
    }
  }

  /**
   * Something is about to be judged: what was sent before it in the turn reads for it no more, and where what came before
   * took long, what was read then is not what it is judged by.
   */
  judging(now: Instant): void {
    this.#reading = this.#purpose;
    if (this.#turn === null || this.#now === null || Math.abs(now - this.#now) <= KNOWN_FOR) return;
    this.#turns += 1;
    this.#turn = this.#turns;
    this.#now = now;
  }

  get #goesHome(): boolean {
    return this.#reading === "exit" || this.#reading === "operator";
  }

  /** Something of `n` parts goes to the venue: what it does is looked up whatever the agent has used. */
  async sent(n: number): Promise<void> {
    this.#sends += 1;
    this.#uncounted += n;
    if (this.#reading !== "operator") this.#reading = "gateway";
    this.#meter?.add(await this.#time(), weightOfAction(n));
  }

  async perps(): Promise<{ readonly markets: readonly PerpMarket[]; readonly contexts: readonly PerpContext[] }> {
    const [meta, contexts] = await this.#ask("metaAndAssetCtxs", () => this.#info.perpMetaAndContexts());
    return { markets: perpMarkets(meta), contexts };
  }

  async spots(): Promise<{ readonly markets: readonly SpotMarket[]; readonly contexts: readonly SpotContext[] }> {
    const [meta, contexts] = await this.#ask("spotMetaAndAssetCtxs", () => this.#info.spotMetaAndContexts(), {
      steady: STEADY.spots,
    });
    return { markets: spotMarkets(meta), contexts };
  }

  perpState(): Promise<SeenPerps> {
    const read = async () => this.#inTime(consistentPerps(await this.#info.perpState(this.#account)));
    return this.#ask("clearinghouseState", read, { account: true });
  }

  /** What is older than an answer before it does not have what was done since. A time that is yet to come says nothing. */
  async #inTime(state: SeenPerps): Promise<SeenPerps> {
    if (state.time < this.#latest - BEHIND) return { ...state, doubts: [...state.doubts, "it is older than one before it"] };
    if (this.#clock !== null && state.time <= (await this.#time()) + MINUTE) this.#latest = Math.max(this.#latest, state.time);
    return state;
  }

  spotState(): Promise<SpotState> {
    return this.#ask("spotClearinghouseState", async () => consistentSpot(await this.#info.spotState(this.#account)), {
      account: true,
    });
  }

  openOrders(): Promise<readonly OpenOrder[]> {
    return this.#ask("frontendOpenOrders", async () => consistentOrders(await this.#info.openOrders(this.#account)), {
      account: true,
    });
  }

  fees(): Promise<UserFees> {
    return this.#ask("userFees", () => this.#info.userFees(this.#account), { steady: STEADY.fees });
  }

  /** How a perpetual is set. Anew where something is asked of it. */
  async leverage(coin: string, { anew }: { readonly anew: boolean }): Promise<LeverageSetting> {
    const rule = anew ? { account: true } : { account: true, steady: STEADY.settings };
    const { leverage } = await this.#ask("activeAssetData", () => this.#info.activeAssetData(this.#account, coin), rule, coin);
    return { value: decimal(leverage.value), isolated: leverage.type === "isolated" };
  }

  /** What the venue counted, and what was sent since. */
  async requests(): Promise<RequestCount> {
    const ask = (rule: Rule) =>
      this.#ask(
        "userRateLimit",
        async () => {
          const told = await this.#info.userRateLimit(this.#account);
          this.#uncounted = 0;
          return told;
        },
        rule,
      );
    // What was sent is counted here, and the cap only grows: to get home an old answer will do.
    const known = await ask({ steady: this.#goesHome ? 10 * STEADY.limit : STEADY.limit });
    const left = known.nRequestsCap - known.nRequestsUsed - this.#uncounted;
    const told = this.#uncounted > 0 && left < known.nRequestsCap * COUNT_ANEW ? await ask({ account: true }) : known;
    return { used: told.nRequestsUsed + this.#uncounted, cap: Math.max(1, told.nRequestsCap) };
  }

  /**
   * In what mode the account is, in the venue's word; null where it does not say. What may open goes by a word of ten seconds
   * ago, since what spot says of it is asked anew, and fails where nobody answers, as with any other question. An exit goes by
   * what was last known, also where that was nothing: it needs no word for it, and must not wait for one twice.
   */
  async mode({ anew = false, must = this.#reading === "request" }: ModeAsked = {}): Promise<string | null> {
    const home = this.#goesHome && !anew;
    const mute = this.#kept.get("userAbstraction")?.value === null;
    const steady = home ? MODE_FOR_EXITS : anew || mute ? 0 : STEADY.mode;
    const read = () =>
      this.#info.userAbstraction(this.#account).catch(async (error: unknown) => {
        if (error instanceof InfoShapeError || isUnknownQuestion(error)) return null;
        if (must || !(error instanceof InfoUnavailableError)) throw error;
        if (isTooMany(error)) this.#meter?.refused(await this.#time());
        return null;
      });
    return this.#ask("userAbstraction", read, { steady }).catch((error: unknown) => {
      if (home && error instanceof GatewayError) return null;
      throw error;
    });
  }

  orderStatus(cloid: Hex): Promise<OrderStatus> {
    return this.#ask("orderStatus", () => this.#info.orderStatus(this.#account, cloid), { account: true }, cloid);
  }

  role(user: Address): Promise<UserRole> {
    return this.#ask("userRole", () => this.#info.userRole(user), {}, user);
  }

  /** Everything that filled since an instant, whoever ordered it. */
  fills(since: Instant, { anew = false }: { readonly anew?: boolean } = {}): Promise<readonly Fill[]> {
    return this.#since(
      "userFillsByTime",
      since,
      () =>
        this.#pages(
          "userFillsByTime",
          since,
          ({ tid }) => String(tid),
          (from) => this.#info.fills(this.#account, from),
        ),
      { account: true },
      anew,
    );
  }

  /** Deposits, withdrawals, transfers and liquidations since an instant. */
  ledger(since: Instant, { anew = false }: { readonly anew?: boolean } = {}): Promise<LedgerUpdates> {
    const page = (from: Instant) => this.#info.ledgerUpdates(this.#account, from);
    const name = ({ hash, time, delta }: LedgerUpdates[number]) => `${hash} ${time} ${JSON.stringify(delta)}`;
    const read = () => this.#pages("userNonFundingLedgerUpdates", since, name, page);
    return this.#since("userNonFundingLedgerUpdates", since, read, { steady: this.#goesHome ? STEADY.ledger : 0 }, anew);
  }

  /** Whatever came since an instant, however many pages the venue makes of it: what is not seen is not known. */
  async #pages<T extends { readonly time: Instant }>(
    type: "userFillsByTime" | "userNonFundingLedgerUpdates",
    since: Instant,
    name: (one: T) => string,
    read: (from: Instant) => Promise<readonly T[]>,
  ): Promise<T[]> {
    const found = new Map<string, T>();
    for (let from = since; ; ) {
      const page = await read(from);
      const before = found.size;
      for (const one of page) found.set(name(one), one);
      // A page that brings nothing new is the last, however many came within one millisecond.
      if (page.length < A_PAGE[type] || found.size === before) return [...found.values()];
      await this.#extra(weightOfInfo(type));
      from = Math.max(...page.map(({ time }) => time));
    }
  }

  /** One list from an early instant answers for every later one. */
  async #since<T extends { readonly time: Instant }>(
    type: string,
    since: Instant,
    read: () => Promise<readonly T[]>,
    rule: Rule,
    anew = false,
  ): Promise<T[]> {
    const kept = this.#kept.get(type)?.value as { readonly since: Instant } | undefined;
    if (anew || (kept && kept.since > since)) this.#kept.delete(type);
    const { list } = await this.#ask(
      type,
      async () => {
        const list = await read();
        await this.#extra(weightOfInfo(type, list.length) - weightOfInfo(type));
        return { since, list };
      },
      rule,
    );
    return list.filter(({ time }) => time >= since);
  }

  async #ask<T>(type: string, read: () => Promise<T>, { steady = 0, account = false }: Rule = {}, of = ""): Promise<T> {
    const key = `${type} ${of}`.trimEnd();
    const now = await this.#time();
    const kept = this.#kept.get(key);
    const valid = kept !== undefined && !(account && kept.sends !== this.#sends) ? kept : null;
    const age = valid ? Math.abs(now - valid.at) : Number.POSITIVE_INFINITY;
    if (valid && ((this.#turn !== null && valid.turn === this.#turn) || (this.#clock && age < steady))) return valid.value as T;
    if (this.#meter) {
      const again = this.#pay(this.#meter, now, weightOfInfo(type), age);
      if (again === "known") return valid?.value as T;
      if (again !== null) throw tooMuch(again);
    }
    const sends = this.#sends;
    try {
      const value = await read();
      this.#kept.set(key, { value, at: now, turn: this.#turn, sends });
      return value;
    } catch (error) {
      if (isTooMany(error)) this.#meter?.refused(now);
      throw error;
    }
  }

  /** Null: it is paid for. "known": what is known has to do. An instant: from when on there is room. */
  #pay(meter: WeightMeter, now: Instant, weight: number, age: number): Instant | "known" | null {
    const reading = this.#reading;
    if (reading === "gateway" || reading === "operator") {
      // Past the whole quota the venue would say no: an answer that is known is better than none.
      if (age <= this.#knownFor && meter.isOver(now, weight, reading)) return "known";
      return meter.take(now, weight, reading);
    }
    const payer: Payer = reading === "exit" ? "exit" : "agent";
    const again = meter.take(now, weight, payer);
    if (again === null || reading === "request") return again;
    if (age <= this.#knownFor) return "known";
    return reading === "open" ? meter.take(now, weight, "exit") : again;
  }

  get #knownFor(): number {
    return Math.min(this.#maxAge, this.#reading === "open" ? KNOWN_FOR_OPEN : KNOWN_FOR);
  }

  async #extra(weight: number): Promise<void> {
    if (weight > 0) this.#meter?.add(await this.#time(), weight);
  }

  /** One moment for a turn: a world's clock is a question of its own. */
  async #time(): Promise<Instant> {
    if (this.#clock === null) return 0;
    if (this.#turn === null) return this.#clock();
    this.#now ??= await this.#clock();
    return this.#now;
  }
}

function tooMuch(again: Instant): GatewayError {
  return new GatewayError(
    "RATE_LIMITED",
    `a fifth of the venue's requests in a minute is held for exits and the operator, and the rest is used; again from ${isoTime(again)}`,
    { remedy: "Wait, and ask less often. What reduces passes; what hardly changes is answered from what is known." },
  );
}
