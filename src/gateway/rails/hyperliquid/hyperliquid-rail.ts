import { HttpTransport } from "@nktkas/hyperliquid";
import { type PrivateKeyAccount, parseSignature } from "viem";
import { type Instant, SECOND } from "../../../core/clock.ts";
import type { Decimal } from "../../../core/decimal.ts";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import type { ExchangeBook } from "../../../mandate/exchange/exchange-book.ts";
import type { AccountId, ChainLabel, Holding, Prices } from "../../../protocols/effects.ts";
import type { TradingAction } from "../../../protocols/hyperliquid/actions.ts";
import { cloidOf } from "../../../protocols/hyperliquid/cloid.ts";
import { type ExchangeAnswer, readExchangeAnswer } from "../../../protocols/hyperliquid/exchange-answer.ts";
import type { InfoClient } from "../../../protocols/hyperliquid/info-client.ts";
import type { Fill, LedgerUpdates, OrderStatus } from "../../../protocols/hyperliquid/info-schemas.ts";
import { hashL1Action, l1TypedData } from "../../../protocols/hyperliquid/typed-data.ts";
import { assessExchange, type ExchangeAssessment } from "./assess.ts";
import { valueIn } from "./figures.ts";
import { type HyperliquidView, readView } from "./read-view.ts";
import { holdingsIn } from "./standing.ts";

/** All that the rail needs of a key: an API wallet's, which trades for the account and has no money of its own. */
export type ExchangeSigner = Pick<PrivateKeyAccount, "address" | "signTypedData">;

/** How long the venue may take signed bytes for: later they are worth nothing, so what was not seen by then never was. */
export const ACCEPTED_FOR = 20 * SECOND;

/** The most that the venue answers with at once. */
const FILLS_A_PAGE = 2_000;

export interface SignedExchangeAction {
  /** The hash that was signed over. */
  readonly hash: Hex;
  /** The body of the request, whole. */
  readonly bytes: Uint8Array;
  readonly nonce: number;
  /** After this instant the venue refuses the bytes. */
  readonly expires: Instant;
  /** Ids of the orders in it, in their order. */
  readonly cloids: readonly Hex[];
}

/** How the gateway executes on one Hyperliquid account: it assesses, signs, submits and looks. Nothing else. */
export class HyperliquidRail {
  readonly label: ChainLabel;
  readonly book: ExchangeBook;
  readonly account: Address;
  readonly #info: InfoClient;
  readonly #transport: HttpTransport;
  readonly #signer: ExchangeSigner;

  constructor({
    label,
    book,
    account,
    info,
    url,
    signer,
  }: {
    readonly label: ChainLabel;
    readonly book: ExchangeBook;
    /** Whose money it is: the account that the API wallet trades for. */
    readonly account: Address;
    readonly info: InfoClient;
    /** The venue's HTTP API, with "world" resolved. */
    readonly url: string;
    readonly signer: ExchangeSigner;
  }) {
    this.label = label;
    this.book = book;
    this.account = account;
    this.#info = info;
    this.#transport = new HttpTransport({ apiUrl: url });
    this.#signer = signer;
  }

  /** @param asked - numbers of the markets that something is asked of. */
  view(now: Instant, asked: readonly number[] = []): Promise<HyperliquidView> {
    return readView({ info: this.#info, label: this.label, book: this.book, account: this.account, now, asked });
  }

  assess(actions: readonly unknown[], view: HyperliquidView): ExchangeAssessment {
    return assessExchange(actions, view, this.label);
  }

  /** @param id - what the orders' ids are made of: the same id gives the same ones. */
  async sign(
    action: TradingAction,
    { id, nonce, now }: { id: string; nonce: number; now: Instant },
  ): Promise<SignedExchangeAction> {
    const named = withCloids(action, id);
    const expires = now + ACCEPTED_FOR;
    const envelope = { action: named, nonce, expiresAfter: expires };
    const { r, s, v, yParity } = parseSignature(
      await this.#signer.signTypedData(
        l1TypedData(envelope, this.book.network) as Parameters<ExchangeSigner["signTypedData"]>[0],
      ),
    );
    const body = { action: named, nonce, signature: { r, s, v: Number(v ?? BigInt(yParity + 27)) }, expiresAfter: expires };
    return {
      hash: hashL1Action(envelope),
      bytes: Buffer.from(JSON.stringify(body)),
      nonce,
      expires,
      cloids: cloidsIn(named),
    };
  }

  /** Sends the bytes. Null: no answer, which proves nothing either way; {@link look} does. */
  async submit(bytes: Uint8Array): Promise<ExchangeAnswer | null> {
    try {
      return readExchangeAnswer(await this.#transport.request("exchange", JSON.parse(Buffer.from(bytes).toString())));
    } catch {
      // Timed out, cut off, refused by something on the way: it may have been taken all the same.
      return null;
    }
  }

  /** @throws {InfoUnavailableError} the venue cannot tell. */
  look(cloid: Hex): Promise<OrderStatus> {
    return this.#info.orderStatus(this.account, cloid);
  }

  /** Deposits, withdrawals, transfers and liquidations since an instant. */
  ledger(since: Instant): Promise<LedgerUpdates> {
    return this.#info.ledgerUpdates(this.account, since);
  }

  /** What the venue says that its time is. */
  async venueNow(): Promise<Instant> {
    return (await this.#info.perpState(this.account)).time;
  }

  /** Positions in coins, signed, and the account's dollars: perpetuals' equity and what spot has. */
  async holdings(account: AccountId): Promise<readonly Holding[]> {
    return holdingsIn(await this.view(await this.venueNow()), this.label, account);
  }

  async prices(now: Instant): Promise<Prices> {
    return (await this.view(now)).prices;
  }

  /** What the account is worth, USD. */
  async value(): Promise<Decimal> {
    return valueIn(await this.view(await this.venueNow()), this.label);
  }

  /** Whether the account's own key signs. */
  get signsItself(): boolean {
    return lower(this.#signer.address) === this.account;
  }

  /** Whose key signs for the account: its own, or an API wallet's of it. Null: it may. */
  async keyProblem(): Promise<string | null> {
    const signer = lower(this.#signer.address);
    if (signer === this.account) return null;
    const role = await this.#info.userRole(signer);
    return role.role === "agent" && role.data.user === this.account ? null : `${signer} is no API wallet of ${this.account}`;
  }

  /** Everything that filled since an instant, whoever ordered it. */
  async fills(since: Instant): Promise<readonly Fill[]> {
    const found = new Map<number, Fill>();
    for (let from = since; ; ) {
      const page = await this.#info.fills(this.account, from);
      const before = found.size;
      for (const fill of page) found.set(fill.tid, fill);
      // A page that brings nothing new is the last, however many filled within one millisecond.
      if (page.length < FILLS_A_PAGE || found.size === before) return [...found.values()];
      from = Math.max(...page.map(({ time }) => time));
    }
  }
}

/** Each order bears an id that only its request's key gives. */
function withCloids(action: TradingAction, id: string): TradingAction {
  switch (action.type) {
    case "order":
      return { ...action, orders: action.orders.map((order, i) => ({ ...order, c: cloidOf(`${id} ${i}`) })) };
    case "modify":
      return { ...action, order: { ...action.order, c: cloidOf(`${id} 0`) } };
    case "batchModify":
      return {
        ...action,
        modifies: action.modifies.map(({ oid, order }, i) => ({ oid, order: { ...order, c: cloidOf(`${id} ${i}`) } })),
      };
    default:
      return action;
  }
}

function cloidsIn(action: TradingAction): readonly Hex[] {
  const orders =
    action.type === "order"
      ? action.orders
      : action.type === "modify"
        ? [action.order]
        : action.type === "batchModify"
          ? action.modifies.map(({ order }) => order)
          : [];
  return orders.flatMap(({ c }) => (c === undefined ? [] : [c]));
}
