import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "../core/clock.ts";
import { InvariantError } from "../core/errors.ts";
import { type Hash, lower } from "../core/hex.ts";
import type { AllowedBody, HoldingBody, OrderProof, WalletEntry } from "../journal/entries.ts";
import type { Journal, JournalUnavailableError } from "../journal/journal.ts";
import { takeLock } from "../journal/lock-file.ts";
import { openSignedStore } from "../journal/signed-store.ts";
import { isRealMoneyBook } from "../mandate/real-money.ts";
import type { Terms } from "../mandate/terms.ts";
import { termsHash, termsToJson } from "../mandate/terms-json.ts";
import { warpRoutesOf } from "../mandate/warp-routes.ts";
import type { ChainLabel } from "../protocols/effects.ts";
import { infoClient } from "../protocols/hyperliquid/info-client.ts";
import { VenueMeters } from "../protocols/hyperliquid/weight-meter.ts";
import { rpcClient } from "../protocols/json-rpc.ts";
import { checkChains, checkClock } from "./check-chains.ts";
import type { WalletId } from "./contract.ts";
import { type Crash, noCrash } from "./crash-point.ts";
import { GatewayStartError } from "./gateway-start-error.ts";
import { allowedBodies } from "./hold-against.ts";
import { openJournalIn } from "./journal-folder.ts";
import { pinKey } from "./key-pin.ts";
import { firstLiveEntry } from "./operator/first-live.ts";
import { OperatorDesk } from "./operator/operator-desk.ts";
import { operatorKeyHash } from "./operator/operator-key.ts";
import { writePinnedCopy } from "./operator/pinned-copy.ts";
import { EvmRail, type RailSigner } from "./rails/evm/evm-rail.ts";
import type { StartFork } from "./rails/evm/node-simulator.ts";
import { type ExchangeSigner, HyperliquidRail, VENUE_DEADLINE } from "./rails/hyperliquid/hyperliquid-rail.ts";
import { holdingBody } from "./settlement.ts";
import { SteadyTime, type TimeSource } from "./steady-time.ts";
import { wrongRoutes } from "./transit/wrong-routes.ts";
import type { Rails } from "./wallet-context.ts";
import { WalletGateway } from "./wallet-gateway.ts";
import { walletId } from "./wallet-id.ts";
import { WalletStream } from "./wallet-stream.ts";

export interface OpenWalletParameters {
  /** Folder of the journal, its mirror and the signed bytes. */
  readonly home: string;
  readonly terms: Terms;
  /** Of the wallet on chains; of an exchange's account, or better of an API wallet of it. */
  readonly signer: RailSigner & Partial<ExchangeSigner>;
  /** The exchange account's own key, where the mandate lets dollars go between its classes. Left out: none go. */
  readonly owner?: ExchangeSigner;
  /** Locked while the gateway lives: one key, one gateway. */
  readonly keyFile: string;
  readonly clock: TimeSource;
  /** The chains' endpoints by label, with "world" resolved. */
  readonly endpoints: Readonly<Record<ChainLabel, string>>;
  /** The operator's public key. Pinned where none is yet; another than the pinned one does not start. */
  readonly operatorKey?: string;
  /** The operator's order for the first start with real money, which is refused without it. Later starts need none. */
  readonly goLive?: OrderProof;
  /** The operator means to give up the journal that this key began with: it is not asked for. See {@link OpenedWallet.claimKey}. */
  readonly abandon?: boolean;
  /** A journal that wallets of this process share, and that whoever opened it closes. Left out: one of its own, in `home`. */
  readonly journal?: Journal;
  readonly crash?: Crash;
  /** Meters of what venues are asked, of wallets of one process. Left out: its own, at the venue's published weight. */
  readonly venues?: VenueMeters;
  /** How long a venue may take for an answer, in milliseconds of the machine. */
  readonly venueDeadlineMs?: number;
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

/**
 * Opens the journal (verifying all of it), takes the key's lock, checks the chains against the book and pins the
 * terms at the first start. Nothing is signed here.
 *
 * @throws {GatewayStartError} the chain, the key or the terms are not those that were pinned.
 * @throws {FirstLiveError} a first start with real money that its operator has not ordered.
 * @throws {JournalCorruptError} the journal does not verify, and where.
 */
export async function openWallet(parameters: OpenWalletParameters): Promise<OpenedWallet> {
  const { home, terms, signer, clock, endpoints } = parameters;
  const onChains = Object.keys(terms.book.chains).length > 0;
  if (onChains && lower(signer.address) !== terms.accounts.wallet) {
    throw new GatewayStartError(
      "WRONG_KEY",
      `the key is ${lower(signer.address)}'s, the mandate's wallet is ${terms.accounts.wallet}`,
      {
        remedy: "Give the keystore of the mandate's wallet.",
      },
    );
  }
  checkOwner(parameters);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const keyLock = takeLock(`${parameters.keyFile}.lock`);
  const closers: (() => Promise<void> | void)[] = [() => keyLock.release()];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const journal = parameters.journal ?? (await openJournalIn(home, parameters.onMirrorFailure));
    if (parameters.journal === undefined) closers.push(() => journal.close());
    const signed = await openSignedStore(join(home, "signed.sqlite"));
    closers.push(() => signed.close());
    const venues = {
      meters: parameters.venues ?? new VenueMeters(),
      clock: () => clock.now(),
      deadlineMs: parameters.venueDeadlineMs ?? VENUE_DEADLINE,
    };
    const railsFor = (wanted: Terms): Rails => ({
      rails: railsOf(wanted, endpoints, signer, parameters.startFork),
      exchanges: exchangesOf(wanted, endpoints, { signer, owner: parameters.owner }, venues),
    });
    const { rails, exchanges } = railsFor(terms);
    const stream = await WalletStream.open(journal, walletId(terms));
    const unproven = await checkChains(rails, { first: stream.state.pinned === null });
    await checkExchanges(exchanges, terms, { unordered: stream.state.pinned === null && !parameters.abandon });
    const proven = new Map([...rails].filter(([chain]) => !unproven.has(chain)));
    await checkClock(proven, clock, stream.state.at);
    const time = new SteadyTime(clock);
    const { now } = await time.read();
    const lastLife = stream.state.pinned === null ? {} : { lastLife: stream.state.at };
    const ordered = { operator: parameters.operatorKey, order: parameters.goLive };
    const first = { wallet: walletId(terms), terms: termsHash(terms), at: now };
    // In one commit with the terms: there is no journal with real money that its operator did not order.
    const live = stream.state.pinned === null && isRealMoneyBook(terms.book) ? [firstLiveEntry(ordered, first)] : [];
    await pin(stream, terms, { rails, exchanges }, now, live);
    const own = { stream: stream.stream, first: await firstHash(stream) };
    if (!parameters.abandon) pinKey(parameters.keyFile, own);
    await pinOperator(stream, parameters.operatorKey, now);
    const keepCopy = (wanted: Terms) => writePinnedCopy(home, { terms: wanted, operator: stream.state.operator });
    keepCopy(terms);
    const gateway = new WalletGateway({
      wallet: walletId(terms),
      terms,
      stream,
      signed,
      rails,
      exchanges,
      unproven,
      time,
      crash: parameters.crash ?? noCrash,
      railsFor,
      onAmended: keepCopy,
      ...lastLife,
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
          routes: warpRoutesOf(book, chain),
        }),
      ] as const;
    }),
  );
}

function exchangesOf(
  { book, accounts, network }: Terms,
  endpoints: Readonly<Record<ChainLabel, string>>,
  {
    signer: { address, signTypedData },
    owner,
  }: { readonly signer: RailSigner & Partial<ExchangeSigner>; readonly owner: ExchangeSigner | undefined },
  {
    meters,
    clock,
    deadlineMs,
  }: { readonly meters: VenueMeters; readonly clock: () => Promise<Instant>; readonly deadlineMs: number },
): ReadonlyMap<ChainLabel, HyperliquidRail> {
  const { wallet } = accounts;
  return new Map(
    Object.entries(book.exchanges).map(([label, entry]) => {
      const url = endpoints[label] ?? (entry.api === "world" ? undefined : entry.api);
      if (url === undefined || wallet === undefined || signTypedData === undefined) {
        throw new GatewayStartError("NO_ENDPOINT", `there is no endpoint or no key for ${label} of ${network}`, {
          remedy: "Give the exchange an api in the book, and the keystore of an API wallet.",
        });
      }
      const signer = { address, signTypedData };
      const rail = new HyperliquidRail({
        label,
        book: entry,
        account: lower(wallet),
        info: infoClient({ url, deadlineMs }),
        url,
        signer,
        ...(entry.class_transfers ? { owner } : {}),
        meter: meters.of(url),
        clock,
        deadlineMs,
      });
      return [label, rail] as const;
    }),
  );
}

/** The owner's key signs for the account itself: another's would move another's dollars. */
function checkOwner({ owner, terms }: Pick<OpenWalletParameters, "owner" | "terms">): void {
  if (owner === undefined || lower(owner.address) === terms.accounts.wallet) return;
  throw new GatewayStartError(
    "WRONG_KEY",
    `the owner's key is ${lower(owner.address)}'s, the account is ${terms.accounts.wallet}`,
    {
      remedy: "Give the keystore of the account itself as the owner's, or none.",
    },
  );
}

/** An API wallet's key trades and moves no money: away from a world, nothing else may sign. */
async function checkExchanges(
  exchanges: Rails["exchanges"],
  terms: Terms,
  /** Nothing may rest yet. A way home without the journal finds what the lost one let rest. */
  { unordered }: { readonly unordered: boolean },
): Promise<void> {
  for (const [label, rail] of exchanges) {
    const problem = await rail.keyProblem();
    if (problem !== null) {
      throw new GatewayStartError("WRONG_KEY", `${label}: ${problem}`, {
        remedy: "Approve the API wallet at the venue, and give its keystore; the mandate's wallet is the account itself.",
      });
    }
    if (rail.book.api !== "world" && rail.signsItself) {
      throw new GatewayStartError("WRONG_KEY", `${label}: the key is the account's own, which can move its money`, {
        remedy: `Approve an API wallet for ${terms.accounts.wallet} at the venue, and give its keystore.`,
      });
    }
    // Once something may be held, the way home goes first: it starts, and opens nothing.
    const mode = unordered ? await rail.modeProblem({ must: true }) : null;
    if (mode !== null) {
      throw new GatewayStartError("ACCOUNT_MODE", `${label}: ${mode}`, {
        remedy: `Set ${terms.accounts.wallet} to Standard at the venue, without positions and orders; where it does not take that, name another account.`,
      });
    }
    const { orders } = await rail.view(await rail.venueNow());
    if (unordered && orders.length > 0) {
      throw new GatewayStartError("FOREIGN_ORDER", `${label}: ${orders.length} orders rest that this gateway did not sign`, {
        remedy: "Cancel them at the venue first. Positions are taken over as they are.",
      });
    }
  }
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

/** The first start on a key pins the terms and the code of everything they name; later starts must bring the same. */
async function pin(
  stream: WalletStream,
  terms: Terms,
  { rails, exchanges }: Rails,
  now: number,
  live: readonly WalletEntry[],
): Promise<void> {
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
  const holdings: HoldingBody[] = [];
  const allowances: AllowedBody[] = [];
  for (const [chain, rail] of rails) {
    // Asked for in one breath; what is wrong is told in the order below.
    const asked = {
      code: rail.code(),
      pools: rail.poolProblems(),
      decimals: rail.decimalsProblems(),
      nonce: rail.minedNonce(),
      holdings: rail.holdings("latest"),
      allowances: rail.allowances("latest"),
    };
    for (const answer of Object.values(asked)) answer.catch(() => undefined);
    for (const [label, found] of Object.entries(await asked.code)) {
      if (found === null) {
        throw new GatewayStartError("NO_CODE", `there is no contract at ${chain}/${label}`, {
          remedy: "Correct the address in the book.",
        });
      }
      code[`${chain}/${label}`] = found;
    }
    const [wrong] = await asked.pools;
    if (wrong !== undefined) {
      throw new GatewayStartError("WRONG_POOL", `${chain}: ${wrong}`, {
        remedy: "Correct the pool's address, tokens or fee in the book.",
      });
    }
    const [misread] = await asked.decimals;
    if (misread !== undefined) {
      throw new GatewayStartError("WRONG_DECIMALS", `${chain}: ${misread}`, {
        remedy: "Correct the token's decimals in the book.",
      });
    }
    nonces[chain] = await asked.nonce;
    holdings.push(...(await asked.holdings).map(holdingBody));
    allowances.push(...allowedBodies(await asked.allowances));
  }
  const [misrouted] = await wrongRoutes(rails);
  if (misrouted !== undefined) {
    throw new GatewayStartError("WRONG_ROUTE", misrouted, {
      remedy: "Correct the route in the book: its token, mailbox, scale, hooks and the router on the other side.",
    });
  }
  for (const [label, rail] of exchanges) {
    nonces[label] = 0;
    holdings.push(...(await rail.holdings(Object.keys(terms.accounts)[0] ?? "wallet")).map(holdingBody));
  }
  const found = { nonces, holdings, code, ...(allowances.length === 0 ? {} : { allowances }) };
  await stream.commit([{ kind: "pinned", body: { terms_hash: hash, terms: termsToJson(terms), ...found } }, ...live], now);
}
