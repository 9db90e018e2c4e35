import fc from "fast-check";
import type { Address } from "../../../src/core/hex.ts";
import { CRASH_POINTS } from "../../../src/gateway/crash-point.ts";
import { SIGNATURE_NAMES } from "../../../src/protocols/signatures/signature-types.ts";
import { EVM_BOOK } from "../../../src/worlds/anvil/evm-book.ts";
import { REHEARSAL_WALLET } from "../../../src/worlds/anvil/rehearsal-wallet.ts";
import { PAYEE } from "../../gateway/support/signing-house.ts";
import { MALLORY } from "../../support/mallory.ts";
import { STRANGER } from "../../support/standing.ts";
import type { Token } from "./accomplice.ts";

const { router } = EVM_BOOK.chains.base.contracts;

/** Fee tiers of the pools of each pair; not all of them are in the book. */
export const POOLS: readonly { readonly pair: readonly [Token, Token]; readonly fee: number }[] = [
  { pair: ["WETH", "USDC"], fee: 500 },
  { pair: ["WETH", "USDC"], fee: 3000 },
  { pair: ["GOV", "USDC"], fee: 3000 },
  { pair: ["GOV", "WETH"], fee: 10_000 },
  { pair: ["DAI", "USDC"], fee: 100 },
];

/** A drawn amount that stands for a single trade as large as the mandate allows; smaller ones are parts of it. */
export const WHOLE_TRADE = 500;
/** Drawn amounts below are dollars: crumbs. */
export const LEAST_TRADE = 20;
/** More than anybody holds: it stands for all that is held. */
export const EVERYTHING = 1_000_000_000;

const often = <T>(value: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: LEAST_TRADE, max: WHOLE_TRADE + 5 }) },
  { weight: 3, arbitrary: fc.integer({ min: WHOLE_TRADE - 30, max: WHOLE_TRADE }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 3, 12) },
  { weight: 1, arbitrary: fc.constant(EVERYTHING) },
);

/**
 * What becomes of a request's transactions on their way into a block. "pushed": the pool is moved before it is asked for;
 * "squeezed": between simulation and inclusion. "reorged": its blocks are taken back. "rewound": what it was simulated on is
 * taken back before it is included, and with "uprooted" the request before it too. "dear": gas costs as much as may be.
 */
export const FATES = [
  "mined",
  "squeezed",
  "pushed",
  "overcharged",
  "spiked",
  "dropped",
  "answer-lost",
  "reorged",
  "rewound",
  "uprooted",
  "dear",
  ...CRASH_POINTS,
] as const;
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("mined" as const, "squeezed" as const) },
  { weight: 3, arbitrary: fc.constantFrom(...FATES) },
);

/** How a request gets to the gateway. */
const door = often<"typed" | "socket" | "grpc" | "json-rpc">("typed", "socket", "grpc", "json-rpc");

const swap = fc.record({
  do: fc.constant("swap" as const),
  pool: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0, 0, 2) }, { weight: 1, arbitrary: fc.nat(POOLS.length - 1) }),
  turned: fc.boolean(),
  usd: amount,
  /** Of the mandate's slippage or exit cost, or plainly beyond both. */
  floor: fc.constantFrom("slippage", "slippage", "half", "exit", "most-of-exit", "most-of-exit", "least", "nothing"),
  recipient: often<Address>(
    REHEARSAL_WALLET,
    `0x${"1".padStart(40, "0")}`,
    `0x${"0".repeat(40)}`,
    `0x${"2".padStart(40, "0")}`,
    STRANGER,
    MALLORY,
  ),
  seconds: often(240, 10, 300, 301, 100_000),
  approve: often<"exact" | "more" | "unlimited" | "none">("exact", "more", "unlimited", "none"),
  depth: often(0, 1, 2, 3, 5),
  twice: often(false, true),
  /** Whether the truth first runs away from the feeds, against the trade. */
  lag: fc.boolean(),
  fate,
  door,
});
const other = fc.record({
  do: fc.constantFrom(
    "wrap" as const,
    "unwrap",
    "revoke",
    "approve",
    "transfer",
    "send-native",
    "permit",
    "lie",
    "lp_open",
    "lp_close",
    "lp_collect_fees",
    "vault_deposit",
    "vault_redeem",
    "odd-transfer",
    "odd-approve",
  ),
  token: fc.constantFrom<Token>("WETH", "USDC", "GOV"),
  usd: amount,
  to: fc.constantFrom<Address>(STRANGER, MALLORY, router.address, REHEARSAL_WALLET),
  fate,
  door,
});
/** What a mandate is for: it is allowed, mostly, whatever becomes of it on its way. */
const honest = fc.record({
  do: fc.constant("honest" as const),
  /** Of a single trade, in percent. */
  part: fc.integer({ min: 60, max: 95 }),
  /** Whether what waits between two trades is over. */
  patient: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  fate,
  door,
});
/** A message to be signed, which whoever has it uses when it likes. */
const sign = fc.record({
  do: fc.constant("sign" as const),
  type: fc.constantFrom(...SIGNATURE_NAMES),
  symbol: fc.constantFrom("USDC" as const, "WETH" as const),
  usd: amount,
  to: often<Address>(PAYEE, STRANGER, MALLORY, router.address),
  seconds: often(240, 10, 299, 301, 100_000),
  /** Under a number that was used before. */
  again: often(false, true),
  /** One after the other, for as long as they are signed. */
  times: fc.constantFrom(1, 2, 5),
  fate: fc.oneof(
    { weight: 6, arbitrary: fc.constant("mined" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...CRASH_POINTS) },
  ),
  door,
});
/** One of those who come at once. */
const racer = fc.record({
  does: fc.constantFrom(
    "trades",
    "trades",
    "trades",
    "repeats",
    "usurps",
    "signs",
    "settles",
    "looks",
    "freezes",
    "pushes",
    "fellow",
    "fellow",
  ),
  part: fc.integer({ min: 30, max: 100 }),
  type: fc.constantFrom(...SIGNATURE_NAMES),
  door: fc.constantFrom<"typed" | "socket" | "grpc" | "json-rpc">("typed", "socket", "grpc", "json-rpc"),
});
const together = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("race" as const), racers: fc.array(racer, { minLength: 2, maxLength: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "fellow" as const,
        "fellow",
        "asked",
        "asked",
        "asked",
        "drain",
        "drain",
        "by-hand",
        "hoard",
        "promise",
        "promise",
        "promise",
      ),
      part: fc.integer({ min: 40, max: 100 }),
      /** Whether what was agreed to gets worse before it is used. */
      worse: fc.boolean(),
    }),
  },
);
/** What an accomplice does between two steps. */
const between = fc.record({
  does: fc.oneof(
    { weight: 3, arbitrary: fc.constant("loot" as const) },
    { weight: 3, arbitrary: fc.constantFrom("sweep" as const, "gift", "push", "nudge", "block", "poke") },
  ),
  which: fc.nat(20),
  percent: fc.constantFrom(100, 100, 40, 1),
});
const world = fc.record({
  do: fc.constantFrom(
    "wait" as const,
    "price",
    "restart",
    "day",
    "repeat",
    "grant",
    "deny",
    "freeze",
    "unfreeze",
    "forge",
    "odd-calls",
    "new-tier",
    "just-in-time",
    "odd-fee",
    "odd-shrinks",
    "odd-grows",
    "odd-calls-back",
  ),
  minutes: fc.constantFrom(1, 6, 40, 90),
  token: fc.constantFrom<"WETH" | "GOV">("WETH", "GOV"),
  factor: fc.constantFrom("0.955", "0.9955", "1.0045", "1.04"),
  which: fc.nat(20),
});

export const move = fc.record({
  sameCycle: fc.boolean(),
  between,
  act: fc.oneof(
    { weight: 5, arbitrary: swap },
    { weight: 6, arbitrary: honest },
    { weight: 2, arbitrary: other },
    { weight: 3, arbitrary: world },
    { weight: 3, arbitrary: sign },
    { weight: 3, arbitrary: together },
  ),
});
/** Mostly short, for many of them; sometimes long enough to fill a day's budgets. */
export const sequence = fc.oneof(
  { weight: 7, arbitrary: fc.array(move, { minLength: 3, maxLength: 6, size: "max" }) },
  { weight: 1, arbitrary: fc.array(move, { minLength: 7, maxLength: 12, size: "max" }) },
);

type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Swap = Of<typeof swap>;
export type Other = Of<typeof other>;
export type Honest = Of<typeof honest>;
export type Meddling = Of<typeof world>;
export type Sign = Of<typeof sign>;
export type Racer = Of<typeof racer>;
export type Together = Of<typeof together>;
export type Between = Of<typeof between>;
export type Move = Of<typeof move>;
export type Fate = Of<typeof fate>;
export type Door = Of<typeof door>;
