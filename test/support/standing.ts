import { join } from "node:path";
import Database from "better-sqlite3";
import type { Address, Hex } from "../../src/core/hex.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { encodeBalanceOf } from "../../src/protocols/erc20.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import type { House } from "./house.ts";

/** Somebody whom no mandate names. */
export const STRANGER: Address = `0x${"5a".repeat(20)}`;

/** Base units of the native coin and of every token of the book, by symbol. */
export async function balancesOf(world: EvmWorld, owner: Address): Promise<Readonly<Record<string, bigint>>> {
  const tokens = await Promise.all(
    Object.entries(EVM_BOOK.chains.base.assets).map(async ([symbol, { address }]) => {
      const units = (await world.rpc("eth_call", [{ to: address, data: encodeBalanceOf(owner) }, "latest"])) as Hex;
      return [symbol, BigInt(units)] as const;
    }),
  );
  return { ETH: BigInt((await world.rpc("eth_getBalance", [owner, "latest"])) as Hex), ...Object.fromEntries(tokens) };
}

export async function nonceOf(world: EvmWorld, owner: Address = REHEARSAL_WALLET): Promise<number> {
  return Number(await world.rpc("eth_getTransactionCount", [owner, "pending"]));
}

/** How many transactions' signed bytes a gateway keeps. */
export function signedKept(home: string): number {
  const db = new Database(join(home, "signed.sqlite"), { readonly: true });
  try {
    return db.prepare<[], number>("SELECT count(*) FROM signed").pluck().get() ?? 0;
  } finally {
    db.close();
  }
}

/** All that a refused request must leave as it was. */
export interface Standing {
  readonly nonce: number;
  readonly wallet: Readonly<Record<string, bigint>>;
  readonly stranger: Readonly<Record<string, bigint>>;
  readonly signed: number;
  readonly journalHolds: boolean;
}

export async function standingOf({ world, home }: Pick<House, "world" | "home">): Promise<Standing> {
  const [nonce, wallet, stranger, { ok }] = await Promise.all([
    nonceOf(world),
    balancesOf(world, REHEARSAL_WALLET),
    balancesOf(world, STRANGER),
    verifyJournal(join(home, "journal.sqlite"), { mirror: join(home, "mirror", "heads") }),
  ]);
  return { nonce, wallet, stranger, signed: signedKept(home), journalHolds: ok };
}

/** The codes for which a request was refused; empty when it was not. */
export function codesOf(outcome: Awaited<ReturnType<House["act"]>>[number] | undefined): readonly string[] {
  if (outcome?.kind !== "refused") return [];
  const violations = outcome.verdict.kind === "deny" ? outcome.verdict.violations : outcome.verdict.because;
  return [...new Set(violations.map(({ code }) => code))];
}
