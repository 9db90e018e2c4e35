import { z } from "zod";
import { DAY, HOUR, type Instant, MINUTE } from "../../core/clock.ts";
import { type Decimal, decimal } from "../../core/decimal.ts";
import { type Address, type Hash, isAddress } from "../../core/hex.ts";
import { canonicalJson, type Json } from "../../core/json.ts";
import type { OrderProof } from "../../journal/entries.ts";
import type { AssetId } from "../../protocols/effects.ts";
import type { Outcome } from "../contract.ts";
import { GatewayError } from "../gateway-error.ts";
import { outcomeWire, requestWire } from "../wire.ts";
import { type OperatorKey, signedBy } from "./operator-key.ts";

/** The operator's calls: POST, JSON, `/mandate.v1.Operator/<name>`, on a socket of their own. */
export const OPERATOR_PATH = "/mandate.v1.Operator/";

/** Longest time for which an order may be signed. */
export const LONGEST_ORDER = HOUR;
/** How long an order holds that says nothing else. */
const ORDER_HOLDS = 5 * MINUTE;
/** One that stops may wait for the reads of what is being judged, and is not to be too late then. */
const STOP_HOLDS = LONGEST_ORDER - MINUTE;
/** Longest and usual time for which a grant can be used. */
const LONGEST_GRANT = DAY;
export const GRANT_HOLDS = HOUR;

const instant = z.number().int();
const amount = z.string().transform((text): Decimal => decimal(text));
const why = z.string().trim().min(1).max(500);
const id = z.string().regex(/^[0-9a-f]{12}$/, "a permit's id is twelve hexadecimal digits");
const signature = z.string().regex(/^[0-9a-f]{128}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const permitView = z.object({
  id: z.string(),
  status: z.enum(["open", "granted", "denied", "expired", "used", "lapsed"]),
  asked_at: instant,
  /** When an open question becomes a no, or a grant can be used no more. */
  until: instant,
  cycle: z.number().int(),
  calls: z.array(z.string()),
  bounds: z.array(z.object({ account: z.string(), asset: z.string(), least: z.string(), most: z.string() })),
  /** Own addresses by account, and whoever is paid. */
  accounts: z.record(z.string(), z.string()),
  payments: z.array(z.object({ to: z.string(), asset: z.string(), amount: z.string() })),
  outflow_usd: amount,
  loss_usd: amount,
  loss_bps: amount,
  gas_usd: amount,
  value_usd: amount.nullable(),
});
/** A question to the operator, in the gateway's own facts. */
export type PermitView = z.output<typeof permitView>;

const liveSignature = z.object({
  key: z.string(),
  chain: z.string(),
  type: z.string(),
  contract: z.custom<Address>(isAddress, "not an address"),
  spender: z.custom<Address>(isAddress, "not an address"),
  amounts: z.array(z.object({ asset: z.custom<AssetId>((id) => typeof id === "string"), amount: z.string(), nonce: z.string() })),
  until: instant,
});
/** A message that was signed: whoever has it can take these amounts until then. */
export type LiveSignature = z.output<typeof liveSignature>;

const standing = z.object({
  chains: z.array(z.object({ chain: z.string(), journal_nonce: z.number(), chain_nonce: z.number(), pending_nonce: z.number() })),
  holdings: z.array(z.object({ account: z.string(), asset: z.string(), journal: amount, chain: amount })),
  /** Where either side is not zero. */
  allowances: z.array(z.object({ owner: z.string(), asset: z.string(), spender: z.string(), journal: amount, chain: amount })),
  in_flight: z.array(outcomeWire as z.ZodType<Outcome>),
  /** Messages that were signed and can still be used. */
  signatures: z.array(liveSignature),
  stopped: z.object({ code: z.string(), reason: z.string() }).nullable(),
  high_water_usd: amount.nullable(),
  /** Why an exchange's account can open nothing as it is kept there. No part of what is accepted: it is the venue's to end. */
  modes: z.array(z.object({ exchange: z.string(), problem: z.string() })),
  /** Names exactly this standing: an acceptance is of it and of no other. */
  hash,
});
/** Both sides: what the journal says, and what the chain says. */
export type StandingView = z.output<typeof standing>;

export const helloWire = z.object({
  wallet: z.string(),
  /** The first entry's hash: an order for one journal is none for another. */
  journal: hash,
  /** What the next order must bear. */
  number: z.number().int(),
  now: instant,
  operator: z.string().nullable(),
});
export type Hello = z.output<typeof helloWire>;

const nothing = z.strictObject({});
const done = z.object({ stopped: z.object({ code: z.string(), reason: z.string() }).nullable() });

/** The calls by name: what each takes and gives. `reads`: it changes nothing and uses no number. */
export const OPERATOR_CALLS = {
  Permits: { takes: nothing, gives: z.object({ permits: z.array(permitView) }), reads: true },
  Permit: {
    takes: z.strictObject({ permit: id }),
    gives: z.object({ permit: permitView, agent_says: z.string().nullable() }),
    reads: true,
  },
  Approve: {
    takes: z.strictObject({ permit: id, hold_ms: instant.positive().max(LONGEST_GRANT) }),
    gives: z.object({ permit: permitView }),
    reads: false,
  },
  Deny: { takes: z.strictObject({ permit: id }), gives: z.object({ permit: permitView }), reads: false },
  Freeze: { takes: z.strictObject({ why }), gives: done, reads: false },
  Unfreeze: { takes: z.strictObject({ why, after_kill: z.boolean() }), gives: done, reads: false },
  Kill: { takes: z.strictObject({ why }), gives: done, reads: false },
  Standing: { takes: nothing, gives: standing, reads: true },
  Reconcile: {
    takes: z.strictObject({ seen: hash, why, declare: z.boolean() }),
    gives: z.object({ stopped: done.shape.stopped, closed: z.array(z.string()), moved_usd: amount }),
    reads: false,
  },
  Amend: {
    takes: z.strictObject({ from: hash, terms: z.json() as z.ZodType<Json> }),
    gives: z.object({ terms_hash: z.string() }),
    reads: false,
  },
  /** `consent`: the new key's own signature over {@link handoverText}. */
  HandOver: { takes: z.strictObject({ to: hash, consent: signature }), gives: z.object({ operator: z.string() }), reads: false },
  Exit: { takes: z.strictObject({ actions: requestWire.shape.actions }), gives: outcomeWire as z.ZodType<Outcome>, reads: false },
  Settle: { takes: nothing, gives: z.object({ outcomes: z.array(outcomeWire as z.ZodType<Outcome>) }), reads: true },
} as const;

export type OperatorCall = keyof typeof OPERATOR_CALLS;

/** Orders that only ever stop something: they are meant whatever else has been ordered meanwhile. */
export const STOPS: readonly OperatorCall[] = ["Freeze", "Kill", "Deny"];

const orderText = z.strictObject({
  call: z.string(),
  wallet: z.string(),
  journal: hash,
  number: z.number().int(),
  until: instant,
  body: z.json() as z.ZodType<Json>,
});

export const orderWire = z.strictObject({ text: z.string(), signature: z.string() }) satisfies z.ZodType<OrderProof>;

/** Signs what is ordered for the wallet and journal that a gateway has just named. */
export function signOrder(
  key: OperatorKey,
  { wallet, journal, number, now }: Hello,
  call: OperatorCall,
  body: unknown,
): OrderProof {
  const text = canonicalJson({
    call,
    wallet,
    journal,
    number,
    until: now + (STOPS.includes(call) ? STOP_HOLDS : ORDER_HOLDS),
    body,
  });
  return { text, signature: key.sign(text) };
}

/** What a new operator's key signs, to show that somebody has it: a wallet handed over to a slip of the pen has no operator. */
export function handoverText({ wallet, journal }: Pick<Hello, "wallet" | "journal">, from: string, to: string): string {
  return canonicalJson({ hand_over: wallet, journal, from, to });
}

export interface OrderExpected {
  readonly operator: string | null;
  readonly wallet: string;
  readonly journal: Hash;
  readonly number: number;
  readonly now: Instant;
}

/**
 * What an order says, once its proof holds: the pinned operator signed exactly this text, for this call, wallet, journal,
 * number and time.
 *
 * @throws {GatewayError} NO_OPERATOR, PROOF_INVALID, ORDER_STALE
 */
export function checkOrder(call: OperatorCall, { text, signature }: OrderProof, expected: OrderExpected): Json {
  const { operator, wallet, journal, number, now } = expected;
  if (operator === null) {
    throw new GatewayError("NO_OPERATOR", "no operator is named for this wallet", {
      remedy: "Start the gateway with --operator-key FILE once.",
    });
  }
  if (!signedBy(operator, text, signature)) throw invalid("it is not signed with the operator's key");
  const order = readOrder(text);
  if (order.call !== call) throw invalid(`it orders ${order.call}, not ${call}`);
  if (order.wallet !== wallet || order.journal !== journal) throw invalid("it is for another wallet or another journal");
  if (now >= order.until || order.until > now + LONGEST_ORDER) throw invalid("its time is over, or too far ahead");
  if (order.number !== number) {
    throw new GatewayError("ORDER_STALE", `the order bears number ${order.number}, the next one is ${number}`, {
      remedy: "An order holds once. Look again, then give it anew.",
    });
  }
  return order.body;
}

/** What a signed text says; whether it holds is for {@link checkOrder}. */
export function readOrder(text: string): z.output<typeof orderText> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid("it is no JSON");
  }
  const read = orderText.safeParse(json);
  if (!read.success || canonicalJson(read.data) !== text) throw invalid("it is not written as orders are");
  return read.data;
}

function invalid(why: string): GatewayError {
  return new GatewayError("PROOF_INVALID", `the order's proof does not hold: ${why}`, {
    remedy: "Orders need the operator's key file, as its owner.",
  });
}
