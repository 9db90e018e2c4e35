import { join } from "node:path";
import Database from "better-sqlite3";
import { toFunctionSelector } from "viem";
import { InvariantError } from "../../src/core/errors.ts";
import type { Address, Hex } from "../../src/core/hex.ts";
import { verifyJournal } from "../../src/journal/verify.ts";
import { ownArtifact } from "../../src/worlds/anvil/artifacts.ts";
import { EVM_BOOK } from "../../src/worlds/anvil/evm-book.ts";
import type { EvmWorld } from "../../src/worlds/anvil/evm-world.ts";
import { REHEARSAL_WALLET } from "../../src/worlds/anvil/rehearsal-wallet.ts";
import type { House } from "./house.ts";

/** Somebody whom no mandate names. */
export const STRANGER: Address = `0x${"5a".repeat(20)}`;

/** Takes an array of token, holder and spender, and gives one of whether it can be read, and what it is. */
const PROBE = toFunctionSelector("probe((address,address,address)[])");
/** Where the probe's code stands for as long as a call lasts. */
const PROBE_AT: Address = `0x${"9b".repeat(20)}`;
const probe = ownArtifact("Probe");

/** A balance, or an allowance where there is a spender. */
export interface Probed {
  readonly token: Address;
  readonly holder: Address;
  readonly spender: Address;
}

/** The native coin as a token, and who a balance has for a spender. */
export const NOBODY: Address = `0x${"0".repeat(40)}`;

/** Balances and allowances in base units: all of one block, in one call. Null: it cannot be read. */
export async function probed(world: Pick<EvmWorld, "rpc">, items: readonly Probed[]): Promise<readonly (bigint | null)[]> {
  const words = items.flatMap(({ token, holder, spender }) => [token, holder, spender]).map((one) => word(BigInt(one)));
  const data = `${PROBE}${word(32n)}${word(BigInt(items.length))}${words.join("")}`;
  const code = { [PROBE_AT]: { code: (await probe).deployedBytecode } };
  const said = (await world.rpc("eth_call", [{ to: PROBE_AT, data }, "latest", code])) as Hex;
  const told = (at: number) => BigInt(`0x${said.slice(2 + WORD * at, 2 + WORD * (at + 1))}`);
  if (said.length !== 2 + WORD * (2 + 2 * items.length) || told(1) !== BigInt(items.length))
    throw new InvariantError("the probe did not answer for each");
  return items.map((_, i) => (told(2 + 2 * i) === 1n ? told(3 + 2 * i) : null));
}

/** Characters of a word of 32 bytes. */
const WORD = 64;

function word(value: bigint): string {
  return value.toString(16).padStart(WORD, "0");
}

/** Base units of the native coin and of tokens, by symbol: all of one block, in one call. */
export async function unitsOf(
  world: Pick<EvmWorld, "rpc">,
  owner: Address,
  tokens: Readonly<Record<string, Address>>,
): Promise<Readonly<Record<string, bigint>>> {
  const asked = [["ETH", NOBODY] as const, ...Object.entries(tokens)];
  const answers = await probed(
    world,
    asked.map(([, token]) => ({ token, holder: owner, spender: NOBODY })),
  );
  return Object.fromEntries(
    asked.map(([symbol], i) => {
      const value = answers[i] ?? null;
      if (value === null) throw new InvariantError(`the balance of ${symbol} cannot be read`);
      return [symbol, value];
    }),
  );
}

const TOKENS = Object.fromEntries(Object.entries(EVM_BOOK.chains.base.assets).map(([symbol, { address }]) => [symbol, address]));

/** Base units of the native coin and of every token of the book, by symbol. */
export function balancesOf(world: Pick<EvmWorld, "rpc">, owner: Address): Promise<Readonly<Record<string, bigint>>> {
  return unitsOf(world, owner, TOKENS);
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
