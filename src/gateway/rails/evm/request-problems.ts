import { Decimal, sum } from "../../../core/decimal.ts";
import { type Address, lower, shortHex } from "../../../core/hex.ts";
import { perObject } from "../../../core/per-object.ts";
import type { ChainBook } from "../../../mandate/book.ts";
import { pullsOnlyFromCaller } from "../../../protocols/decode-call.ts";
import type { AccountId, Unknown } from "../../../protocols/effects.ts";
import { unknown } from "../../../protocols/meaning.ts";
import { readOwnLogs } from "../../../protocols/own-logs.ts";
import type { Meaning } from "../../../protocols/protocol.ts";
import { managersOf } from "../../../protocols/uniswap-v3/read-positions.ts";
import { spendersOf } from "./probes.ts";
import type { Simulation } from "./simulate.ts";

type Accounts = Readonly<Record<AccountId, Address>>;

/** What the bytes of a call alone forbid. */
export function bytesProblems(meaning: Meaning, book: ChainBook, accounts: Accounts): readonly Unknown[] {
  const pinned = new Set(spendersOf(book));
  const strangers = meaning.approves.filter(({ spender, amount }) => amount.gt(0) && !pinned.has(lower(spender)));
  return [
    ...meaning.unknown,
    ...strangers.map(({ spender }) => unknown("SPENDER_NOT_ALLOWED", `${shortHex(spender)} may not be given an allowance`)),
    ...(meaning.timeSensitive && meaning.deadline === null ? [unknown("NO_DEADLINE", "the bytes never stop being valid")] : []),
    ...(inAndOut(meaning, accounts) ? [unknown("MALFORMED_CALL", "the same asset goes in and comes out of one call")] : []),
  ];
}

function inAndOut({ gives, gets }: Meaning, accounts: Accounts): boolean {
  return gives.some(
    (out) =>
      Object.hasOwn(accounts, out.account) && gets.some((back) => back.account === out.account && back.asset === out.asset),
  );
}

/** What is wrong with calls together: any of them may land without the others. */
export function requestProblems(meanings: readonly Meaning[], book: ChainBook): readonly Unknown[] {
  const swaps = meanings.filter(({ timeSensitive }) => timeSensitive);
  const approves = meanings.flatMap((meaning) => meaning.approves);
  const apart = "two calls of a request can land without each other; put them into one call, or request them one by one";
  return [
    ...(swaps.length > 1 ? [unknown("MALFORMED_CALL", apart)] : []),
    ...approves.flatMap((approve) => {
      const { asset, spender, amount } = approve;
      // What is left over with code that takes it from its caller alone is spend, and judged as that.
      const once = approves.filter((one) => one.asset === asset && lower(one.spender) === lower(spender)).length === 1;
      if (once && takesFromCaller(book, lower(spender))) return [];

      const used = sum(
        meanings
          .filter(({ call }) => lower(call.to) === lower(spender))
          .flatMap(({ gives }) => gives.filter((flow) => flow.asset === asset).map((flow) => flow.amount)),
      );
      if (amount.lte(used)) return [];
      return [
        unknown(
          "ALLOWANCE_LEFT",
          `an allowance of ${allowanceText(amount)} ${asset} is asked for; the calls of the request use ${used.toFixed()}`,
        ),
      ];
    }),
  ];
}

function takesFromCaller({ contracts, assets }: ChainBook, spender: Address): boolean {
  const entries = [...Object.values(contracts), ...Object.values(assets)];
  return entries.some(({ address, kind }) => lower(address) === spender && pullsOnlyFromCaller(kind));
}

const addressesOf = perObject((book: ChainBook) => {
  const tokens = new Set(Object.values(book.assets).map(({ address }) => lower(address)));
  const others = [...Object.values(book.contracts), ...Object.values(book.pools)].map(({ address }) => lower(address));
  return { tokens, known: new Set([...tokens, ...others]), positions: new Set(managersOf(book).map(([, address]) => address)) };
});

/** What a simulation shows that the bytes do not say. */
export function simulationProblems(
  simulation: Simulation,
  meanings: readonly Meaning[],
  { book, accounts }: { readonly book: ChainBook; readonly accounts: Accounts },
): readonly Unknown[] {
  const { calls, before, after } = simulation;
  const { tokens, known, positions } = addressesOf(book);
  const approved = meanings.flatMap(({ approves }) => approves.map(({ spender }) => lower(spender)));
  const watched = new Set([...spendersOf(book), ...approved]);
  const problems: Unknown[] = [];
  calls.forEach(({ ok, reason, logs }, i) => {
    const name = meanings[i]?.call.function ?? "call";
    if (!ok) problems.push(unknown("WOULD_REVERT", `${name} would revert: ${reason ?? "no reason given"}`));
    for (const { address } of logs) {
      if (!known.has(address))
        problems.push(unknown("UNEXPLAINED_EFFECT", `${name} reaches ${address}, which is not in the book`));
    }
    problems.push(...readOwnLogs(logs, { accounts, tokens, positions, watched }));
  });
  if (calls.length !== meanings.length || [...before, ...after].includes(null)) {
    problems.push(unknown("CANNOT_SIMULATE", "a holding could not be read before and after"));
  }
  return problems;
}

/** No token has so many: whoever asks for it asks for everything. */
const UNLIMITED_FROM = new Decimal(10).pow(40);

function allowanceText(amount: Decimal): string {
  return amount.gte(UNLIMITED_FROM) ? "unlimited" : amount.toFixed();
}
