import type { PrivateKeyAccount } from "viem";
import { keccak256, parseTransaction, toHex } from "viem/utils";
import { type Instant, SECOND } from "../../../core/clock.ts";
import { type Decimal, fromUnits } from "../../../core/decimal.ts";
import { InvariantError } from "../../../core/errors.ts";
import { type Address, type Hash, type Hex, lower } from "../../../core/hex.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import {
  type AccountId,
  type Action,
  type AssetId,
  assetId,
  type ChainLabel,
  type Holding,
  type Prices,
  type Unknown,
} from "../../../protocols/effects.ts";
import { encodeAllowance } from "../../../protocols/erc20.ts";
import type { WarpRoute } from "../../../protocols/hyperlane/warp-routes.ts";
import { type RpcClient, RpcError } from "../../../protocols/json-rpc.ts";
import { readPrices } from "../../../protocols/prices.ts";
import { count, quantity } from "../../../protocols/quantity.ts";
import { holdingsOf, type OwnPosition } from "../../../protocols/uniswap-v3/position.ts";
import { pricesOfPositions } from "../../../protocols/uniswap-v3/price-positions.ts";
import { readPositions } from "../../../protocols/uniswap-v3/read-positions.ts";
import { type Assessment, assess } from "./assess.ts";
import { CodeReader, codeProblems, pinnedAddresses } from "./code.ts";
import { decimalsProblems } from "./decimals-problems.ts";
import { lookFor, type Sighting } from "./look.ts";
import { NodeSimulator, type StartFork } from "./node-simulator.ts";
import { TRANSFER_GAS, voidFees } from "./outbid.ts";
import { poolProblems } from "./pool-problems.ts";
import { spendersOf } from "./probes.ts";
import { readHoldings } from "./read-holdings.ts";
import { type MessageSigner, SignatureRail } from "./signatures/signature-rail.ts";
import type { Fees, Tip } from "./simulate.ts";
import { stalenessOf } from "./staleness.ts";
import { readTip } from "./tip.ts";
import type { FarSides } from "./warp/assess-dispatches.ts";
import { WarpReader } from "./warp/warp-reader.ts";
import { witnessProblems } from "./witness-problems.ts";

/** Most that a node may ask as a priority fee: 3 gwei. What is beyond is not worth a place in the next block. */
const PRIORITY_FEE_CAP = 3_000_000_000n;
const METHOD_NOT_FOUND = -32601;

/** All that a rail needs of a key. */
export type RailSigner = Pick<PrivateKeyAccount, "address" | "signTransaction"> & MessageSigner;

/** A view of the chain at one block: everything that a judgment reads there. */
export interface EvmView {
  readonly tip: Tip;
  readonly block: string;
  readonly fees: Fees;
  /** The account's next nonce on chain, what waits in the node's pool included. */
  readonly nonce: number;
  readonly prices: Prices;
  readonly positions: readonly OwnPosition[];
  /** What an account has of the native coin there, in wei. @throws {RpcError} it could not be read. */
  readonly coins: (account: AccountId) => Promise<bigint>;
  /** Code that changed, a node that is behind, endpoints that do not agree. */
  readonly problems: readonly Unknown[];
}

export interface SignedTransaction {
  readonly hash: Hex;
  readonly bytes: Hex;
  readonly nonce: number;
  readonly gasMost: Decimal;
}

export interface Allowance {
  readonly owner: Address;
  readonly spender: Address;
  readonly asset: AssetId;
  /** Whole tokens. */
  readonly amount: Decimal;
}

/** How the gateway executes on one EVM chain, for one wallet: it assesses, signs, submits and looks. Nothing else. */
export class EvmRail {
  readonly chain: ChainLabel;
  readonly book: ChainBook;
  readonly signatures: SignatureRail;
  readonly warp: WarpReader;
  readonly #rpc: RpcClient;
  readonly #accounts: Readonly<Record<AccountId, Address>>;
  readonly #signer: RailSigner;
  readonly #witnesses: readonly RpcClient[];
  readonly #simulator: NodeSimulator;
  readonly #code: CodeReader;
  #highest: bigint | null = null;
  #hasSync = true;

  constructor({
    chain,
    book,
    rpc,
    accounts,
    signer,
    witnesses = [],
    startFork,
    routes = [],
  }: {
    chain: ChainLabel;
    book: ChainBook;
    rpc: RpcClient;
    accounts: Readonly<Record<AccountId, Address>>;
    signer: RailSigner;
    /** More endpoints of the chain, which must say the same. */
    witnesses?: readonly RpcClient[];
    /** Starts a local fork where the node cannot simulate. Left out: never. */
    startFork?: StartFork | undefined;
    /** Routes of the book that leave the chain. Left out: none. */
    routes?: readonly WarpRoute[];
  }) {
    this.chain = chain;
    this.book = book;
    this.#rpc = rpc;
    this.#accounts = accounts;
    this.#signer = signer;
    this.#witnesses = witnesses;
    this.#code = new CodeReader(rpc);
    this.signatures = new SignatureRail({ rpc, chain, book, accounts, signer });
    this.warp = new WarpReader({ rpc, chain, book, accounts, routes });
    this.#simulator = new NodeSimulator({ rpc, book, accounts, startFork });
  }

  async chainId(): Promise<number> {
    return count("eth_chainId", await this.#rpc.request("eth_chainId", []));
  }

  /** The code of everything in the book, by "kind/label". Null: there is none. */
  async code(): Promise<Readonly<Record<string, Hash | null>>> {
    const pinned = Object.entries(pinnedAddresses(this.book));
    const hashes = await this.#code.read(
      pinned.map(([, address]) => address),
      "latest",
    );
    return Object.fromEntries(pinned.map(([label], i) => [label, hashes[i] ?? null]));
  }

  /** Where a clock and the chain's newest block do not agree. */
  async clockProblems(now: Instant): Promise<readonly Unknown[]> {
    const tips = await Promise.all([this.#rpc, ...this.#witnesses].map((rpc) => readTip(rpc)));
    return tips.flatMap((tip) => stalenessOf(this.book, tip, now, null));
  }

  /** See {@link decimalsProblems}. */
  decimalsProblems(): Promise<readonly string[]> {
    return decimalsProblems(this.#rpc, this.book);
  }

  /** See {@link poolProblems}. */
  poolProblems(): Promise<readonly string[]> {
    return poolProblems(this.#rpc, this.book);
  }

  /** @param pinned - code hashes to hold today's code against. */
  async view(now: Instant, pinned: Readonly<Record<string, Hash>>): Promise<EvmView> {
    const [tip, wished, nonce] = await Promise.all([
      this.#tip(),
      this.#rpc.request("eth_maxPriorityFeePerGas", []).then((told) => quantity("eth_maxPriorityFeePerGas", told)),
      this.pendingNonce(),
    ]);
    const block = toHex(tip.number);
    const parameters = { chain: this.chain, book: this.book, accounts: this.#accounts, block, now };
    // In one breath: what is asked of a node then travels as one message.
    const coins = this.#coins(block);
    const [prices, positions, changed, disagreements] = await Promise.all([
      readPrices(this.#rpc, this.chain, this.book, { block, stamped: Number(tip.timestamp) * SECOND }, now),
      this.#positions(block),
      codeProblems(this.#code, { book: this.book, pinned, block }),
      witnessProblems(this.#rpc, this.#witnesses, parameters),
    ]);
    const stale = stalenessOf(this.book, tip, now, this.#highest);
    if (this.#highest === null || tip.number > this.#highest) this.#highest = tip.number;
    const priority = wished < PRIORITY_FEE_CAP ? wished : PRIORITY_FEE_CAP;
    const fees = { maxPriorityFeePerGas: priority, maxFeePerGas: tip.nextBaseFee * 2n + priority };
    const problems = [...stale, ...disagreements, ...changed];
    return { tip, block, fees, nonce, prices, positions, coins, problems };
  }

  /** @param far - chains that the actions send to, as they are now. */
  async assess(actions: readonly Action[], view: EvmView, far: FarSides = new Map()): Promise<Assessment> {
    const [first] = actions;
    if (!first) throw new InvariantError("a request has at least one action");
    return assess(actions, {
      rpc: this.#rpc,
      simulate: (tip, parameters) => this.#simulator.simulate(tip, parameters),
      chain: this.chain,
      book: this.book,
      accounts: this.#accounts,
      from: first.from,
      tip: view.tip,
      fees: view.fees,
      prices: view.prices,
      positions: view.positions,
      coins: view.coins,
      problems: view.problems,
      warp: this.warp,
      block: view.block,
      far,
    });
  }

  async sign(action: Action, { nonce, gas, fees }: { nonce: number; gas: bigint; fees: Fees }): Promise<SignedTransaction> {
    if (!("call" in action)) throw new InvariantError("only calls are signed");
    const { to, data, value } = action.call;
    return this.#sign({ to, data, value, nonce, gas, fees });
  }

  /**
   * An empty transfer to self that takes a nonce away from a call that must not land any more. It outbids `replaced`,
   * the bytes that a node may still hold. It burns at most `reserved`, in whole native coins.
   */
  async signVoid(
    nonce: number,
    { fees, reserved, replaced }: { fees: Fees; reserved: Decimal; replaced: Hex | undefined },
  ): Promise<SignedTransaction> {
    const more = voidFees(replaced, fees, reserved);
    return this.#sign({ to: lower(this.#signer.address), data: "0x", value: 0n, nonce, gas: TRANSFER_GAS, fees: more });
  }

  /** The same call under the same nonce, for another fee. */
  async signAgain(bytes: Hex, fees: Fees): Promise<SignedTransaction> {
    const { to, data = "0x", value = 0n, nonce = 0, gas = 0n } = parseTransaction(bytes);
    if (!to) throw new InvariantError("a creation was never signed");
    return this.#sign({ to: lower(to), data, value, nonce, gas, fees });
  }

  async #sign({
    to,
    data,
    value,
    nonce,
    gas,
    fees,
  }: {
    to: Address;
    data: Hex;
    value: bigint;
    nonce: number;
    gas: bigint;
    fees: Fees;
  }): Promise<SignedTransaction> {
    const bytes = await this.#signer.signTransaction({
      type: "eip1559",
      chainId: this.book.id,
      to,
      data,
      value,
      nonce,
      gas,
      ...fees,
    });
    return { hash: keccak256(bytes), bytes, nonce, gasMost: fromUnits(gas * fees.maxFeePerGas, 18) };
  }

  /** The action that signed bytes carry out. */
  actionOf(bytes: Hex, from: AccountId): Action {
    const { to, data = "0x", value = 0n } = parseTransaction(bytes);
    if (!to) throw new InvariantError("a creation was never signed");
    return { rail: "evm", chain: this.chain, from, call: { to: lower(to), data, value } };
  }

  /** Sends transactions in order and waits, a little, for the last one; on a world for each, or the machine's speed says what shares a block. */
  async submitAll(transactions: readonly Hex[]): Promise<void> {
    const each = this.book.rpc === "world";
    const last = transactions.length - 1;
    for (const [i, bytes] of transactions.entries()) await this.submit(bytes, { wait: each || i === last });
  }

  /** Sends the bytes. What a node answers here proves nothing either way: {@link look} does. */
  async submit(bytes: Hex, { wait }: { readonly wait: boolean }): Promise<void> {
    if (wait && this.#hasSync) {
      const failure = await this.#send("eth_sendRawTransactionSync", bytes);
      if (failure === null || failure.rpcCode === null) return;
      this.#hasSync = failure.rpcCode !== METHOD_NOT_FOUND;
    }
    // The same bytes twice are one transaction, and nodes differ in how they refuse a method that they lack.
    await this.#send("eth_sendRawTransaction", bytes);
  }

  async #send(method: string, bytes: Hex): Promise<RpcError | null> {
    try {
      await this.#rpc.request(method, [bytes]);
      return null;
    } catch (error) {
      if (error instanceof RpcError) return error;
      throw error;
    }
  }

  /** See {@link lookFor}. */
  look(hash: Hex): Promise<Sighting> {
    return lookFor(this.#rpc, hash);
  }

  /** The number of the newest block. */
  async height(): Promise<number> {
    return count("eth_blockNumber", await this.#rpc.request("eth_blockNumber", []));
  }

  /** The hash of the block of a number; null where there is none. */
  async blockHash(block: number): Promise<Hex | null> {
    const found = await this.#rpc.request<{ readonly hash: Hex } | null>("eth_getBlockByNumber", [toHex(block), false]);
    return found?.hash ?? null;
  }

  /** The account's next nonce, of what is mined alone. */
  async minedNonce(): Promise<number> {
    return this.#nonceAt("latest");
  }

  /** The account's next nonce with what waits in the node's pool. */
  async pendingNonce(): Promise<number> {
    return this.#nonceAt("pending");
  }

  async #nonceAt(block: "latest" | "pending"): Promise<number> {
    const method = "eth_getTransactionCount";
    return count(method, await this.#rpc.request(method, [this.#signer.address, block]));
  }

  /** See {@link readHoldings}. */
  holdings(block: string): Promise<readonly Holding[]> {
    return readHoldings({ rpc: this.#rpc, chain: this.chain, book: this.book, accounts: this.#accounts }, block);
  }

  /** What own positions held at a block, in tokens at `prices`, by the accounts that stand for them. */
  async liquidity(block: string, prices: Prices): Promise<readonly Holding[]> {
    return holdingsOf(this.chain, this.book, prices, await this.#positions(block));
  }

  /** Every own allowance to the book's contracts and vaults at a block. */
  async allowances(block: string): Promise<readonly Allowance[]> {
    const rows = Object.values(this.#accounts).flatMap((owner) =>
      Object.entries(this.book.assets).flatMap(([symbol, { address, decimals }]) =>
        spendersOf(this.book).map(async (spender): Promise<Allowance> => {
          const units = await this.#rpc.request("eth_call", [{ to: address, data: encodeAllowance(owner, spender) }, block]);
          return {
            owner,
            spender,
            asset: assetId(this.chain, symbol),
            amount: fromUnits(quantity("allowance", units), decimals),
          };
        }),
      ),
    );
    return Promise.all(rows);
  }

  /** Prices of the book's assets, and of each own position: USD for each unit that is held of it. */
  async prices(block: string, now: Instant): Promise<Prices> {
    const [prices, positions] = await Promise.all([
      readPrices(this.#rpc, this.chain, this.book, block, now),
      this.#positions(block),
    ]);
    return { ...prices, ...pricesOfPositions(this.chain, this.book, prices, positions, now) };
  }

  /** The newest block that every endpoint has. */
  async #tip(): Promise<Tip> {
    if (this.#witnesses.length === 0) return readTip(this.#rpc);
    const heads = await Promise.all(
      [this.#rpc, ...this.#witnesses].map(async (rpc) => quantity("eth_blockNumber", await rpc.request("eth_blockNumber", []))),
    );
    const [lowest = 0n] = heads.sort((a, b) => (a < b ? -1 : 1));
    return readTip(this.#rpc, toHex(lowest));
  }

  #positions(block: string): Promise<readonly OwnPosition[]> {
    return readPositions(this.#rpc, { chain: this.chain, book: this.book, accounts: this.#accounts, block });
  }

  /** Asked for already: whether an answer is wanted, and what it means that there is none, is for the assessment to say. */
  #coins(block: string): EvmView["coins"] {
    const read = async (owner: Address) => quantity("eth_getBalance", await this.#rpc.request("eth_getBalance", [owner, block]));
    const asked = new Map(Object.entries(this.#accounts).map(([account, owner]) => [account, read(owner)]));
    for (const answer of asked.values()) answer.catch(() => undefined);
    return async (account) => {
      const answer = asked.get(account);
      if (answer === undefined) throw new InvariantError(`${account} is no account of the mandate`);
      return answer;
    };
  }
}
