import type { Instant } from "../../../core/clock.ts";
import type { Address, Hex } from "../../../core/hex.ts";
import { audit } from "./audit.ts";
import { wireCandle } from "./candle-store.ts";
import { RATE_PLACES, showFixed, USD_PLACES } from "./fixed-point.ts";
import { fundingRate } from "./marks.ts";
import {
  readActiveAssetData,
  readFeeRates,
  readHistory,
  readOpenOrders,
  readOrderStatus,
  readPerpState,
  readSpotState,
} from "./read-account.ts";
import {
  type BookView,
  readBook,
  readMids,
  readPerpContext,
  readPerpMeta,
  readSpotContext,
  readSpotMeta,
} from "./read-market.ts";
import {
  type Account,
  type AccountMode,
  type Market,
  newAccount,
  type PerpMarket,
  type SpotMarket,
  type State,
} from "./state.ts";
import { worthOf } from "./transfers.ts";
import type {
  ExchangeConfig,
  WireBook,
  WireCandle,
  WireFill,
  WireFunding,
  WireFundingRate,
  WireLedgerUpdate,
  WireOpenOrder,
  WireOrderUpdate,
  WireTrade,
} from "./types.ts";

/** What can be seen of an exchange. Nothing here changes anything. */
export class ExchangeView {
  /** For {@link Exchange} alone. */
  protected readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  get now(): Instant {
    return this.state.now;
  }

  get config(): ExchangeConfig {
    return this.state.config;
  }

  exists(address: Address): boolean {
    return this.state.accounts.has(address);
  }

  kindOf(address: Address): Account["kind"] | null {
    return this.state.accounts.get(address)?.kind ?? null;
  }

  /** What `userAbstraction` says, of any address. */
  modeOf(address: Address): AccountMode {
    return this.state.accounts.get(address)?.mode ?? "default";
  }

  /** Who runs a vault or owns a sub-account; null for any other address. */
  ownerOf(address: Address): Address | null {
    return this.state.accounts.get(address)?.owner ?? null;
  }

  subAccountsOf(master: Address): readonly { readonly address: Address; readonly name: string }[] {
    const owned = [...this.state.accounts.values()].filter(({ kind, owner }) => kind === "sub" && owner === master);
    return owned.map(({ address, name }) => ({ address, name }));
  }

  /** A book as `l2Book` writes it; null for an unknown market. */
  book(coin: string, view?: BookView): WireBook | null {
    const market = this.state.byCoin.get(coin);
    return market === undefined ? null : readBook(this.state, market, view);
  }

  mids(): Readonly<Record<string, string>> {
    return readMids(this.state);
  }

  perpMeta() {
    return readPerpMeta(this.state);
  }

  spotMeta() {
    return readSpotMeta(this.state);
  }

  /** Contexts of all perpetuals, in the order of the universe. */
  perpContexts() {
    return this.#markets("perp").map((market) => readPerpContext(this.state, market));
  }

  spotContexts() {
    return this.#markets("spot").map((market) => readSpotContext(this.state, market));
  }

  /** `clearinghouseState`. */
  perpState(address: Address) {
    return readPerpState(this.state, this.#seen(address));
  }

  /** `spotClearinghouseState`. */
  spotState(address: Address) {
    return readSpotState(this.state, this.#seen(address));
  }

  /** `frontendOpenOrders`; `openOrders` is a part of each. */
  openOrders(address: Address): readonly WireOpenOrder[] {
    return readOpenOrders(this.#seen(address));
  }

  /** By the venue's number or the client's; null for an order that never was, also one that was refused unread. */
  orderStatus(address: Address, id: number | Hex): WireOrderUpdate | null {
    return readOrderStatus(this.#seen(address), id);
  }

  historicalOrders(address: Address): readonly WireOrderUpdate[] {
    return readHistory(this.#seen(address));
  }

  /** Oldest first. */
  fills(address: Address): readonly WireFill[] {
    return this.#seen(address).fills;
  }

  /** Oldest first; `usdc` is negative where the account paid. */
  fundings(address: Address): readonly WireFunding[] {
    return this.#seen(address).fundings;
  }

  /** Oldest first. */
  ledger(address: Address): readonly WireLedgerUpdate[] {
    return this.#seen(address).ledger;
  }

  feeRates(address: Address) {
    return readFeeRates(this.state, this.#seen(address));
  }

  /** USD that the account has traded ever. */
  volume(address: Address): string {
    return showFixed(this.#seen(address).volume, USD_PLACES);
  }

  activeAssetData(address: Address, coin: string) {
    const market = this.state.byCoin.get(coin);
    return market?.kind === "perp" ? readActiveAssetData(this.state, this.#seen(address), market) : null;
  }

  /** Oldest first. */
  trades(coin: string): readonly WireTrade[] {
    return this.state.byCoin.get(coin)?.trades ?? [];
  }

  /** Oldest first; candles that began in the span. Empty for what is not there. */
  candles(coin: string, interval: string, from: Instant, to: Instant): readonly WireCandle[] {
    const market = this.state.byCoin.get(coin);
    const list = market?.candles.lists.get(interval);
    if (market === undefined || list === undefined) return [];
    const seen = list.filter(({ t }) => t >= from && t <= to);
    return seen.map((it) => wireCandle(it, coin, interval, market.pxPlaces, market.szDecimals));
  }

  /** Paid rates of a perpetual, oldest first. */
  fundingHistory(coin: string): readonly WireFundingRate[] {
    const market = this.state.byCoin.get(coin);
    return market?.kind === "perp" ? market.fundings : [];
  }

  /** What the rate of the running hour would be by now. */
  predictedFunding(coin: string): string | null {
    const market = this.state.byCoin.get(coin);
    return market?.kind === "perp" ? showFixed(fundingRate(this.state, market), RATE_PLACES) : null;
  }

  /** Where the money is that no user has: what the exchange has earned, what nobody could pay (zero or less). */
  totals(): { readonly earned: string; readonly badDebt: string } {
    const { earned, badDebt } = this.state;
    return { earned: showFixed(earned.usd, USD_PLACES), badDebt: showFixed(badDebt, USD_PLACES) };
  }

  /** Dollars of an account as a whole, isolated positions included; spot is apart. */
  accountValue(address: Address): string {
    return showFixed(worthOf(this.state, this.#seen(address)), USD_PLACES);
  }

  /** @throws {InvariantError} where something does not add up */
  audit(): void {
    audit(this.state);
  }

  /** For reading: an address that never had anything is an account with nothing, and stays none. */
  #seen(address: Address): Account {
    return this.state.accounts.get(address) ?? newAccount(address, "user");
  }

  #markets(kind: "perp"): readonly PerpMarket[];
  #markets(kind: "spot"): readonly SpotMarket[];
  #markets(kind: "perp" | "spot"): readonly Market[] {
    return [...this.state.markets.values()].filter((it) => it.kind === kind);
  }
}
