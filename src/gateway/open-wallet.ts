import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { InvariantError, MandateError } from "../core/errors.ts";
import { type Hash, lower } from "../core/hex.ts";
import type { PinnedBody } from "../journal/entries.ts";
import type { JournalUnavailableError } from "../journal/journal.ts";
import { takeLock } from "../journal/lock-file.ts";
import { openSignedStore } from "../journal/signed-store.ts";
import { openJournal } from "../journal/sqlite/open-journal.ts";
import type { Terms } from "../mandate/terms.ts";
import { termsHash, termsToJson } from "../mandate/terms-json.ts";
import type { ChainLabel } from "../protocols/effects.ts";
import { rpcClient } from "../protocols/json-rpc.ts";
import type { WalletId } from "./contract.ts";
import { type Crash, noCrash } from "./crash-point.ts";
import { pinKey } from "./key-pin.ts";
import { OperatorDesk } from "./operator/operator-desk.ts";
import { operatorKeyHash } from "./operator/operator-key.ts";
import { writePinnedCopy } from "./operator/pinned-copy.ts";
import { EvmRail, type RailSigner } from "./rails/evm/evm-rail.ts";
import type { StartFork } from "./rails/evm/node-simulator.ts";
import { holdingBody } from "./settlement.ts";
import { WalletGateway } from "./wallet-gateway.ts";
import { WalletStream } from "./wallet-stream.ts";

/** A gateway that does not start. */
export class GatewayStartError extends MandateError {}

export interface OpenWalletParameters {
  /** Folder of the journal, its mirror and the signed bytes. */
  readonly home: string;
  readonly terms: Terms;
  readonly signer: RailSigner;
  /** Locked while the gateway lives: one key, one gateway. */
  readonly keyFile: string;
  readonly clock: Pick<Clock, "now">;
  /** The chains' endpoints by label, with "world" resolved. */
  readonly endpoints: Readonly<Record<ChainLabel, string>>;
  /** The operator's public key. Pinned where none is yet; another than the pinned one does not start. */
  readonly operatorKey?: string;
  /** The operator means to give up the journal that this key began with: it is not asked for. See {@link OpenedWallet.claimKey}. */
  readonly abandon?: boolean;
  readonly crash?: Crash;
  /** Starts a fork of a chain on this machine, where its node can neither simulate nor trace. Left out: such a node is refused. */
  readonly startFork?: StartFork;
  readonly onMirrorFailure: (failure: JournalUnavailableError) => void;
}

export interface OpenedWallet {
  readonly wallet: WalletId;
  readonly gateway: WalletGateway;
  /** The wallet's stream and its fold, for what runs beside the gateway in this process. */
  readonly stream: WalletStream;
  /** Where the operator's orders go. Null: no operator is named. */
  readonly desk: OperatorDesk | null;
  /** From now on the key goes with this journal, whichever it began with. */
  claimKey(): void;
  close(): Promise<void>;
}

export function walletId(terms: Terms): WalletId {
  return `wallet:${terms.accounts.wallet}`;
}

/**
 * Opens the journal (verifying all of it), takes the key's lock, checks the chains against the book and pins the
 * terms at the first start. Nothing is signed here.
 *
 * @throws {GatewayStartError} the chain, the key or the terms are not those that were pinned.
 * @throws {JournalCorruptError} the journal does not verify, and where.
 */
export async function openWallet(parameters: OpenWalletParameters): Promise<OpenedWallet> {
  const { home, terms, signer, clock, endpoints } = parameters;
  if (lower(signer.address) !== terms.accounts.wallet) {
    throw new GatewayStartError(
      "WRONG_KEY",
      `the key is ${lower(signer.address)}'s, the mandate's wallet is ${terms.accounts.wallet}`,
      {
        remedy: "Give the keystore of the mandate's wallet.",
      },
    );
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const keyLock = takeLock(`${parameters.keyFile}.lock`);
  const closers: (() => Promise<void> | void)[] = [() => keyLock.release()];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const journal = await openJournal({
      path: join(home, "journal.sqlite"),
      mirror: join(home, "mirror", "heads"),
      onMirrorFailure: parameters.onMirrorFailure,
    });
    closers.push(() => journal.close());
    const signed = await openSignedStore(join(home, "signed.sqlite"));
    closers.push(() => signed.close());
    const railsFor = (wanted: Terms) => railsOf(wanted, endpoints, signer, parameters.startFork);
    const rails = railsFor(terms);
    const stream = await WalletStream.open(journal, walletId(terms));
    await checkChains(rails);
    await pin(stream, terms, rails, await clock.now());
    const own = { stream: stream.stream, first: await firstHash(stream) };
    if (!parameters.abandon) pinKey(parameters.keyFile, own);
    await pinOperator(stream, parameters.operatorKey, await clock.now());
    const keepCopy = (wanted: Terms) => writePinnedCopy(home, { terms: wanted, operator: stream.state.operator });
    keepCopy(terms);
    const gateway = new WalletGateway({
      wallet: walletId(terms),
      terms,
      stream,
      signed,
      rails,
      clock,
      crash: parameters.crash ?? noCrash,
      railsFor,
      onAmended: keepCopy,
    });
    const desk = stream.state.operator === null ? null : new OperatorDesk(gateway);
    const claimKey = () => pinKey(parameters.keyFile, { ...own, anew: true });
    return { wallet: walletId(terms), gateway, desk, stream, claimKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function railsOf(
  { book, accounts }: Terms,
  endpoints: Readonly<Record<ChainLabel, string>>,
  signer: RailSigner,
  startFork: StartFork | undefined,
): ReadonlyMap<ChainLabel, EvmRail> {
  return new Map(
    Object.entries(book.chains).map(([chain, entry]) => {
      const url = endpoints[chain] ?? (entry.rpc === "world" ? undefined : entry.rpc);
      if (url === undefined)
        throw new GatewayStartError("NO_ENDPOINT", `there is no endpoint for ${chain}`, {
          remedy: "Give the chain an rpc in the book.",
        });
      return [
        chain,
        new EvmRail({
          chain,
          book: entry,
          rpc: rpcClient(url),
          witnesses: entry.witnesses.map((one) => rpcClient(one)),
          accounts,
          signer,
          startFork,
        }),
      ] as const;
    }),
  );
}

/** The first start that names an operator pins its key; from then on it is needed at no start and replaced by none. */
async function pinOperator(stream: WalletStream, key: string | undefined, now: number): Promise<void> {
  const pinned = stream.state.operator;
  if (key === undefined || key === pinned) return;
  if (pinned !== null) {
    throw new GatewayStartError("OPERATOR_CHANGED", "the operator's key is not the one that was pinned", {
      remedy: "Give the operator's key of the first start, or leave it out.",
      details: { pinned: operatorKeyHash(pinned), given: operatorKeyHash(key) },
    });
  }
  await stream.commit([{ kind: "operator", body: { key, key_hash: operatorKeyHash(key) } }], now);
}

async function firstHash({ journal, stream }: WalletStream): Promise<Hash> {
  for await (const { hash } of journal.read(stream)) return hash;
  throw new InvariantError("a wallet that is pinned has a first entry");
}

async function checkChains(rails: ReadonlyMap<ChainLabel, EvmRail>): Promise<void> {
  for (const [chain, rail] of rails) {
    const id = await rail.chainId();
    if (id !== rail.book.id) {
      throw new GatewayStartError("WRONG_CHAIN", `the endpoint of ${chain} is chain ${id}, the book says ${rail.book.id}`, {
        remedy: "Correct the chain's id or rpc in the book.",
      });
    }
  }
}

/** The first start on a key pins the terms and the code of everything they name; later starts must bring the same. */
async function pin(stream: WalletStream, terms: Terms, rails: ReadonlyMap<ChainLabel, EvmRail>, now: number): Promise<void> {
  const hash = termsHash(terms);
  const pinned = stream.state.pinned;
  if (pinned) {
    if (pinned.terms_hash !== hash) {
      throw new GatewayStartError("TERMS_CHANGED", `the mandate's terms are not those pinned to ${walletId(terms)}`, {
        remedy: "Put the file back as it was, or have the operator amend the terms.",
        details: { pinned: pinned.terms_hash, file: hash },
      });
    }
    await stream.commit([{ kind: "started", body: { terms: hash } }], now);
    return;
  }
  const code: Record<string, string> = {};
  const nonces: Record<string, number> = {};
  const holdings: PinnedBody["holdings"][number][] = [];
  for (const [chain, rail] of rails) {
    for (const [label, found] of Object.entries(await rail.code())) {
      if (found === null) {
        throw new GatewayStartError("NO_CODE", `there is no contract at ${chain}/${label}`, {
          remedy: "Correct the address in the book.",
        });
      }
      code[`${chain}/${label}`] = found;
    }
    const [wrong] = await rail.poolProblems();
    if (wrong !== undefined) {
      throw new GatewayStartError("WRONG_POOL", `${chain}: ${wrong}`, {
        remedy: "Correct the pool's address, tokens or fee in the book.",
      });
    }
    const [misread] = await rail.decimalsProblems();
    if (misread !== undefined) {
      throw new GatewayStartError("WRONG_DECIMALS", `${chain}: ${misread}`, {
        remedy: "Correct the token's decimals in the book.",
      });
    }
    nonces[chain] = await rail.minedNonce();
    holdings.push(...(await rail.holdings("latest")).map(holdingBody));
  }
  await stream.commit([{ kind: "pinned", body: { terms_hash: hash, terms: termsToJson(terms), nonces, holdings, code } }], now);
}
