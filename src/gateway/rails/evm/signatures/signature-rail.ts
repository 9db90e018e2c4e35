import type { PrivateKeyAccount } from "viem";
import { toHex } from "viem/utils";
import { type Instant, SECOND } from "../../../../core/clock.ts";
import { decimal, fromUnits, ZERO } from "../../../../core/decimal.ts";
import { InvariantError } from "../../../../core/errors.ts";
import { type Address, type Hex, lower, shortHex } from "../../../../core/hex.ts";
import { hashOf } from "../../../../core/json.ts";
import type { SignatureBody } from "../../../../journal/entries.ts";
import type { ChainBook } from "../../../../mandate/book.ts";
import {
  type AccountId,
  type Action,
  type ChainLabel,
  type Effects,
  type Holding,
  splitAssetId,
  type Unknown,
} from "../../../../protocols/effects.ts";
import type { RpcClient } from "../../../../protocols/json-rpc.ts";
import { withLastWords } from "../../../../protocols/last-words.ts";
import { unknown } from "../../../../protocols/meaning.ts";
import type { CallContext } from "../../../../protocols/protocol.ts";
import { quantity, seconds } from "../../../../protocols/quantity.ts";
import { decodeSignature, type SignatureMeaning } from "../../../../protocols/signatures/decode-signature.ts";
import { MOST_LIVE_SIGNATURES, type SignatureName } from "../../../../protocols/signatures/signature-types.ts";
import { holdingsOf, isPositionSymbol } from "../../../../protocols/uniswap-v3/position.ts";
import type { EvmView } from "../evm-rail.ts";
import { bytesProblems } from "../request-problems.ts";
import { lastBlockUntil } from "./last-block-until.ts";
import { type Move, readMoves } from "./read-moves.ts";
import { type Counted, type NonceState, SignatureContracts } from "./signature-contracts.ts";

export type MessageSigner = Pick<PrivateKeyAccount, "address"> & Partial<Pick<PrivateKeyAccount, "sign">>;
type SignAction = Extract<Action, { typedData: string }>;

/** What a message would do, and what is signed where that is allowed. */
export interface SignatureAssessment {
  readonly effects: Effects;
  /** Null: it has no meaning that could be signed. */
  readonly body: SignatureBody | null;
}

/** What has become of a message that was signed, at one block. */
export interface SignatureSighting {
  /** "live": it, or what it leaves allowed, can still be used. */
  readonly kind: "live" | "used" | "expired";
  readonly block: number;
  readonly blockHash: Hex;
  /** What its spender may take now, in whole tokens. */
  readonly allowed: readonly Holding["amount"][];
}

/** The chain's part in messages: what they enable, what is signed, and what came of it. */
export class SignatureRail {
  readonly #rpc: RpcClient;
  readonly #chain: ChainLabel;
  readonly #book: ChainBook;
  readonly #accounts: Readonly<Record<AccountId, Address>>;
  readonly #signer: MessageSigner;

  constructor({
    rpc,
    chain,
    book,
    accounts,
    signer,
  }: {
    readonly rpc: RpcClient;
    readonly chain: ChainLabel;
    readonly book: ChainBook;
    readonly accounts: Readonly<Record<AccountId, Address>>;
    readonly signer: MessageSigner;
  }) {
    this.#rpc = rpc;
    this.#chain = chain;
    this.#book = book;
    this.#accounts = accounts;
    this.#signer = signer;
  }

  /**
   * What typed data enables at most: by its members, by its contract's own domain and nonces, and by nothing else. Nothing is
   * simulated: whoever has it uses it when and how they like.
   *
   * @param live - messages that can still be used.
   * @param holdings - what the accounts hold at the view's block.
   */
  async assess(
    { from, typedData }: SignAction,
    { view, live, holdings, now }: { view: EvmView; live: readonly SignatureBody[]; holdings: readonly Holding[]; now: Instant },
  ): Promise<SignatureAssessment> {
    const { tip, prices, positions } = view;
    const context: CallContext = { chain: this.#chain, book: this.#book, accounts: this.#accounts, from };
    const read = decodeSignature(context, typedData);
    const held = holdings.filter(({ asset }) => !isPositionSymbol(splitAssetId(asset).symbol));
    const bare: Effects = {
      deltas: [],
      allowances: [],
      payments: [],
      unfloored: [],
      pools: [],
      calls: [],
      gas: [],
      deadline: null,
      unknown: view.problems,
      before: [...held, ...holdingsOf(this.#chain, this.#book, withLastWords(prices), positions)],
      block: { chain: this.#chain, number: tip.number.toString(), at: Number(tip.timestamp) * SECOND },
      evidence: hashOf(null),
    };
    if ("problem" in read) return { effects: { ...bare, unknown: [...view.problems, read.problem] }, body: null };
    const { meaning, amounts, owner, spender, typed } = read;
    const contracts = new SignatureContracts(this.#rpc, toHex(tip.number));
    const contract = typed.domain.verifyingContract;
    const [separator, ...states] = await Promise.all([
      contracts.separator(contract),
      ...amounts.map((amount) => contracts.nonce(countedOf(read, amount))),
    ]);
    const problems = [
      ...bytesProblems(meaning, this.#book, this.#accounts),
      ...this.#domainProblems(read, separator),
      ...nonceProblems(read, states, live, tip.timestamp),
      ...(read.from > now ? [unknown("SIGNATURE_SLEEPS", "it is valid from later on only")] : []),
      ...(live.length >= MOST_LIVE_SIGNATURES
        ? [unknown("OPEN_SIGNATURES", `${live.length} signatures are live; none more is made`)]
        : []),
      ...(this.#signer.sign === undefined ? [unknown("SIGNING_NOT_ALLOWED", "this key signs transactions alone")] : []),
    ];
    const effects: Effects = {
      ...bare,
      deltas: meaning.gives.map(({ account, asset, amount }) => {
        const least = amount.negated();
        return { account, asset, least, most: least };
      }),
      // What is allowed already is another's: all of this comes on top.
      allowances: meaning.approves.map(({ asset, amount, spender: to }) => ({
        owner: from,
        asset,
        spender: to,
        before: ZERO,
        after: amount,
      })),
      payments: meaning.pays,
      calls: [meaning.call],
      deadline: meaning.deadline,
      unknown: [...view.problems, ...problems],
      evidence: hashOf({ separator, states }),
    };
    const body: SignatureBody = {
      chain: this.#chain,
      type: typed.type.name,
      digest: typed.digest,
      contract,
      owner,
      spender,
      amounts: amounts.map(({ asset, units, decimals, nonce }) => ({
        asset,
        amount: fromUnits(units, decimals).toFixed(),
        nonce,
      })),
      block: Number(tip.number),
    };
    return { effects, body };
  }

  /** See {@link readMoves}. @param until - what moved later is of no interest. */
  async moves({
    until,
    ...range
  }: {
    readonly owner: Address;
    readonly from: number;
    readonly to: number;
    readonly until?: Instant;
  }): Promise<readonly Move[]> {
    const to = until === undefined ? range.to : await lastBlockUntil(this.#rpc, range, until);
    return readMoves({ rpc: this.#rpc, chain: this.#chain, book: this.#book }, { ...range, to });
  }

  sign({ digest }: SignatureBody): Promise<Hex> {
    if (this.#signer.sign === undefined) throw new InvariantError("a key that signs no messages was judged to");
    return this.#signer.sign({ hash: digest as Hex });
  }

  /** @param until - when it, and what it leaves allowed, are over. */
  async look(body: SignatureBody, until: Instant): Promise<SignatureSighting> {
    const head = quantity("eth_blockNumber", await this.#rpc.request("eth_blockNumber", []));
    const number = head - BigInt(this.#book.confirmations - 1);
    const tag = toHex(number);
    const [block, states] = await Promise.all([
      this.#rpc.request<{ readonly hash: Hex; readonly timestamp: Hex }>("eth_getBlockByNumber", [tag, false]),
      this.#statesAt(body, tag),
    ]);
    const stamped = seconds("the block's timestamp", block.timestamp);
    const over = stamped * SECOND > until;
    const used = states.every((state) => state?.used === true);
    // What Permit2 was told by a permit stays allowed after it was used, and is pulled until it ends.
    const pulls = body.type === "PermitSingle" || body.type === "PermitBatch";
    const left =
      pulls && !over && states.some((state) => state !== null && state.allowed > 0n && (state.until ?? 0n) >= BigInt(stamped));
    const allowed = body.amounts.map(({ asset }, i) => fromUnits(states[i]?.allowed ?? 0n, this.#decimalsOf(asset)));
    // A contract that does not answer says nothing, and what it says nothing of is taken for live.
    const unknown = states.includes(null);
    const kind = used && !left ? "used" : over && !used && !unknown ? "expired" : "live";
    return { kind, block: Number(number), blockHash: block.hash, allowed };
  }

  /**
   * Of which of its tokens a message of Permit2's let something be taken in a block: the nonce was marked there, or less is
   * left to pull than before. Null: the node does not tell of that block, or the message is none of Permit2's.
   */
  async takenIn(body: SignatureBody, block: number): Promise<readonly string[] | null> {
    const pulls = COUNTERS[body.type] === "pair";
    if (!pulls && COUNTERS[body.type] !== "bitmap") return null;
    const [before, after] = await Promise.all([block - 1, block].map((number) => this.#statesAt(body, toHex(number))));
    if (!before || !after || before.includes(null) || after.includes(null)) return null;
    return body.amounts.flatMap(({ asset, amount }, i) => {
      const [then, now] = [before[i], after[i]];
      if (!then || !now?.used) return [];
      if (!pulls) return then.used ? [] : [asset];
      const decimals = this.#decimalsOf(asset);
      const left = then.used ? fromUnits(then.allowed, decimals) : decimal(amount);
      return fromUnits(now.allowed, decimals).lt(left) ? [asset] : [];
    });
  }

  #statesAt(body: SignatureBody, tag: Hex): Promise<readonly (NonceState | null)[]> {
    const contracts = new SignatureContracts(this.#rpc, tag);
    return Promise.all(body.amounts.map(({ asset, nonce }) => contracts.nonce({ ...this.#counted(body, asset), nonce })));
  }

  #domainProblems({ typed }: SignatureMeaning, separator: Hex | null): readonly Unknown[] {
    const { domain, separator: own } = typed;
    const { chainId, verifyingContract } = domain;
    if (chainId !== this.#book.id) {
      return [unknown("SIGNATURE_DOMAIN", `it is for chain ${chainId}; ${this.#chain} is chain ${this.#book.id}`)];
    }
    if (separator === null || lower(separator) === own) {
      return separator === null ? [unknown("SIGNATURE_DOMAIN", `${shortHex(verifyingContract)} takes no signatures`)] : [];
    }
    return [unknown("SIGNATURE_DOMAIN", `its domain is not that of ${shortHex(verifyingContract)}: name or version differ`)];
  }

  #counted(body: SignatureBody, asset: string): Omit<Counted, "nonce"> {
    const token = this.#book.assets[splitAssetId(asset as `${string}/${string}`).symbol]?.address ?? (body.contract as Address);
    const { owner, spender, contract } = body;
    return {
      type: body.type as SignatureName,
      contract: contract as Address,
      owner: owner as Address,
      spender: spender as Address,
      token: lower(token),
    };
  }

  #decimalsOf(asset: string): number {
    return this.#book.assets[splitAssetId(asset as `${string}/${string}`).symbol]?.decimals ?? 0;
  }
}

function countedOf({ typed, owner, spender }: SignatureMeaning, { token, nonce }: SignatureMeaning["amounts"][number]): Counted {
  return { type: typed.type.name, contract: typed.domain.verifyingContract, owner, spender, token, nonce };
}

function nonceProblems(
  { typed, spender, amounts }: SignatureMeaning,
  states: readonly (NonceState | null)[],
  live: readonly SignatureBody[],
  now: bigint,
): readonly Unknown[] {
  const { name } = typed.type;
  return amounts.flatMap(({ asset, nonce }, i): readonly Unknown[] => {
    const state = states[i];
    if (!state) return [unknown("SIGNATURE_DOMAIN", `${typed.domain.verifyingContract} does not count ${name} messages`)];
    const shown = shortHex(nonce);
    if (!state.next) return [unknown("SIGNATURE_NONCE", `${shown} is not a nonce that ${name} takes now`)];
    const taken = live.some(
      (one) => one.contract === typed.domain.verifyingContract && countsAs(one, { name, asset, spender, nonce }),
    );
    if (taken) return [unknown("SIGNATURE_NONCE", `a signature with nonce ${shown} is live already`)];
    if (state.allowed > 0n && (state.until === null || state.until >= now)) {
      return [unknown("ALLOWANCE_LEFT", `${shortHex(spender)} has an allowance over ${asset} already; take that back first`)];
    }
    return [];
  });
}

/** Whether a live message takes the nonce: Permit2's counted ones have theirs for each token and spender. */
function countsAs(
  live: SignatureBody,
  {
    name,
    asset,
    spender,
    nonce,
  }: { readonly name: string; readonly asset: string; readonly spender: string; readonly nonce: string },
): boolean {
  if (COUNTERS[live.type] !== COUNTERS[name]) return false;
  const byPair = COUNTERS[name] === "pair";
  if (byPair && live.spender !== spender) return false;
  return live.amounts.some((part) => part.nonce === nonce && (!byPair || part.asset === asset));
}

/** What each kind of message takes its nonces from. */
const COUNTERS: Readonly<Record<string, string>> = {
  Permit: "owner",
  TransferWithAuthorization: "authorization",
  ReceiveWithAuthorization: "authorization",
  PermitSingle: "pair",
  PermitBatch: "pair",
  PermitTransferFrom: "bitmap",
  PermitBatchTransferFrom: "bitmap",
};
