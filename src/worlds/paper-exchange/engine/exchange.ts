import type { Instant } from "../../../core/clock.ts";
import { UsageError } from "../../../core/errors.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import type { Json } from "../../../core/json.ts";
import type { WireOrder } from "../../../protocols/hyperliquid/actions.ts";
import { audit } from "./audit.ts";
import { cancelOne, modifyOne, placeBatch } from "./batches.ts";
import { buildState } from "./build-state.ts";
import { ExchangeView } from "./exchange-view.ts";
import { readFixed, USD_PLACES } from "./fixed-point.ts";
import { liquidateAll } from "./liquidate.ts";
import { nextHour, payFunding, samplePremium, updateMark } from "./marks.ts";
import { endOrder } from "./order-life.ts";
import { restoreState, snapshotState } from "./snapshot.ts";
import { type Account, type AccountMode, accountOf, emit, type Market, newAccount } from "./state.ts";
import * as transfers from "./transfers.ts";
import { fireTriggers } from "./trigger-orders.ts";
import type { ActionResult, CancelStatus, ExchangeConfig, ExchangeEvent, Grouping, Modify, OrderStatus } from "./types.ts";

/**
 * The venue's rules as a machine: no clock, no chance, no input or output of its own. The same calls in the same order
 * give the same bytes.
 *
 * Amounts come in and go out as the wire writes them: decimal text; dollars of perpetuals have six places. What the
 * venue would refuse is answered with its words and changes nothing but what the method says. After whatever happened
 * all money adds up ({@link audit}); where it does not, an {@link InvariantError} is thrown and the exchange is not to
 * be used further.
 */
export class Exchange extends ExchangeView {
  constructor(config: ExchangeConfig) {
    super(buildState(config));
  }

  /** An exchange from what {@link snapshot} gave: from here on it does what the other would have done. */
  static restore(json: Json): Exchange {
    const exchange = new Exchange(restoreState.config(json));
    restoreState.into(exchange.state, json);
    return exchange;
  }

  /** Everything, as plain JSON. Listeners are not part of it. */
  snapshot(): Json {
    return snapshotState(this.state);
  }

  /** Calls `listener` with everything that happens, in order. Returns what ends that. */
  on(listener: (event: ExchangeEvent) => void): () => void {
    this.state.listeners.push(listener);
    return () => {
      const at = this.state.listeners.indexOf(listener);
      if (at >= 0) this.state.listeners.splice(at, 1);
    };
  }

  /** Lets time pass: funding on the hour, scheduled cancels and the next parts of liquidations each at their instant. */
  advance(to: Instant): void {
    const state = this.state;
    if (to < state.now) throw new UsageError("time does not run backwards");
    while (state.now < to) {
      const next = Math.min(to, nextHour(state.now), this.#nextDue());
      state.now = next;
      this.#sample();
      for (const account of state.accounts.values())
        if (account.cancelAt !== null && account.cancelAt <= next) this.#cancelAll(account);
      if (next % 3_600_000 === 0) payFunding(state);
      this.#marked();
    }
    this.#done();
  }

  /** Sets oracle prices (decimal text, rounded down to the market's places) by market name; marks follow. */
  setOracles(prices: Readonly<Record<string, string>>): void {
    this.#sample();
    for (const [coin, price] of Object.entries(prices)) {
      const market = this.#marketOf(coin);
      const px = readFixed(cut(price, market.pxPlaces), market.pxPlaces);
      if (px === null || px <= 0n) throw new UsageError(`${price} is no price of ${coin}`);
      market.oracle = px;
    }
    this.#marked();
    this.#done();
  }

  setOracle(coin: string, price: string): void {
    this.setOracles({ [coin]: price });
  }

  /** Opens an account of the market's own makers: traded with like any other, without history or events. */
  openHouse(address: Address): void {
    if (this.state.accounts.has(address)) throw new UsageError(`${address} is an account already`);
    this.state.accounts.set(address, newAccount(address, "house"));
  }

  /** Has an account say that it is kept otherwise. Nothing else of it changes: a pool of spot and perpetuals is not played. */
  setMode(address: Address, mode: AccountMode): void {
    this.#open(address).mode = mode;
  }

  deposit(address: Address, usd: string): ActionResult {
    return this.#act(() => transfers.deposit(this.state, this.#open(address), dollars(usd)));
  }

  /** Gives an account spot tokens out of nothing: for a world's beginning. */
  depositToken(address: Address, token: string, amount: string): ActionResult {
    const known = this.state.tokens.find(({ name }) => name === token);
    if (known === undefined) return { ok: false, error: "Unknown token." };
    const wei = readFixed(amount, known.weiDecimals) ?? 0n;
    return this.#act(() => transfers.depositToken(this.state, this.#open(address), known.index, wei));
  }

  withdraw(address: Address, usd: string): ActionResult {
    return this.#act(() => transfers.withdraw(this.state, this.#open(address), dollars(usd)));
  }

  usdClassTransfer(address: Address, usd: string, toPerp: boolean): ActionResult {
    return this.#act(() => transfers.classTransfer(this.state, this.#open(address), dollars(usd), toPerp));
  }

  usdSend(from: Address, to: Address, usd: string): ActionResult {
    return this.#act(() => transfers.sendUsd(this.state, this.#open(from), to, dollars(usd), "internalTransfer"));
  }

  /** Between a master and a sub-account of its own; `usd` in millionths, as the wire writes it. */
  subAccountTransfer(master: Address, sub: Address, isDeposit: boolean, usd: bigint): ActionResult {
    if (this.kindOf(sub) !== "sub" || this.ownerOf(sub) !== master) return { ok: false, error: "Invalid sub-account." };
    const [from, to] = isDeposit ? [master, sub] : [sub, master];
    return this.#act(() => transfers.sendUsd(this.state, this.#open(from), to, usd, "subAccountTransfer"));
  }

  spotSend(from: Address, to: Address, token: string, amount: string): ActionResult {
    return this.#act(() => transfers.sendToken(this.state, this.#open(from), to, token, amount));
  }

  createSubAccount(master: Address, name: string): Address {
    return transfers.createOwned(this.state, this.#open(master), "sub", name);
  }

  createVault(leader: Address, name: string): Address {
    return transfers.createOwned(this.state, this.#open(leader), "vault", name);
  }

  /** `usd` in millionths, as the wire writes it. */
  vaultTransfer(address: Address, vault: Address, isDeposit: boolean, usd: bigint): ActionResult {
    const target = this.state.accounts.get(vault);
    if (target === undefined) return { ok: false, error: "Vault not registered." };
    return this.#act(() => transfers.vaultTransfer(this.state, this.#open(address), target, usd, isDeposit));
  }

  /** One status an order, at its place; a parent's children are the orders after it with `normalTpsl`. */
  order(address: Address, orders: readonly WireOrder[], grouping: Grouping = "na"): readonly OrderStatus[] {
    return this.#act(() => placeBatch(this.state, this.#open(address), orders, grouping));
  }

  cancel(address: Address, cancels: readonly { readonly a: number; readonly o: number }[]): readonly CancelStatus[] {
    return this.#act(() => cancels.map(({ a, o }) => cancelOne(this.state, this.#open(address), a, o)));
  }

  cancelByCloid(address: Address, cancels: readonly { readonly asset: number; readonly cloid: Hex }[]): readonly CancelStatus[] {
    return this.#act(() => cancels.map(({ asset, cloid }) => cancelOne(this.state, this.#open(address), asset, cloid)));
  }

  modify(address: Address, modify: Modify): OrderStatus {
    return this.#act(() => modifyOne(this.state, this.#open(address), modify));
  }

  batchModify(address: Address, modifies: readonly Modify[]): readonly OrderStatus[] {
    return this.#act(() => modifies.map((it) => modifyOne(this.state, this.#open(address), it)));
  }

  updateLeverage(address: Address, asset: number, isCross: boolean, leverage: number): ActionResult {
    return this.#act(() =>
      transfers.updateLeverage(this.state, this.#open(address), this.state.markets.get(asset), isCross, leverage),
    );
  }

  /** `ntli` in millionths, negative to take margin out. */
  updateIsolatedMargin(address: Address, asset: number, ntli: bigint): ActionResult {
    return this.#act(() => transfers.updateIsolatedMargin(this.state, this.#open(address), this.state.markets.get(asset), ntli));
  }

  scheduleCancel(address: Address, time: Instant | null): ActionResult {
    return this.#act(() => transfers.scheduleCancel(this.state, this.#open(address), time));
  }

  #open(address: Address): Account {
    return accountOf(this.state, address);
  }

  #marketOf(coin: string): Market {
    const market = this.state.byCoin.get(coin);
    if (market === undefined) throw new UsageError(`the exchange has no market ${coin}`);
    return market;
  }

  #act<T>(action: () => T): T {
    const result = action();
    this.#tellBooks();
    return result;
  }

  #sample(): void {
    for (const market of this.state.markets.values()) if (market.kind === "perp") samplePremium(this.state, market);
  }

  /** New marks, and what follows from them. */
  #marked(): void {
    const state = this.state;
    for (const market of state.markets.values()) updateMark(state, market);
    for (const market of state.markets.values()) fireTriggers(state, market);
    liquidateAll(state);
  }

  #nextDue(): Instant {
    let due = Number.POSITIVE_INFINITY;
    for (const { cancelAt, cooldown, positions } of this.state.accounts.values()) {
      if (cancelAt !== null) due = Math.min(due, Math.max(cancelAt, this.state.now + 1));
      for (const [asset, until] of cooldown) {
        if (until <= this.state.now || !positions.has(asset)) cooldown.delete(asset);
        else due = Math.min(due, until);
      }
    }
    return due;
  }

  #cancelAll(account: Account): void {
    account.cancelAt = null;
    for (const order of [...account.orders.values()])
      if (order.place !== "none") endOrder(this.state, order, "scheduledCancel", { takenBack: true });
  }

  #done(): void {
    audit(this.state);
    this.#tellBooks();
  }

  #tellBooks(): void {
    for (const market of this.state.markets.values()) {
      if (!market.changed) continue;
      market.changed = false;
      emit(this.state, { kind: "book", coin: market.coin });
    }
  }
}

function dollars(usd: string): bigint {
  return readFixed(usd, USD_PLACES) ?? 0n;
}

/** Text with no more places than that; the rest is dropped. */
function cut(text: string, places: number): string {
  const [whole = "", fraction = ""] = text.split(".");
  return places === 0 || fraction === "" ? whole : `${whole}.${fraction.slice(0, places)}`;
}
