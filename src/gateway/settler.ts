import { type Instant, MINUTE } from "../core/clock.ts";
import { decimal, min } from "../core/decimal.ts";
import type { Hex } from "../core/hex.ts";
import type { TransactionBody, WalletEntry } from "../journal/entries.ts";
import type { RequestState } from "../journal/fold-wallet.ts";
import { isSignedMessage } from "../journal/open-signatures.ts";
import { PASSED_BY_EXITS } from "../mandate/facts.ts";
import type { Outcome } from "./contract.ts";
import { outcomeOf } from "./outcome.ts";
import type { EvmRail, SignedTransaction } from "./rails/evm/evm-rail.ts";
import type { Sighting } from "./rails/evm/look.ts";
import { replaceStuck } from "./replacer.ts";
import { measure, released, unresolved } from "./settlement.ts";
import { takenMeanwhile } from "./signatures/moves-by-others.ts";
import { settleSignature } from "./signatures/settle-signature.ts";
import { arrivedMeanwhile } from "./transit/deliveries.ts";
import { farSidesOf } from "./transit/look-beyond.ts";
import type { WalletContext } from "./wallet-context.ts";

interface Seen {
  readonly transaction: TransactionBody;
  readonly sighting: Sighting;
}

/** How long a call without a deadline in its bytes may stay unmined before its nonce is taken away. */
const UNTIMED_PATIENCE = 5 * MINUTE;

/** No transaction burns more than its bytes offer: told otherwise, a day's gas would be gone by a receipt alone. */
function within({ gas_most }: TransactionBody, sighting: Sighting): Sighting {
  return sighting.kind === "included" ? { ...sighting, gas: min(sighting.gas, decimal(gas_most)) } : sighting;
}

/** How often one that is being mined is looked for again at once: else at the next look. */
const LOOKS = 3;

/** Finds out what came of requests that were sent, and sees to it that something comes of them. */
export class Settler {
  readonly #wallet: WalletContext;

  constructor(wallet: WalletContext) {
    this.#wallet = wallet;
  }

  /** Looks one open request up and records what came of it. What cannot be told yet stays open. */
  async settle(request: RequestState, looks = LOOKS): Promise<Outcome> {
    const now = await this.#wallet.now();
    if (request.phase === "reserved") {
      await this.#wallet.commit([{ kind: "settled", body: released(request, "it was never signed") }], now);
      return outcomeOf(this.#wallet.request(request.key));
    }
    const rail = this.#wallet.railOfRequest(request.key);
    if (isSignedMessage(request)) return settleSignature(this.#wallet, rail, request);
    const seen = await this.#sight(rail, request);
    const missing = seen.filter(({ sighting }) => sighting.kind !== "included");
    if (missing.length > 0) return this.#push(rail, request, { missing, now, looks });
    const included = seen.map(({ sighting }) => sighting).filter((sighting) => sighting.kind === "included");
    if (included.some(({ depth }) => depth < rail.book.confirmations)) return outcomeOf(request);
    const transactions = seen.map(({ transaction }) => transaction);
    const { body, breach } = await this.#wallet.reach(async () => {
      const blocks = included.map(({ block }) => block);
      const range = { from: Math.min(...blocks), to: Math.max(...blocks) };
      const meanwhile = await takenMeanwhile(this.#wallet, rail, request, range);
      const arrived = await arrivedMeanwhile(this.#wallet, rail, range);
      const { accounts } = this.#wallet.parts.terms;
      const around = { expected: this.#wallet.expected(), meanwhile, arrived, accounts };
      return measure(rail, { ...request, transactions }, included, around);
    });
    this.#wallet.crash("before-settle");
    const stop: WalletEntry[] = breach === null ? [] : [{ kind: "stopped", body: { code: "OUT_OF_BOUNDS", reason: breach } }];
    await this.#wallet.commit([{ kind: "settled", body }, ...stop], now);
    await this.#wallet.parts.signed.deleteAll(request.transactions.map(({ hash }) => hash));
    return outcomeOf(this.#wallet.request(request.key));
  }

  /** One transaction a nonce: the one that was mined, else the newest, for a void replaces the call it was signed against. */
  async #sight(rail: EvmRail, { transactions }: RequestState): Promise<readonly Seen[]> {
    const looks = transactions.map(async (transaction) => {
      const sighting = within(transaction, await rail.look(transaction.hash as Hex));
      return { transaction, sighting };
    });
    const byNonce = new Map<number, Seen>();
    for (const seen of await this.#wallet.reach(() => Promise.all(looks))) {
      if (byNonce.get(seen.transaction.nonce)?.sighting.kind !== "included") byNonce.set(seen.transaction.nonce, seen);
    }
    return [...byNonce.values()];
  }

  /**
   * Transactions that are not mined: sent again with the same bytes while those can still be judged harmless (their
   * floor and deadline are in them), for a higher fee where others outbid them; else their nonces are consumed.
   */
  async #push(
    rail: EvmRail,
    request: RequestState,
    { missing, now, looks }: { readonly missing: readonly Seen[]; readonly now: Instant; readonly looks: number },
  ): Promise<Outcome> {
    const mined = await this.#wallet.reach(() => rail.minedNonce());
    const used = missing.find(({ transaction }) => transaction.nonce < mined);
    if (used) {
      // It may have been mined since it was looked for.
      const again = await this.#sight(rail, request);
      const late = again.filter(({ transaction, sighting }) => sighting.kind !== "included" && transaction.nonce < mined);
      // What the node still has may be what it is mining: only what it has not heard of was somebody else's.
      const foreign = late.find(({ sighting }) => sighting.kind === "unseen");
      if (foreign) return this.#usedByOthers(request, foreign.transaction.nonce, now);
      return late.length === 0 || looks > 0 ? this.settle(request, looks - 1) : outcomeOf(request);
    }
    const bytes = new Map<string, Hex>();
    for (const { transaction } of missing) {
      const kept = await this.#wallet.parts.signed.get(transaction.hash);
      if (kept) bytes.set(transaction.hash, `0x${Buffer.from(kept).toString("hex")}`);
    }
    const calls = missing.filter(({ transaction }) => transaction.purpose === "call");
    const lands = calls.length > 0 && (await this.#mayStillLand(rail, request, calls, bytes, now));
    const replaced = missing.filter(({ transaction, sighting }) => {
      const lost = sighting.kind === "unseen" && !bytes.has(transaction.hash);
      return lost || (transaction.purpose === "call" && !lands);
    });
    const voids = await this.#signVoids(rail, request, replaced, bytes, now);
    const stuck = missing.flatMap((one) => {
      const known = bytes.get(one.transaction.hash);
      return known === undefined || replaced.includes(one) || one.transaction.purpose === "void"
        ? []
        : [{ transaction: one.transaction, bytes: known }];
    });
    const again = await replaceStuck(this.#wallet, rail, request, stuck, now);
    const anew = new Set(again.map(({ nonce }) => nonce));
    const resent = missing.filter(
      (one) => one.sighting.kind === "unseen" && !replaced.includes(one) && !anew.has(one.transaction.nonce),
    );
    const unsent = [
      ...[...voids, ...again].map((signed) => signed.bytes),
      ...resent.flatMap(({ transaction }) => bytes.get(transaction.hash) ?? []),
    ];
    await rail.submitAll(unsent);
    const current = this.#wallet.request(request.key);
    if (unsent.length === 0) return outcomeOf(current);
    const seen = await this.#sight(rail, current);
    return seen.every(({ sighting }) => sighting.kind === "included") ? this.settle(current) : outcomeOf(current);
  }

  async #usedByOthers(request: RequestState, nonce: number, now: Instant): Promise<Outcome> {
    // Said once: looking again changes nothing until an operator reconciles.
    if (request.settled?.outcome === "unresolved") return outcomeOf(request);
    const reason = `nonce ${nonce} was used by a transaction that this gateway did not sign`;
    await this.#wallet.commit(
      [
        { kind: "settled", body: unresolved(request, reason) },
        { kind: "stopped", body: { code: "FOREIGN_TRANSACTION", reason } },
      ],
      now,
    );
    return outcomeOf(this.#wallet.request(request.key));
  }

  async #signVoids(
    rail: EvmRail,
    request: RequestState,
    replaced: readonly Seen[],
    bytes: ReadonlyMap<string, Hex>,
    now: Instant,
  ): Promise<readonly SignedTransaction[]> {
    if (replaced.length === 0) return [];
    const { fees } = await this.#wallet.reach(() => rail.view(now, {}));
    const signed: SignedTransaction[] = [];
    for (const { transaction } of replaced) {
      // A void may burn what was reserved for the call that it replaces, and not a wei more.
      const reserved = decimal(transaction.gas_most);
      signed.push(await rail.signVoid(transaction.nonce, { fees, reserved, replaced: bytes.get(transaction.hash) }));
    }
    await this.#wallet.keepSigned(request.key, signed, "void");
    return signed;
  }

  /** Whether calls that are not mined are still worth having: in time, and what a new assessment finds harmless. */
  async #mayStillLand(
    rail: EvmRail,
    request: RequestState,
    calls: readonly Seen[],
    bytes: ReadonlyMap<string, Hex>,
    now: Instant,
  ): Promise<boolean> {
    if (now > (request.reserved.until ?? request.reservedAt + UNTIMED_PATIENCE)) return false;
    if (calls.every(({ sighting }) => sighting.kind === "pending")) return true;
    const account = request.reserved.bounds[0]?.account ?? Object.keys(this.#wallet.parts.terms.accounts)[0] ?? "";
    const actions = calls
      .flatMap(({ transaction }) => bytes.get(transaction.hash) ?? [])
      .map((signed) => rail.actionOf(signed, account));
    if (actions.length < calls.length) return false;
    const view = await this.#wallet.reach(() => rail.view(now, this.#wallet.pinnedCode(rail.chain)));
    const { effects } = await rail.assess(actions, view, await farSidesOf(this.#wallet, rail, actions, now));
    const exits = request.reserved.class === "reduce";
    return effects.unknown.every(({ code }) => exits && PASSED_BY_EXITS.has(code));
  }
}
