import type { PrivateKeyAccount } from "viem";
import { type Instant, SECOND } from "../../../core/clock.ts";
import type { Decimal } from "../../../core/decimal.ts";
import { InvariantError } from "../../../core/errors.ts";
import { type Address, type Hex, lower } from "../../../core/hex.ts";
import type { ExchangeBook } from "../../../mandate/exchange/exchange-book.ts";
import type { AccountId, ChainLabel, ClassTransfer, Holding, Prices } from "../../../protocols/effects.ts";
import { modeProblem } from "../../../protocols/hyperliquid/account-mode.ts";
import type { TradingAction } from "../../../protocols/hyperliquid/actions.ts";
import { cloidOf } from "../../../protocols/hyperliquid/cloid.ts";
import { type ExchangeAnswer, readExchangeAnswer } from "../../../protocols/hyperliquid/exchange-answer.ts";
import { endpoint, type InfoClient } from "../../../protocols/hyperliquid/info-client.ts";
import type { Fill, LedgerUpdates, OrderStatus } from "../../../protocols/hyperliquid/info-schemas.ts";
import { signatureParts } from "../../../protocols/hyperliquid/signature-parts.ts";
import { spotDollars } from "../../../protocols/hyperliquid/spot-dollars.ts";
import { hashL1Action, l1TypedData } from "../../../protocols/hyperliquid/typed-data.ts";
import type { WeightMeter } from "../../../protocols/hyperliquid/weight-meter.ts";
import { postJson } from "../../../protocols/post-json.ts";
import { assessExchange, type ExchangeAssessment, type SignableAction } from "./assess.ts";
import { accountValue } from "./figures.ts";
import { type HeldView, type HyperliquidView, readHeld, readPrices, readView } from "./read-view.ts";
import { signClassTransfer } from "./sign-class-transfer.ts";
import { holdingsIn } from "./standing.ts";
import { VenueReads } from "./venue-reads.ts";

/** All that the rail needs of a key: an API wallet's, which trades for the account and has no money of its own. */
export type ExchangeSigner = Pick<PrivateKeyAccount, "address" | "signTypedData">;

/** How long the venue may take signed bytes for: later they are worth nothing, so what was not seen by then never was. */
export const ACCEPTED_FOR = 20 * SECOND;

/** How long the venue may take for an answer, in milliseconds of the machine: half as long as what it answers is good for. */
export const VENUE_DEADLINE = ACCEPTED_FOR / 2;

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

export interface ExchangeStanding {
  readonly label: ChainLabel;
  readonly cash: string;
  readonly orders: readonly string[];
}

/** How the gateway executes on one Hyperliquid account: it assesses, signs, submits and looks. Nothing else. */
export class HyperliquidRail {
  readonly label: ChainLabel;
  readonly book: ExchangeBook;
  readonly account: Address;
  /** What is asked of the venue goes through here. */
  readonly reads: VenueReads;
  readonly #exchange: string;
  readonly #deadlineMs: number;
  readonly #signer: ExchangeSigner;
  readonly #owner: ExchangeSigner | null;

  constructor({
    label,
    book,
    account,
    info,
    url,
    signer,
    owner,
    meter,
    clock,
    deadlineMs = VENUE_DEADLINE,
  }: {
    readonly label: ChainLabel;
    readonly book: ExchangeBook;
    /** Whose money it is: the account that the API wallet trades for. */
    readonly account: Address;
    readonly info: InfoClient;
    /** The venue's HTTP API, with "world" resolved. */
    readonly url: string;
    readonly signer: ExchangeSigner;
    /** The account's own key. It signs transfers between the account's own classes and nothing else. Left out: nobody does. */
    readonly owner?: ExchangeSigner | undefined;
    /** Of the venue, with everybody in this process who asks it. Left out, with `clock`: nothing is metered or kept. */
    readonly meter?: WeightMeter;
    readonly clock?: () => Promise<Instant>;
    /** How long the venue may take for an answer to what is sent, in milliseconds of the machine. */
    readonly deadlineMs?: number;
  }) {
    this.label = label;
    this.book = book;
    this.account = account;
    this.reads = new VenueReads({ info, account, meter, clock, maxAge: book.max_age });
    this.#exchange = endpoint(url, "exchange");
    this.#deadlineMs = deadlineMs;
    this.#signer = signer;
    this.#owner = owner ?? null;
  }

  /** @param asked - numbers of the markets that something is asked of. */
  view(now: Instant, asked: readonly number[] = []): Promise<HyperliquidView> {
    return readView({ reads: this.reads, label: this.label, book: this.book, now, asked });
  }

  assess(
    actions: readonly unknown[],
    view: HyperliquidView,
    idleExits?: (actions: readonly SignableAction[]) => number,
    /** What the journal has against a transfer between the account's classes. */
    noTransfer: (transfer: ClassTransfer) => string | null = () => null,
  ): ExchangeAssessment {
    return assessExchange(actions, view, this.label, idleExits, this.#owner === null ? undefined : noTransfer);
  }

  /** @param id - what the orders' ids are made of: the same id gives the same ones. */
  async sign(
    action: SignableAction,
    { id, nonce, now }: { id: string; nonce: number; now: Instant },
  ): Promise<SignedExchangeAction> {
    if (action.type === "usdClassTransfer") {
      if (this.#owner === null) throw new InvariantError("a transfer is signed with the owner's key alone");
      return signClassTransfer(this.#owner, action, { network: this.book.network, nonce });
    }
    const named = withCloids(action, id);
    const expires = now + ACCEPTED_FOR;
    const envelope = { action: named, nonce, expiresAfter: expires };
    const signature = signatureParts(
      await this.#signer.signTypedData(
        l1TypedData(envelope, this.book.network) as Parameters<ExchangeSigner["signTypedData"]>[0],
      ),
    );
    const body = { action: named, nonce, signature, expiresAfter: expires };
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
    const text = Buffer.from(bytes).toString();
    const body = JSON.parse(text) as { readonly action: SignableAction };
    await this.reads.sent(partsOf(body.action));
    try {
      return readExchangeAnswer(await postJson(this.#exchange, text, { timeout: this.#deadlineMs }));
    } catch {
      // Timed out, cut off, refused by something on the way: it may have been taken all the same.
      return null;
    }
  }

  /** @throws {InfoUnavailableError} the venue cannot tell. */
  look(cloid: Hex): Promise<OrderStatus> {
    return this.reads.orderStatus(cloid);
  }

  /** Deposits, withdrawals, transfers and liquidations since an instant. `anew`: whatever was read a moment ago. */
  ledger(since: Instant, options: { readonly anew?: boolean } = {}): Promise<LedgerUpdates> {
    return this.reads.ledger(since, options);
  }

  /** What the venue says that its time is. */
  async venueNow(): Promise<Instant> {
    return (await this.reads.perpState()).time;
  }

  /** Positions in coins, signed, and the account's dollars: perpetuals' equity and what spot has. */
  async holdings(account: AccountId): Promise<readonly Holding[]> {
    return holdingsIn(await this.#held(), this.label, account);
  }

  prices(now: Instant): Promise<Prices> {
    return readPrices({ reads: this.reads, label: this.label, book: this.book, now });
  }

  /** Of where the account stands, what no mark moves: its dollars without what positions have gained, and what rests. */
  async standing(): Promise<ExchangeStanding> {
    const [perp, spot, orders] = await Promise.all([this.reads.perpState(), this.reads.spotState(), this.reads.openOrders()]);
    const cash = perp.marginSummary.totalRawUsd.plus(spotDollars(spot).total);
    return {
      label: this.label,
      cash: cash.toFixed(),
      orders: orders
        .map(({ oid, coin, side, sz, limitPx }) => `${oid} ${coin} ${side} ${sz.toFixed()} ${limitPx.toFixed()}`)
        .sort(),
    };
  }

  /** What the account is worth, USD. Null: what the venue says of it is in doubt, or no whole. */
  async value(now: Instant): Promise<Decimal | null> {
    const [held, mode] = await Promise.all([this.#held(), this.reads.mode()]);
    return modeProblem(mode, held.spot) === null ? this.#worth(held, now) : null;
  }

  /** The same in any mode: to end what rests that will do, and no venue that is silent about the mode keeps it resting. */
  async shownValue(now: Instant): Promise<Decimal | null> {
    return this.#worth(await this.#held(), now);
  }

  #held(): Promise<HeldView> {
    return readHeld({ reads: this.reads, book: this.book });
  }

  async #worth(held: HeldView, now: Instant): Promise<Decimal | null> {
    return held.perp.doubts.length > 0 ? null : accountValue(held, this.label, await this.prices(now));
  }

  /**
   * Why nothing can be opened in the account's mode, asked anew. Null: it is one that is judged.
   *
   * @param must - it throws where nobody answers.
   */
  async modeProblem({ must = false }: { readonly must?: boolean } = {}): Promise<string | null> {
    const [told, spot] = await Promise.all([this.reads.mode({ anew: true, must }), this.reads.spotState()]);
    return modeProblem(told, spot);
  }

  /** Whether the account's own key signs. */
  get signsItself(): boolean {
    return lower(this.#signer.address) === this.account;
  }

  /** Whose key signs for the account: its own, or an API wallet's of it. Null: it may. */
  async keyProblem(): Promise<string | null> {
    const signer = lower(this.#signer.address);
    if (signer === this.account) return null;
    const role = await this.reads.role(signer);
    return role.role === "agent" && role.data.user === this.account ? null : `${signer} is no API wallet of ${this.account}`;
  }

  /** Everything that filled since an instant, whoever ordered it. `anew`: whatever was read a moment ago. */
  fills(since: Instant, options: { readonly anew?: boolean } = {}): Promise<readonly Fill[]> {
    return this.reads.fills(since, options);
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

/** As many as the venue counts: each order, each cancel. */
function partsOf(action: SignableAction): number {
  if (action.type === "order") return action.orders.length;
  if (action.type === "batchModify") return action.modifies.length;
  return action.type === "cancel" || action.type === "cancelByCloid" ? action.cancels.length : 1;
}
