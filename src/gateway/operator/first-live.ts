import { z } from "zod";
import { type Instant, MINUTE } from "../../core/clock.ts";
import { MandateError } from "../../core/errors.ts";
import type { Hash } from "../../core/hex.ts";
import { canonicalJson } from "../../core/json.ts";
import type { OrderProof, WalletEntry } from "../../journal/entries.ts";
import { type OperatorKey, operatorKeyHash, signedBy } from "./operator-key.ts";
import { LONGEST_ORDER } from "./orders.ts";

/** A first start with real money that no operator has ordered. */
export class FirstLiveError extends MandateError {
  constructor(
    code: "FIRST_LIVE_NEEDS_OPERATOR" | "FIRST_LIVE_NOT_ORDERED" | "FIRST_LIVE_PROOF_INVALID",
    message: string,
    /** The mandate's file, for the line that mends it. */
    file = "FILE",
  ) {
    const remedy = {
      FIRST_LIVE_NEEDS_OPERATOR:
        "Name the operator: --operator-key operator.key. One person has both halves; with operator.key.pub alone, the operator orders the start first.",
      FIRST_LIVE_NOT_ORDERED: `As the operator: mandate amend ${file} --accept --operator-key operator.key. Then start with the order that it writes: --go-live ORDER`,
      FIRST_LIVE_PROOF_INVALID: `Have the operator order it anew: mandate amend ${file} --accept --operator-key operator.key`,
    }[code];
    super(code, message, { remedy });
  }
}

/** What a first start with real money is of. */
export interface FirstLive {
  /** The wallet's id. */
  readonly wallet: string;
  /** Hash of the very terms that are to be pinned. */
  readonly terms: Hash;
}

/** It may be handed over to another user. Less than the longest, for clocks that differ. */
const HOLDS = LONGEST_ORDER - MINUTE;

const orderText = z.strictObject({
  call: z.literal("GoLive"),
  wallet: z.string(),
  terms: z.string(),
  /** Real money, in the word that keys bear too. */
  class: z.literal("live"),
  until: z.number().int(),
});

/** The operator's order that a wallet goes live under these terms. It names no journal: there is none yet. */
export function orderFirstLive(key: OperatorKey, { wallet, terms }: FirstLive, now: Instant): OrderProof {
  const text = canonicalJson({ call: "GoLive", wallet, terms, class: "live", until: now + HOLDS });
  return { text, signature: key.sign(text) };
}

export interface FirstLiveExpected extends FirstLive {
  /** The operator's public key. */
  readonly operator: string;
  /** When it is used. */
  readonly at: Instant;
}

/** Why an order does not let this wallet go live under these terms at this time; null: it does. */
export function firstLiveFault({ text, signature }: OrderProof, expected: FirstLiveExpected): string | null {
  const { operator, wallet, terms, at } = expected;
  if (!signedBy(operator, text, signature)) return "it is not signed with the operator's key";
  const order = readText(text);
  if (order === null) return "it is no order to go live";
  if (order.wallet !== wallet) return `it is for ${order.wallet}`;
  if (order.terms !== terms) return "it is for other terms";
  return at < order.until && order.until <= at + LONGEST_ORDER ? null : "its time is over, or too far ahead";
}

/**
 * The entry that goes into the journal with the pinned terms: whose orders hold, and the first of them.
 *
 * @throws {FirstLiveError}
 */
export function firstLiveEntry(
  { operator, order }: { readonly operator: string | undefined; readonly order: OrderProof | undefined },
  expected: Omit<FirstLiveExpected, "operator">,
): WalletEntry {
  if (operator === undefined) {
    throw new FirstLiveError("FIRST_LIVE_NEEDS_OPERATOR", "the first start with real money takes an operator, and none is named");
  }
  if (order === undefined) {
    throw new FirstLiveError("FIRST_LIVE_NOT_ORDERED", "the operator has not ordered the first start with real money");
  }
  const fault = firstLiveFault(order, { ...expected, operator });
  if (fault !== null) throw new FirstLiveError("FIRST_LIVE_PROOF_INVALID", `the order to go live does not hold: ${fault}`);
  return { kind: "operator", body: { key: operator, key_hash: operatorKeyHash(operator), go_live: order } };
}

function readText(text: string): z.output<typeof orderText> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
  const read = orderText.safeParse(json);
  return read.success && canonicalJson(read.data) === text ? read.data : null;
}
