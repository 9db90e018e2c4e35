import { MandateError, type MandateErrorOptions } from "../core/errors.ts";

export type GatewayErrorCode =
  /** No gateway answers: it is starting, has died, or the socket is wrong. Settle after it is back. */
  | "GATEWAY_UNREACHABLE"
  /** Somebody else opened a later cycle for this wallet. This agent must stop. */
  | "LEASE_LOST"
  | "UNKNOWN_WALLET"
  | "BAD_REQUEST"
  /** The same key came with other content. */
  | "KEY_REUSED"
  /** The chain, the keystore or the journal says something that the gateway will not sign upon. */
  | "STOPPED"
  | "CHAIN_UNREACHABLE"
  /** The machine's clock jumped, and the chain's time does not agree with it. */
  | "CLOCK_WRONG"
  /** An order that the pinned operator did not sign, or not for this wallet, journal, call and time. */
  | "PROOF_INVALID"
  /** An order whose number has been used: look again, then order anew. */
  | "ORDER_STALE"
  /** No operator is pinned for this wallet. */
  | "NO_OPERATOR"
  | "UNKNOWN_PERMIT"
  /** A permit that has been answered, has expired, was used or has lapsed. */
  | "PERMIT_OVER"
  /** What was shown is not what is any more. */
  | "STANDING_MOVED"
  /** Transactions of this key wait in the node's pool. */
  | "PENDING_TRANSACTIONS"
  /** The wallet is killed, and the order does not say that it knows. */
  | "KILLED"
  /** Terms that cannot be amended to. */
  | "TERMS_NOT_AMENDABLE"
  /** A quota of the gateway's. Exits have none. */
  | "RATE_LIMITED"
  /** The call came without a token of this gateway's, where one is needed. */
  | "UNAUTHORIZED"
  | "INTERNAL";

/** A call that did not reach a verdict. */
export class GatewayError extends MandateError {
  declare readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options: MandateErrorOptions = {}) {
    super(code, message, options);
  }
}
