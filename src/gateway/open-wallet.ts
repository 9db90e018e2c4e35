import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PrivateKeyAccount } from "viem";
import type { Clock } from "../core/clock.ts";
import { MandateError } from "../core/errors.ts";
import { lower } from "../core/hex.ts";
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
import { EvmRail } from "./rails/evm/evm-rail.ts";
import { holdingBody } from "./settlement.ts";
import { WalletGateway } from "./wallet-gateway.ts";
import { WalletStream } from "./wallet-stream.ts";

/** A gateway that does not start. */
export class GatewayStartError extends MandateError {}

export interface OpenWalletParameters {
  /** Folder of the journal, its mirror and the signed bytes. */
  readonly home: string;
  readonly terms: Terms;
  readonly signer: PrivateKeyAccount;
  /** Locked while the gateway lives: one key, one gateway. */
  readonly keyFile: string;
  readonly clock: Pick<Clock, "now">;
  /** The chains' endpoints by label, with "world" resolved. */
  readonly endpoints: Readonly<Record<ChainLabel, string>>;
  readonly crash?: Crash;
  readonly onMirrorFailure: (failure: JournalUnavailableError) => void;
}

export interface OpenedWallet {
  readonly wallet: WalletId;
  readonly gateway: WalletGateway;
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
    const rails = new Map(
      Object.entries(terms.book.chains).map(([chain, book]) => {
        const url = endpoints[chain];
        if (url === undefined)
          throw new GatewayStartError("NO_ENDPOINT", `there is no endpoint for ${chain}`, {
            remedy: "Give the chain an rpc in the book.",
          });
        return [chain, new EvmRail({ chain, book, rpc: rpcClient(url), accounts: terms.accounts, signer })] as const;
      }),
    );
    const stream = await WalletStream.open(journal, walletId(terms));
    await checkChains(rails);
    await pin(stream, terms, rails, await clock.now());
    const gateway = new WalletGateway({
      wallet: walletId(terms),
      terms,
      stream,
      signed,
      rails,
      clock,
      crash: parameters.crash ?? noCrash,
    });
    return { wallet: walletId(terms), gateway, close };
  } catch (error) {
    await close();
    throw error;
  }
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
    nonces[chain] = await rail.minedNonce();
    holdings.push(...(await rail.holdings("latest")).map(holdingBody));
  }
  await stream.commit([{ kind: "pinned", body: { terms_hash: hash, terms: termsToJson(terms), nonces, holdings, code } }], now);
}
